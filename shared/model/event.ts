/** One line of the append-only event log. Acknowledged means committed; order is `seq`, never the clock. */
import { z } from "zod";
import type { MessageName } from "./catalogue/catalogue.ts";

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
/** Only what the catalogue knows is written. */
export type NewEvent = Omit<StoredEvent, "seq" | "time" | "type"> & { readonly type: MessageName };

/** What can happen to an entity, of all that the catalogue knows: `exited` of `agent`. */
export type EventVerb<Entity extends string> = VerbIn<Entity, MessageName>;
type VerbIn<Entity extends string, Name> = Name extends `${Entity}.${infer Verb}` ? Verb : never;
