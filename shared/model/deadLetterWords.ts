/** Dead letters in words: the same in the window, the inbox and the command line. */
import type { DeadLetter, DeadLetterState, ErrorClass, LetterHistory } from "./deadLetter.ts";

const STATE_WORDS: Readonly<Record<DeadLetterState, string>> = {
  new: "New",
  retrying: "Healing",
  replayed: "Delivered",
  discarded: "Discarded",
  needs_human: "Waits for you",
};

export function letterStateWord(state: DeadLetterState): string {
  return STATE_WORDS[state];
}

const CLASS_WORDS: Readonly<Record<ErrorClass, string>> = {
  not_found: "Not found",
  timeout: "Timeout",
  rate_limit: "Rate limit",
  network: "Network",
  validation: "Not valid",
  processing: "Failed at its work",
  auth: "Access refused",
  resource: "Ran out",
  unknown: "Unknown",
};

export function errorClassWord(errorClass: ErrorClass): string {
  return CLASS_WORDS[errorClass];
}

const DEED_WORDS: Readonly<Record<LetterHistory["what"], string>> = {
  died: "Given up",
  planned: "Planned",
  attempted: "Tried again",
  attempt_failed: "Failed again",
  replayed: "Delivered",
  gave_up: "Left to you",
  edited: "Changed",
  discarded: "Discarded",
  restored: "Taken back",
};

export function deedWord(what: LetterHistory["what"]): string {
  return DEED_WORDS[what];
}

/** Where it stands in full: "Waits for dead letter 3". */
export function standingWords({ state, waitsFor }: Pick<DeadLetter, "state" | "waitsFor">): string {
  return waitsFor === undefined ? letterStateWord(state) : `Waits for dead letter ${waitsFor}`;
}

export type LetterAct = "retry" | "edit" | "alternate" | "discard" | "restore";

/** What a person may do with it now. */
export function actsOf({ state, tool }: Pick<DeadLetter, "state" | "tool">): readonly LetterAct[] {
  switch (state) {
    case "replayed":
      return [];
    case "discarded":
      return ["restore"];
    default:
      return tool === undefined ? ["retry", "edit", "discard"] : ["retry", "edit", "alternate", "discard"];
  }
}

/** What follows from it, said before it is done. */
export function consequenceOf(
  act: LetterAct,
  { consumer, isEdited }: Pick<DeadLetter, "consumer" | "isEdited">,
): string {
  switch (act) {
    case "retry":
      return `${consumer} gets it ${isEdited ? "as you changed it" : "as it was"}, now. Nobody else hears it again.`;
    case "edit":
      return `${consumer} gets what you write. The original is kept beside it.`;
    case "alternate":
      return "Another tool answers in its place; the run goes on with its answer.";
    case "discard":
      return `${consumer} never gets it. Kept seven days, and can be taken back.`;
    case "restore":
      return "It waits for you again.";
  }
}

/** What a CloudEvent carries, without its envelope; else the whole. */
export function dataForReading(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text);
    const isEvent = typeof parsed === "object" && parsed !== null && "specversion" in parsed && "data" in parsed;
    return JSON.stringify(isEvent ? parsed.data : parsed, undefined, 2);
  } catch {
    return text;
  }
}

/** Laid out for reading. */
export function payloadForReading(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
