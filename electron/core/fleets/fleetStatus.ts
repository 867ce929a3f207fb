/** What is remembered of a fleet between two starts of the app. */
import { z } from "zod";

export const fleetStatusSchema = z.enum(["up", "down", "gave_up", "interrupted"]);
export type FleetStatus = z.infer<typeof fleetStatusSchema>;

export interface FleetRow {
  readonly name: string;
  readonly file: string;
  /** The last text that was valid; what runs. */
  readonly text: string;
  readonly status: FleetStatus;
  readonly autostart: boolean;
}
