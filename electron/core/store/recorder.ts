/**
 * Facts that happen together are committed together: an agent's exit, its counted restart and its next start cost one
 * durable write, not four (performance.md, Supervision). Facts keep their order; the journal holds them when the disk is full.
 */
import type { NewEvent } from "#shared/model/event.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Journal } from "./journal.ts";
import type { StoreTx } from "./store.ts";

/** Long enough to gather one restart, far below what a person notices. */
const GATHER_MS = 3;

export interface Recorder {
  /** Appends the event and runs the projection in the next commit. */
  note(event: NewEvent, project?: (tx: StoreTx) => void): void;
  /** A projection without an event. */
  project(work: (tx: StoreTx) => void): void;
  /** Runs once everything noted so far has been handed to the store. */
  afterCommit(task: () => void): void;
  /** Commits what is gathered now, so that a read sees it. */
  flush(): void;
}

export function createRecorder({ journal, clock }: { journal: Journal; clock: Clock }): Recorder {
  let work: ((tx: StoreTx) => void)[] = [];
  let after: (() => void)[] = [];
  let isScheduled = false;

  const flush = (): void => {
    const batch = work;
    const tasks = after;
    work = [];
    after = [];
    if (batch.length > 0) {
      journal.record({
        actor: "system",
        work: (tx) => {
          for (const one of batch) one(tx);
        },
      });
    }
    for (const task of tasks) task();
  };
  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    clock.after(GATHER_MS, () => {
      isScheduled = false;
      flush();
    });
  };
  return {
    note: (event, project) => {
      work.push((tx) => {
        tx.append(event);
        project?.(tx);
      });
      schedule();
    },
    project: (one) => {
      work.push(one);
      schedule();
    },
    afterCommit: (task) => {
      after.push(task);
      schedule();
    },
    flush,
  };
}
