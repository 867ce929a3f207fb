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
