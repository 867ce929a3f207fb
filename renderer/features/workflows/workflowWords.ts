/** States of runs and their steps in the window's shapes and words (design.md 4): the same lamps as in the tree. */
import { countdownWords, durationWords } from "#shared/lib/words.ts";
import { tokenWords } from "#shared/lib/amountWords.ts";
import type { Entry, Run, RunHead, RunState } from "#shared/model/workflow.ts";
import type { NodeState } from "#shared/model/states.ts";

export function entryLamp({ state, stalled, waitsFor }: Entry): NodeState {
  switch (state) {
    case "waiting":
      return "idle";
    case "queued":
    case "plan_b":
      return "starting";
    case "working":
      return stalled ? "waiting_answer" : "busy";
    case "retrying":
      return "backoff";
    case "failed":
      return waitsFor === "person" ? "waiting_permission" : "crashed";
    case "completed":
      return "done";
    case "aborted":
      return "stopped";
  }
}

const RUN_LAMPS: Readonly<Record<RunState, NodeState>> = {
  running: "busy",
  suspended: "paused",
  plan_b: "busy",
  completed: "done",
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
  completed: "Completed",
  failed: "Failed",
  aborted: "Ended by a person",
};

/** "Running 12s", "Completed in 4s". `now`: ms since 1970. */
export function runWords({ state, startedAt, endedAt, detail }: RunHead, now: number): string {
  const began = Date.parse(startedAt);
  if (endedAt !== undefined) return `${RUN_WORDS[state]} in ${durationWords(Date.parse(endedAt) - began)}`;
  if (state === "suspended") return detail === undefined ? "Suspended by a person" : "Waits for you";
  return `${RUN_WORDS[state]} ${durationWords(now - began)}`;
}

const ENTRY_WORDS: Readonly<Record<Exclude<Entry["state"], "waiting" | "working" | "retrying" | "failed">, string>> = {
  queued: "Queued",
  plan_b: "Takes plan B",
  completed: "Completed",
  aborted: "Not done",
};

/** "Analyzing 4s", "Waits for vision", "Again in 0:02". */
export function entryWords(entry: Entry, run: Pick<Run, "spec" | "entries">, now: number): string {
  const step = run.spec.steps.find(({ id }) => id === entry.step);
  switch (entry.state) {
    case "waiting":
      return waitsWords(step?.needs ?? [], run.entries);
    case "working":
      return workingWords(entry, step?.doing, now);
    case "retrying":
      return entry.nextAt === undefined ? "Tries again" : `Again in ${countdownWords(Date.parse(entry.nextAt) - now)}`;
    case "failed":
      return failedWords(entry);
    default:
      return ENTRY_WORDS[entry.state] + (entry.state === "completed" && entry.plan === "b" ? " by plan B" : "");
  }
}

function workingWords({ stalled, since }: Entry, doing = "working", now = 0): string {
  return `${stalled ? "Stalled" : capital(doing)} ${durationWords(now - Date.parse(since))}`;
}

function waitsWords(needs: readonly string[], entries: readonly Entry[]): string {
  const open = needs.filter((need) => entries.find(({ step }) => step === need)?.state !== "completed");
  return open.length === 0 ? "Waits" : `Waits for ${open.join(" and ")}`;
}

function failedWords({ waitsFor }: Entry): string {
  if (waitsFor === "healer") return "Failed, is being healed";
  return waitsFor === "person" ? "Waits for you" : "Failed";
}

/** "thinking…", or what it said of itself last; undefined while nobody works on it. */
export function thoughtWords({ state, thought, error, call, target }: Entry): string | undefined {
  if (state === "working") return thought ?? (target.startsWith("agent:") ? "thinking…" : `calls ${toolOf(target)}`);
  if (state === "failed" || state === "retrying") return error?.message;
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
  return tokens.used === 0
    ? `${tokenWords(tokens.given)} tokens given`
    : `${tokenWords(tokens.used)} of ${tokenWords(tokens.given)} tokens used`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
