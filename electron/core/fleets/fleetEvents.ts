/** The words of fleets: stored events, and what is wrong with a file. */
import { fleetSubject } from "#shared/lib/eventSubjects.ts";
import type { EventVerb, NewEvent } from "#shared/model/event.ts";
import type { Rejection } from "#shared/model/result.ts";

export function isTrouble({ type }: NewEvent): boolean {
  return type === "supervisor.gave_up" || type === "supervisor.escalated";
}

export interface EventParts {
  readonly verb: EventVerb<"fleet">;
  readonly actor: string;
  readonly data: Record<string, unknown>;
}

export function fleetEvent(name: string, { verb, actor, data }: EventParts): NewEvent {
  return { subject: fleetSubject(name, verb), type: `fleet.${verb}`, actor, data: { fleet: name, ...data } };
}

export function fleetRejection(
  file: string,
  errors: readonly { message: string; line: number; column: number }[],
): Rejection {
  const first = errors[0] ?? { message: "The fleet file cannot be read.", line: 1, column: 1 };
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return {
    code: "fleet_invalid",
    message: `${file}:${first.line}:${first.column}: ${first.message}${more}`,
    details: { file, line: first.line, column: first.column },
  };
}
