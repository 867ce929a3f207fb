/** Other machines on the same NATS server: to be seen. Nothing here changes anything. */
import { z } from "zod";
import { machineFactsSchema, machineSchema, machineStatusSchema } from "../model/machine.ts";
import { treeNodeSchema } from "../model/node.ts";

export const machineQueries = {
  /** `self`: this machine, where it announces itself. */
  "machine.list": {
    input: z.object({}),
    output: z.object({ self: machineFactsSchema.optional(), machines: z.array(machineSchema) }),
  },
  /** Connects once, looks, and lets go: whether a NATS server could join this machine to others. */
  "machine.tryServer": {
    input: z.object({ url: z.string().min(1).max(1000), credentialsFile: z.string().max(4000).optional() }),
    output: z.object({ server: z.string(), version: z.string(), warnings: z.array(z.string()) }),
  },
} as const;

export const machineStreams = {
  machines: {
    bytes: false,
    input: z.object({}),
    item: z.discriminatedUnion("type", [
      z.object({ type: z.literal("snapshot"), machines: z.array(machineSchema) }),
      /** A new one, or one whose tree is another as a whole. */
      z.object({ type: z.literal("machine"), machine: machineSchema }),
      z.object({ type: z.literal("machine_status"), machine: machineStatusSchema }),
      z.object({ type: z.literal("machine_removed"), label: z.string() }),
      /** Nodes that show something else now; paths with the label. */
      z.object({ type: z.literal("nodes"), nodes: z.array(treeNodeSchema.omit({ children: true })) }),
    ]),
  },
} as const;
