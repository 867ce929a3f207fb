/**
 * Other machines of the same NATS server, as far as this one shows them: their trees, to be seen and not to be steered.
 * Their paths begin with the machine's label and a colon, which no id of our own can hold: `lab2:web/builder`.
 */
import { z } from "zod";
import { fleetSchema, treeNodeSchema } from "./node.ts";

/** Everybody's stream, and the first token of its subjects: `machine.<id>.<verb>`. */
export const MACHINE_STREAM = "MACHINES";
export const MACHINE_ROOT = "machine";

export const MACHINE_STATES = ["online", "away", "left", "unknown"] as const;
/**
 * `away`: not heard of for longer than its lease. `left`: it said so when it stopped. `unknown`: this machine's own
 * connection is lost, so nobody can tell.
 */
export const machineStateSchema = z.enum(MACHINE_STATES);
export type MachineState = z.infer<typeof machineStateSchema>;

/** What a machine says of itself. `boot` changes with each start of the app. */
export const machineFactsSchema = z.object({
  id: z.uuid(),
  boot: z.uuid(),
  name: z.string().min(1).max(100),
  version: z.string().max(50),
  platform: z.string().max(30),
  host: z.enum(["desktop", "headless"]),
});
export type MachineFacts = z.infer<typeof machineFactsSchema>;

export const machineStatusSchema = machineFactsSchema.omit({ boot: true }).extend({
  /** Unique among the machines known here; what their paths begin with. */
  label: z.string(),
  state: machineStateSchema,
  /** Since when, ISO 8601. */
  since: z.string(),
  /** Agents that are not shown: the tree was too large to be sent whole. */
  cut: z.number().int(),
});
export type MachineStatus = z.infer<typeof machineStatusSchema>;

export const machineSchema = machineStatusSchema.extend({
  /** Names and paths begin with the label. */
  fleets: z.array(fleetSchema),
});
export type Machine = z.infer<typeof machineSchema>;

/** A node without its children, but with the path of what it stands under: how trees travel between machines. */
export const flatNodeSchema = treeNodeSchema.omit({ children: true }).extend({ parent: z.string().optional() });
export type FlatNode = z.infer<typeof flatNodeSchema>;

/** Separates label and path. */
export const LABEL_END = ":";

/** The machine's part of a path; undefined for a path of this machine. */
export function labelOf(path: string): string | undefined {
  const end = path.indexOf(LABEL_END);
  return end < 0 ? undefined : path.slice(0, end);
}
