/** What machines on one NATS server tell each other: who they are, and what their trees show. */
import { z } from "zod";
import { flatNodeSchema, machineFactsSchema } from "../machine.ts";
import { fleetSchema } from "../node.ts";
import { count, define, id } from "./entry.ts";

/** More nodes than any tree of this product's figures; a machine that says more is not believed. */
const MOST_NODES = 5_000;
const MOST_FLEETS = 500;

const flatFleetSchema = fleetSchema
  .pick({ name: true, status: true })
  .extend({ nodes: z.array(flatNodeSchema).min(1).max(MOST_NODES) });
export type FlatFleet = z.infer<typeof flatFleetSchema>;

const changeSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("nodes"), nodes: z.array(flatNodeSchema).max(MOST_NODES) }),
  z.object({ type: z.literal("fleet"), fleet: flatFleetSchema }),
  z.object({ type: z.literal("fleet_removed"), name: id }),
]);
export type MachineChange = z.infer<typeof changeSchema>;

const LAB = {
  id: "3b0b4a52-0d3c-4a6e-9a55-6d8f5b1c7e10",
  boot: "a0c2a1f4-3f0e-4f2b-8d1a-2f0b6c9d7e11",
  name: "lab",
  version: "0.1.0",
  platform: "linux",
  host: "headless",
} as const;

export const machineMessages = {
  "machine.announced": define({
    family: "system",
    kind: "event",
    purpose: "A machine's whole tree, to be seen by the others.",
    spokenBy: "A core on NATS, at its start and in answer to another one that asks.",
    channel: "machine.{id}.announced",
    schema: z.object({
      machine: machineFactsSchema,
      /** Number of the last change that is in it. */
      seq: count,
      fleets: z.array(flatFleetSchema).max(MOST_FLEETS),
      /** Agents left out because the message would be too large. */
      cut: count,
    }),
    example: { machine: LAB, seq: 4, fleets: [], cut: 0 },
  }),
  "machine.changed": define({
    family: "system",
    kind: "event",
    purpose: "What of a machine's tree is another than before.",
    spokenBy: "A core on NATS, at most a few times a second.",
    channel: "machine.{id}.changed",
    schema: z.object({ id: z.uuid(), boot: z.uuid(), seq: count, changes: z.array(changeSchema).max(MOST_NODES) }),
    example: { id: LAB.id, boot: LAB.boot, seq: 5, changes: [{ type: "fleet_removed", name: "web" }] },
  }),
  "machine.heartbeat": define({
    family: "system",
    kind: "event",
    purpose: "The machine is there; it counts as away when its lease runs out.",
    spokenBy: "A core on NATS, every two seconds.",
    channel: "machine.{id}.heartbeat",
    schema: z.object({ machine: machineFactsSchema, seq: count }),
    example: { machine: LAB, seq: 5 },
  }),
  "machine.left": define({
    family: "system",
    kind: "event",
    purpose: "The machine's core stops; its agents may go on.",
    spokenBy: "A core on NATS, at its orderly end.",
    channel: "machine.{id}.left",
    schema: z.object({ id: z.uuid(), boot: z.uuid() }),
    example: { id: LAB.id, boot: LAB.boot },
  }),
};
