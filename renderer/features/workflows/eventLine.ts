/** One event of a run as a person reads it. */
import type { StoredEvent } from "#shared/model/event.ts";

export function eventLine({ type, data }: StoredEvent): string {
  const detail = text(data["detail"]) ?? text(data["why"]);
  const what = moveWords(data) ?? capital(type.replace("workflow.", "").replaceAll("_", " "));
  return detail === undefined ? what : `${what}. ${detail}`;
}

/** "researcher: searching" of ResearcherSearching; undefined for what is no move of a step. */
function moveWords(data: StoredEvent["data"]): string | undefined {
  const name = text(data["name"]);
  const step = stepOf(data);
  if (name === undefined || step === undefined) return name;
  const own = step.replaceAll(/[^A-Za-z0-9]/g, "").length;
  const words = name.slice(own).replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ");
  return `${step}: ${words === "Plan B" ? "takes plan B" : words.toLowerCase()}`;
}

/** The step an event is about; undefined for one of the run itself. */
export function stepOfEvent({ data }: StoredEvent): string | undefined {
  return stepOf(data);
}

function stepOf(data: StoredEvent["data"]): string | undefined {
  const entry = data["entry"];
  if (typeof entry === "object" && entry !== null && "step" in entry && typeof entry.step === "string")
    return entry.step;
  return text(data["step"]);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
