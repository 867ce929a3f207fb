/** A clock that stands still until told. Tasks run in order of their due time, then of their registration. */
import type { Clock } from "#core/ports/clock.ts";

interface Task {
  readonly dueAt: number;
  readonly order: number;
  readonly run: () => void;
}

// Taken at import, so that a test with fake timers can still settle.
const macrotask = setImmediate;

/** Lets everything that only waits for promises happen. */
export async function settle(): Promise<void> {
  await new Promise<void>((resolve) => macrotask(resolve));
}

export class ManualClock implements Clock {
  #nowMs: number;
  #wallOffsetMs: number;
  #order = 0;
  readonly #tasks = new Set<Task>();

  /** `nowMs`: the monotonic start, 0 unless a test wants another; `wallMs`: 2026-11-01T00:00:00Z by default. */
  constructor(start: { readonly nowMs?: number; readonly wallMs?: number } = {}) {
    this.#nowMs = start.nowMs ?? 0;
    this.#wallOffsetMs = (start.wallMs ?? 1_793_491_200_000) - this.#nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wallNow(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  after(delayMs: number, run: () => void): () => void {
    this.#order += 1;
    const task: Task = { dueAt: this.#nowMs + Math.max(0, delayMs), order: this.#order, run };
    this.#tasks.add(task);
    return () => void this.#tasks.delete(task);
  }

  /** How many tasks wait; 0 at the end of a test means that nothing was left behind. */
  get pending(): number {
    return this.#tasks.size;
  }

  /** Moves the wall clock alone, as a person or NTP would. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Lets `ms` pass: runs every task that falls due, in order, with promises settled in between and at the end. */
  async advance(ms: number): Promise<void> {
    const target = this.#nowMs + ms;
    await settle();
    for (let task = this.#nextDue(target); task !== undefined; task = this.#nextDue(target)) {
      this.#tasks.delete(task);
      this.#nowMs = Math.max(this.#nowMs, task.dueAt);
      task.run();
      await settle();
    }
    this.#nowMs = target;
  }

  #nextDue(target: number): Task | undefined {
    let next: Task | undefined;
    for (const task of this.#tasks) {
      if (task.dueAt > target) continue;
      if (next === undefined || task.dueAt < next.dueAt || (task.dueAt === next.dueAt && task.order < next.order))
        next = task;
    }
    return next;
  }
}
