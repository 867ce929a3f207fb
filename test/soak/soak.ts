/**
 * What a row of the soak is: one kind of fault, done many times with seeded randomness. The same code runs in CI with
 * small numbers (`shortForm`), so the two cannot drift apart.
 */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "#test/support/random.ts";
import type { SeededRandom } from "#test/support/random.ts";

export interface SoakOptions {
  /** The form that runs with every commit: seconds, not minutes. */
  readonly isShort: boolean;
  /** Every choice of the run comes from it. */
  readonly seed: number;
  /** A row goes on until then, if it has more to do than its minimum; absent: its own count. */
  readonly minutes?: number;
  /** One line for the person who waits. */
  say(line: string): void;
}

export interface Soak extends SoakOptions {
  readonly random: SeededRandom;
  /** Removed after the row. */
  readonly dir: string;
  /** Rounds of this form of the row; with --minutes as many as fit, at least one. */
  rounds(counts: { readonly short: number; readonly long: number }): Iterable<number>;
  /** Called when the row is over, latest first, whether it failed or not. */
  defer(work: () => unknown): void;
}

export interface SoakFinding {
  /** What was done and measured, for the table: `{ rounds: 500, "start p99 ms": 310 }`. */
  readonly figures: Readonly<Record<string, number | string>>;
  /** Broken promises, each with what is needed to see it again. Empty: passed. */
  readonly problems: readonly string[];
  /** Why nothing or not everything could be tried here. */
  readonly skipped?: string;
}

export interface SoakRow {
  readonly name: string;
  /** The promise that is tried, one line. */
  readonly purpose: string;
  run(soak: Soak): Promise<SoakFinding>;
}

export async function runRow(row: SoakRow, options: SoakOptions): Promise<SoakFinding> {
  const deferred: (() => unknown)[] = [];
  const dir = await mkdtemp(join(await realpath(tmpdir()), "signalbox-soak-"));
  deferred.push(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const onSignal = (signal: NodeJS.Signals): void => {
    options.say(`${signal}: ending what was started`);
    void endAll(deferred, options).then(() => process.exit(1));
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  const endsAt = performance.now() + (options.minutes ?? 0) * 60_000;
  try {
    return await row.run({
      ...options,
      dir,
      random: seededRandom(options.seed),
      rounds: (counts) => (options.minutes === undefined ? counted(counts, options.isShort) : timed(endsAt)),
      defer: (work) => void deferred.push(work),
    });
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    await endAll(deferred, options);
  }
}

async function endAll(deferred: (() => unknown)[], options: SoakOptions): Promise<void> {
  for (const work of deferred.splice(0).toReversed()) {
    await Promise.resolve()
      .then(work)
      .catch((error: unknown) => options.say(`clean-up: ${String(error)}`));
  }
}

function* counted(counts: { readonly short: number; readonly long: number }, isShort: boolean): Iterable<number> {
  const count = isShort ? counts.short : counts.long;
  for (let round = 0; round < count; round += 1) yield round;
}

function* timed(endsAt: number): Iterable<number> {
  for (let round = 0; round === 0 || performance.now() < endsAt; round += 1) yield round;
}
