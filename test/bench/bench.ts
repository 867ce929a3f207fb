/** What a row is and what it finds. Invariant: a verdict comes only from numbers of one run, never from a stored one. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./numbers.ts";

export interface Bench {
  /** Smaller payloads and fewer rounds: for a look, not for a verdict. */
  readonly isQuick: boolean;
  /** The sizes of the long version: ten million events. */
  readonly isFull: boolean;
  /** Interleaved repetitions of each side. */
  readonly rounds: number;
  /** Removed after the row. */
  readonly dir: string;
  /** One line for the person who waits. */
  say(line: string): void;
  /** Called when the row is over, latest first, whether it failed or not. */
  defer(work: () => unknown): void;
}

export interface Finding {
  readonly what: string;
  readonly unit: string;
  /** One value a round; the median is judged. Empty: the row could not be measured, `note` says why. */
  readonly ours: readonly number[];
  readonly other?: { readonly name: string; readonly values: readonly number[] };
  /** Absent: printed for the record. */
  readonly goal?: Goal;
  readonly note?: string;
}

export type Goal =
  /** Our median over the other's. */
  | { readonly ratioAtLeast: number }
  | { readonly ratioAtMost: number }
  /** Our median by itself, in the finding's unit. */
  | { readonly atMost: number }
  | { readonly atLeast: number };

export type Verdict = "pass" | "short" | "skipped" | "-";

export interface Row {
  readonly name: string;
  /** What it shows, one line. */
  readonly about: string;
  run(bench: Bench): Promise<readonly Finding[]>;
}

export function ratioOf({ ours, other }: Finding): number | undefined {
  if (ours.length === 0 || other === undefined || other.values.length === 0) return undefined;
  const base = median(other.values);
  return base === 0 ? undefined : median(ours) / base;
}

export function verdictOf(finding: Finding): Verdict {
  const { goal, ours, other } = finding;
  if (ours.length === 0) return "skipped";
  if (goal === undefined) return "-";
  if ("atMost" in goal) return median(ours) <= goal.atMost ? "pass" : "short";
  if ("atLeast" in goal) return median(ours) >= goal.atLeast ? "pass" : "short";
  const ratio = ratioOf(finding);
  if (other === undefined || ratio === undefined) return "skipped";
  if ("ratioAtLeast" in goal) return ratio >= goal.ratioAtLeast ? "pass" : "short";
  return ratio <= goal.ratioAtMost ? "pass" : "short";
}

/** A peer this machine has not got: said aloud in the table, never left out in silence. */
export function missing(what: string, why: string): Finding {
  return { what, unit: "", ours: [], note: why };
}

/**
 * Runs every side once a round, each round beginning with another side, so that a machine that slows down or warms up
 * does so for all of them. A side that answers several values adds them all.
 */
export async function interleave<Side extends string>(
  rounds: number,
  sides: Readonly<Record<Side, (round: number) => Promise<number | readonly number[]>>>,
): Promise<Readonly<Record<Side, readonly number[]>>> {
  const names: Side[] = [];
  for (const name in sides) names.push(name);
  const values = new Map<Side, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length];
      if (name === undefined) continue;
      const measured = await sides[name](round);
      values.get(name)?.push(...(typeof measured === "number" ? [measured] : measured));
    }
  }
  const found: Record<string, readonly number[]> = Object.fromEntries(values);
  return found as Record<Side, readonly number[]>;
}

export async function runRow(row: Row, options: Omit<Bench, "dir" | "defer">): Promise<readonly Finding[]> {
  const deferred: (() => unknown)[] = [];
  const dir = await mkdtemp(join(tmpdir(), "signalbox-bench-"));
  deferred.push(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  try {
    return await row.run({ ...options, dir, defer: (work) => void deferred.push(work) });
  } finally {
    for (const work of deferred.toReversed()) {
      await Promise.resolve()
        .then(work)
        .catch((error: unknown) => options.say(`clean-up: ${String(error)}`));
    }
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
