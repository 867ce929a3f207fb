/** States of runs and their steps in the window's shapes and words (design.md 4): the same lamps as in the tree. */
import { countdownWords, durationWords } from "#shared/lib/words.ts";
import { tokenWords } from "#shared/lib/amountWords.ts";
import type { Entry, Run, RunHead, RunState } from "#shared/model/workflow.ts";
import type { NodeState } from "#shared/model/states.ts";

const ENTRY_LAMPS: Readonly<Record<Entry["state"], NodeState>> = {
  waiting: "idle",
  queued: "starting",
  plan_b: "starting",
  working: "busy",
  retrying: "backoff",
  failed: "crashed",
  completed: "done",
  aborted: "stopped",
  undone: "stopped",
  not_undone: "gave_up",
};

export function entryLamp({ state, stalled, waitsFor, undo }: Entry): NodeState {
  if (state === "working" && stalled) return "waiting_answer";
  if (state === "working" && undo !== undefined) return "stopping";
  return state === "failed" && waitsFor === "person" ? "waiting_permission" : ENTRY_LAMPS[state];
}

const RUN_LAMPS: Readonly<Record<RunState, NodeState>> = {
  running: "busy",
  suspended: "paused",
  plan_b: "busy",
  compensating: "stopping",
  completed: "done",
  compensated: "stopped",
  failed: "gave_up",
  aborted: "stopped",
};

export function runLamp(state: RunState): NodeState {
  return RUN_LAMPS[state];
}

const RUN_WORDS: Readonly<Record<RunState, string>> = {
  running: "Running",
  suspended: "Suspended",
  plan_b: "Running on plan B",
  compensating: "Undoing",
  completed: "Completed",
  compensated: "Undone",
  failed: "Failed",
  aborted: "Ended by a person",
};

/** "Running 12s", "Completed in 4s". `now`: ms since 1970. */
export function runWords({ state, startedAt, endedAt, detail, undo }: RunHead, now: number): string {
  const began = Date.parse(undo?.since ?? startedAt);
  if (endedAt !== undefined) {
    const word = state === "completed" || state === "compensated" ? "in" : "after";
    const what = state === "failed" && undo !== undefined ? "Not wholly undone" : RUN_WORDS[state];
    return `${what} ${word} ${durationWords(Date.parse(endedAt) - began)}`;
  }
  if (state === "suspended") return detail === undefined ? "Suspended by a person" : "Waits for you";
  return `${RUN_WORDS[state]} ${durationWords(now - began)}`;
}

type Named = Exclude<Entry["state"], "waiting" | "queued" | "working" | "retrying" | "failed">;
const ENTRY_WORDS: Readonly<Record<Named, string>> = {
  plan_b: "Takes plan B",
  completed: "Completed",
  aborted: "Not done",
  undone: "Undone",
  not_undone: "Not undone, stands as it is",
};

/** "Analyzing 4s", "Waits for vision", "Again in 0:02". */
export function entryWords(entry: Entry, run: Pick<Run, "spec" | "entries">, now: number): string {
  const step = run.spec.steps.find(({ id }) => id === entry.step);
  switch (entry.state) {
    case "waiting":
      return waitsWords(step?.needs ?? [], run.entries);
    case "working":
      return workingWords(entry, step?.doing, now);
    case "queued":
      return entry.undo === undefined ? "Queued" : "Is undone next";
    case "retrying":
      return retryWords(entry, now);
    case "failed":
      return failedWords(entry);
    default:
      return ENTRY_WORDS[entry.state] + (entry.state === "completed" && entry.plan === "b" ? " by plan B" : "");
  }
}

function workingWords({ stalled, since, undo }: Entry, doing = "working", now = 0): string {
  const what = undo === undefined ? capital(doing) : "Undoing";
  return `${stalled ? "Stalled" : what} ${durationWords(now - Date.parse(since))}`;
}

function retryWords({ nextAt, undo }: Entry, now: number): string {
  const what = undo === undefined ? "" : "Undo: ";
  return nextAt === undefined ? `${what}Tries again` : `${what}Again in ${countdownWords(Date.parse(nextAt) - now)}`;
}

function waitsWords(needs: readonly string[], entries: readonly Entry[]): string {
  const open = needs.filter((need) => entries.find(({ step }) => step === need)?.state !== "completed");
  return open.length === 0 ? "Waits" : `Waits for ${open.join(" and ")}`;
}

function failedWords({ waitsFor, undo }: Entry): string {
  if (waitsFor === "healer") return undo === undefined ? "Failed, is being healed" : "Undo failed, is being healed";
  if (waitsFor !== "person") return "Failed";
  return undo === undefined ? "Waits for you" : "Its undo waits for you";
}

/** "thinking…", or what it said of itself last; undefined while nobody works on it. */
export function thoughtWords({ state, thought, error, call, target }: Entry): string | undefined {
  if (state === "working") return thought ?? (target.startsWith("agent:") ? "thinking…" : `calls ${toolOf(target)}`);
  if (state === "failed" || state === "retrying" || state === "not_undone") return error?.message;
  return state === "plan_b" && call !== undefined ? `goes on with ${toolOf(target)}` : undefined;
}

/** `vision.describe_image`, `appraisal/researcher`. */
export function toolOf(target: string): string {
  return target.slice(target.indexOf(":") + 1);
}

/** The clock stands at the moment shown: "38.2k of 40k left"; undefined without a budget. */
export function budgetWords({ tokens }: RunHead): string | undefined {
  if (tokens === undefined) return undefined;
  return `${tokenWords(Math.max(0, tokens.budget - tokens.used))} of ${tokenWords(tokens.budget)} tokens left`;
}

export function stepTokens({ tokens }: Entry): string | undefined {
  if (tokens === undefined) return undefined;
  const used = tokens.used + (tokens.usedNow ?? 0);
  return used === 0
    ? `${tokenWords(tokens.given)} tokens given`
    : `${tokenWords(used)} of ${tokenWords(tokens.given)} tokens used`;
}

/** Its steps that were done and whose file says how they are undone, by name: what "Undo" would take back. */
export function undoable({ spec, entries }: Pick<Run, "spec" | "entries">): readonly string[] {
  const isOpen = (id: string): boolean => {
    const entry = entries.find(({ step }) => step === id);
    if (entry === undefined || (entry.state !== "completed" && entry.state !== "not_undone")) return false;
    const step = spec.steps.find((one) => one.id === id);
    return (entry.plan === "a" ? step?.undo : step?.planB?.undo) !== undefined;
  };
  return spec.steps.map(({ id }) => id).filter(isOpen);
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
