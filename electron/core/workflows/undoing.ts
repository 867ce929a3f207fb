/**
 * How a run is undone: what was completed last is undone first, one after the other, and nothing before what was built on
 * it. Where it stands follows from its entries alone, so a core that was killed goes on with the next one. Pure.
 */
import type { Entry, Run, RunState } from "#shared/model/workflow.ts";
import type { WorkflowSpec } from "#shared/model/workflowFile.ts";
import { isBeyondUndo, stepOf, undoOf } from "./ways.ts";

/** It did something, though what it gave lacks what its file promises. */
export function isRefused({ state, undo, output }: Entry): boolean {
  return undo === undefined && output !== undefined && (state === "failed" || state === "aborted");
}

/** What it gave is there: it is completed or refused, or was before its undo. */
export function isDone(entry: Entry): boolean {
  return entry.state === "completed" || entry.undo !== undefined || isRefused(entry);
}

/** The run is being undone, and this is no undo: it was under way when that began, and is let end. */
export function isOverrun({ head }: Pick<Run, "head">, entry: Entry): boolean {
  return head.undo !== undefined && entry.undo === undefined;
}

/** Something that was done, or is being done, can be undone. */
export function canUndo({ spec, entries }: Pick<Run, "spec" | "entries">): boolean {
  return entries.some(
    (entry) =>
      entry.state !== "undone" &&
      (isDone(entry) || entry.state === "working") &&
      undoOf(stepOf(spec, entry.step), entry) !== undefined,
  );
}

/** The one to be undone next; undefined: none is left, or one is under way. */
export function nextUndo(run: Run): Entry | undefined {
  if (run.head.undo === undefined || run.entries.some(isUnderWay)) return undefined;
  const due = run.entries.filter((entry) => isDue(run, entry));
  const first = due.filter(({ step }) => !due.some((other) => needsOf(run.spec, other.step).has(step)));
  // In the same instant: the later one of the file.
  return first.toReversed().toSorted((one, other) => doneAt(other).localeCompare(doneAt(one)))[0];
}

const UNDER_WAY: ReadonlySet<Entry["state"]> = new Set(["queued", "working", "retrying", "failed"]);

function isUnderWay({ state, undo }: Entry): boolean {
  return undo === undefined ? state === "working" : UNDER_WAY.has(state);
}

/** What was skipped when the run was undone before is tried again. */
function isDue({ head, spec }: Run, entry: Entry): boolean {
  const { state, undo, step } = entry;
  const isOpen =
    state === "completed" ||
    isRefused(entry) ||
    (state === "not_undone" && (undo?.round ?? 0) < (head.undo?.round ?? 0));
  return isOpen && undoOf(stepOf(spec, step), entry) !== undefined;
}

function doneAt({ undo, since }: Entry): string {
  return undo?.doneAt ?? since;
}

/** All steps that a step builds on, also through others. */
function needsOf(spec: WorkflowSpec, id: string): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (step: string): void => {
    for (const need of stepOf(spec, step).needs) {
      if (found.has(need)) continue;
      found.add(need);
      add(need);
    }
  };
  add(id);
  return found;
}

export interface RunVerdict {
  readonly state: RunState;
  readonly detail?: string;
}

/** Where a run stands that is being undone; suspended stays suspended until it is over. */
export function undoVerdict(run: Run): RunVerdict {
  const { head, entries } = run;
  const why = head.undo?.why ?? "";
  const asked = entries.find(({ state, waitsFor }) => state === "failed" && waitsFor === "person");
  if (asked !== undefined) {
    const detail = `${asked.step} could not be undone. Decide about it in the inbox.`;
    return { state: "suspended", detail };
  }
  const isOver = !entries.some(isUnderWay) && nextUndo(run) === undefined;
  if (!isOver && head.state === "suspended" && head.detail === undefined) return { state: "suspended" };
  if (!isOver) return { state: "compensating", detail: why };
  const rest = restWords(run);
  return rest === "" ? { state: "compensated", detail: why } : { state: "failed", detail: `${rest}${why}` };
}

/** What was not undone, or may not have been; empty: nothing. */
function restWords(run: Run): string {
  const left = run.entries.filter((entry) => isLeft(run, entry)).map(({ step }) => step);
  const unsure = run.entries.filter((entry) => isUnsure(run, entry)).map(({ step }) => step);
  const stands = left.length === 1 ? "What it did stands" : "What they did stands";
  const verb = unsure.length === 1 ? "was" : "were";
  return [
    left.length === 0 ? "" : `Not undone: ${left.join(", ")}. ${stands}. `,
    unsure.length === 0 ? "" : `Nobody knows whether ${unsure.join(" and ")} ${verb} done; look for yourself. `,
  ].join("");
}

/** Without an answer nobody can tell what was done. */
const UNSURE: ReadonlySet<string> = new Set(["timeout", "disconnected", "bad_answer", "lock_lost"]);

function isUnsure({ spec }: Run, entry: Entry): boolean {
  const { state, undo, error, step } = entry;
  const isOver = undo === undefined && (state === "failed" || state === "aborted");
  return isOver && UNSURE.has(error?.code ?? "") && undoOf(stepOf(spec, step), entry) !== undefined;
}

function isLeft({ spec }: Run, entry: Entry): boolean {
  return entry.state === "not_undone" || (isDone(entry) && isBeyondUndo(stepOf(spec, entry.step), entry));
}
