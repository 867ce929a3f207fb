/** The children of one supervisor in start order. Every change is constant time: dynamic children come in thousands. */
import type { Clock } from "../ports/clock.ts";
import { FIRST_ATTEMPT } from "./backoff.ts";
import type { BackoffState } from "./backoff.ts";
import type { ChildHandle, ChildInfo, ChildStatus, ExitReason } from "./types.ts";
import type { CheckedChild } from "./validateSpec.ts";

/** One run of a child, from a successful start to its end. */
export interface Life {
  readonly handle: ChildHandle;
  /** Like `handle.exited`, but never rejects. */
  readonly exited: Promise<ExitReason>;
  readonly startedAt: number;
  /** Set the moment the end is known, before the supervisor has got round to handling it. */
  ended: boolean;
  /** Killing sweeps a whole process tree: once is enough. */
  killed: boolean;
}

export type ChildPhase =
  | { readonly type: "running"; readonly life: Life }
  | { readonly type: "stopped" }
  | { readonly type: "parked" }
  /** `retry`: the start failed and the supervisor will try again; `backoff`: it waits; `now`: it is being started. */
  | { readonly type: "restarting"; readonly until: "retry" | "backoff" | "now"; readonly cancel: () => void };

export const STOPPED: ChildPhase = { type: "stopped" };
export const PARKED: ChildPhase = { type: "parked" };
export const STARTING_AGAIN: ChildPhase = { type: "restarting", until: "now", cancel: () => undefined };

export interface ChildEntry {
  /** Replaced as a whole by replaceSpec; the id never changes. */
  spec: CheckedChild;
  phase: ChildPhase;
  backoff: BackoffState;
  /** Its ground was lost: until it is up again it is restarted by itself, whatever the strategy says. */
  alone: boolean;
}

export function createEntry(spec: CheckedChild): ChildEntry {
  return { spec, phase: STOPPED, backoff: FIRST_ATTEMPT, alone: false };
}

export function createLife(handle: ChildHandle, clock: Clock): Life {
  const life: Life = {
    handle,
    startedAt: clock.now(),
    ended: false,
    killed: false,
    exited: handle.exited.then(
      (reason) => {
        life.ended = true;
        return reason;
      },
      (error: unknown): ExitReason => {
        life.ended = true;
        return { type: "crash", detail: `its end could not be observed: ${String(error)}` };
      },
    ),
  };
  return life;
}

export class ChildTable {
  #entries = new Map<string, ChildEntry>();

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): ChildEntry | undefined {
    return this.#entries.get(id);
  }

  /** Adds a child at the end of the start order. The id must be free. */
  add(entry: ChildEntry): void {
    this.#entries.set(entry.spec.id, entry);
  }

  /** Adds a child before another in the start order, at the end when that one is unknown. Linear. */
  addBefore(entry: ChildEntry, beforeId: string): void {
    const entries = this.inStartOrder();
    const index = entries.findIndex(({ spec }) => spec.id === beforeId);
    entries.splice(index === -1 ? entries.length : index, 0, entry);
    this.#entries = new Map(entries.map((other) => [other.spec.id, other]));
  }

  remove(entry: ChildEntry): void {
    if (this.has(entry)) this.#entries.delete(entry.spec.id);
  }

  has(entry: ChildEntry): boolean {
    return this.#entries.get(entry.spec.id) === entry;
  }

  inStartOrder(): ChildEntry[] {
    return [...this.#entries.values()];
  }

  /** Reverse start order, as which_children lists them. */
  infos(): readonly ChildInfo[] {
    return this.inStartOrder().map(toInfo).toReversed();
  }

  count(): { specs: number; active: number; supervisors: number; workers: number } {
    const counts = { specs: 0, active: 0, supervisors: 0, workers: 0 };
    for (const { spec, phase } of this.#entries.values()) {
      counts.specs += 1;
      if (phase.type === "running") counts.active += 1;
      if (spec.type === "supervisor") counts.supervisors += 1;
      else counts.workers += 1;
    }
    return counts;
  }
}

function toInfo({ spec, phase }: ChildEntry): ChildInfo {
  const status: ChildStatus = phase.type === "stopped" ? "undefined" : phase.type;
  return { id: spec.id, status, type: spec.type, restart: spec.restart, significant: spec.significant };
}
