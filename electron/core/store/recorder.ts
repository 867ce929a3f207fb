/**
 * Facts that happen together are committed together: an agent's exit, its counted restart and its next start cost one
 * durable write, not four (performance.md, Supervision). Facts keep their order; the journal holds them when the disk is full.
 */
import type { NewEvent } from "#shared/model/event.ts";
import type { Clock } from "#core/ports/clock.ts";
import { StoreError } from "#core/ports/database.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Journal } from "./journal.ts";
import type { StoreTx } from "./store.ts";

/** Long enough to gather one restart, far below what a person notices. */
const GATHER_MS = 3;

export interface RecorderDeps {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Recorder {
  /** Appends the event and runs the projection in the next commit. */
  note(event: NewEvent, project?: (tx: StoreTx) => void): void;
  /** A projection without an event. */
  project(work: (tx: StoreTx) => void): void;
  /** Runs once everything noted so far has been handed to the store. */
  afterCommit(task: () => void): void;
  /** Commits what is gathered now, so that a read sees it. `unsynced`: as `store.jot`, for what stands jotted already. */
  flush(durability?: "unsynced"): void;
}

export function createRecorder({ journal, clock, logger }: RecorderDeps): Recorder {
  let work: ((tx: StoreTx) => void)[] = [];
  let after: (() => void)[] = [];
  let isScheduled = false;

  const flush = (durability?: "unsynced"): void => {
    const batch = work;
    const tasks = after;
    work = [];
    after = [];
    if (batch.length > 0) {
      journal.record({
        actor: "system",
        isUnsynced: durability === "unsynced",
        work: (tx) => {
          for (const one of batch) attempt(one, tx);
        },
      });
    }
    for (const task of tasks) task();
  };
  /** A bug in one fact must not take those gathered with it along; what the disk refuses is the journal's business. */
  const attempt = (one: (tx: StoreTx) => void, tx: StoreTx): void => {
    try {
      one(tx);
    } catch (error) {
      if (error instanceof StoreError) throw error;
      logger.error("A fact could not be recorded and was given up.", { error: String(error) });
    }
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
