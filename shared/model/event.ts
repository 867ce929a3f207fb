/** One line of the append-only event log. Acknowledged means committed; order is `seq`, never the clock. */
import { z } from "zod";

export const eventSchema = z.object({
  seq: z.number().int(),
  /** ISO 8601, wall clock; for people, not for order. */
  time: z.string(),
  /** `ws.<fleet>.agent.<id>.<verb>`, `ws.<fleet>.supervisor.<id>.<verb>`, `ws.<fleet>.fleet.<verb>`, `sys.<component>.<verb>` (mission 6.4). */
  subject: z.string(),
  /** `<entity>.<past tense>`, for example `agent.exited`. */
  type: z.string(),
  /** Who caused it: `person`, `cli`, `supervisor`, `agent`, `system`. */
  actor: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type StoredEvent = z.infer<typeof eventSchema>;
export type NewEvent = Omit<StoredEvent, "seq" | "time">;
