/**
 * What sources report, taken in slices: a transcript that is caught up with, or an export of hours, must not hold up
 * the core. A slice is one projection, so that its reports share what they have in common and commit together.
 */
import type { Clock } from "#core/ports/clock.ts";
import type { UsageReport } from "#core/ports/usage.ts";
import type { Recorder, StoreTx } from "#core/store/index.ts";

/** Some 20 ms of work on a slow machine. */
const SLICE = 100;
/** About 20 MB of reports. Beyond it whoever reports does the work: what was seen is never given up. */
const MOST_SLICES = 200;

export interface IntakeDeps {
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly take: (tx: StoreTx, reports: readonly UsageReport[]) => void;
}

export class Intake {
  readonly #deps: IntakeDeps;
  /** The first is on its way to the store, still open to more until it is written. */
  readonly #slices: UsageReport[][] = [];
  #cancelNext: (() => void) | undefined;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
  }

  report(report: UsageReport): void {
    // The hard brake: what the gateway saw is counted with the next commit, whatever else waits.
    if (report.source === "gateway") return this.#deps.recorder.project((tx) => this.#deps.take(tx, [report]));
    const last = this.#slices.at(-1);
    if (last !== undefined && last.length < SLICE) {
      last.push(report);
      return;
    }
    this.#slices.push([report]);
    if (this.#slices.length === 1) this.#project();
    else if (this.#slices.length > MOST_SLICES) this.#writeFirst();
  }

  /** Everything, now. */
  drain(): void {
    while (this.#slices.length > 0) this.#writeFirst();
  }

  #project(): void {
    this.#cancelNext?.();
    this.#cancelNext = undefined;
    const [slice] = this.#slices;
    if (slice === undefined) return;
    this.#deps.recorder.project((tx) => {
      // A disk that refuses lets this run again, with the same reports.
      if (this.#slices[0] === slice) this.#goOn();
      this.#deps.take(tx, slice);
    });
  }

  #goOn(): void {
    this.#slices.shift();
    if (this.#slices.length > 0) this.#cancelNext = this.#deps.clock.after(0, () => this.#project());
  }

  #writeFirst(): void {
    const [slice] = this.#slices;
    if (this.#cancelNext !== undefined) this.#project();
    this.#deps.recorder.flush();
    // A commit that calls us from within cannot commit again; the slice is projected and waits its turn.
    if (this.#slices[0] === slice) this.#goOn();
  }
}
