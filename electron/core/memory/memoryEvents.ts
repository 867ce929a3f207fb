/** What happens to memories, contexts and snapshots, as events: who, when, which; never their content, which can be forgotten. */
import { systemSubject } from "#shared/lib/eventSubjects.ts";
import { fleetOfScope } from "#shared/model/memory.ts";
import type { NewEvent } from "#shared/model/event.ts";
import { authorOf } from "./deps.ts";
import type { By } from "./deps.ts";

export type MemoryVerb = "stored" | "updated" | "forgotten" | "recalled" | "deleted";

export function memoryEvent(
  { id, scope }: { readonly id: string; readonly scope: string },
  verb: MemoryVerb,
  { by, data }: { readonly by: By; readonly data: Record<string, unknown> },
): NewEvent {
  const fleet = fleetOfScope(scope);
  const subject = fleet === undefined ? systemSubject("memory", verb) : `ws.${fleet}.memory.${id}.${verb}`;
  return { subject, type: `memory.${verb}`, actor: by.actor, data: { id, scope, by: authorOf(by), ...data } };
}

export type ContextVerb = "changed" | "restored" | "compressed" | "snapshot_taken" | "snapshot_removed" | "deleted";

export function contextEvent(
  { id, fleet }: { readonly id: string; readonly fleet?: string | undefined },
  verb: ContextVerb,
  { by, data }: { readonly by: By; readonly data: Record<string, unknown> },
): NewEvent {
  const subject = fleet === undefined ? systemSubject("context", verb) : `ws.${fleet}.context.${id}.${verb}`;
  return { subject, type: `context.${verb}`, actor: by.actor, data: { context: id, by: authorOf(by), ...data } };
}
