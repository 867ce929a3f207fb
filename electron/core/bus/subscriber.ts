/**
 * One subscription: a bounded queue of live events and a cursor into the log. Whenever the queue cannot hold what is
 * missing, the cursor does: it is read from the store page by page. Invariant: everything below `#next` was delivered,
 * reported as lagged, or did not match.
 */
import { scheduler } from "node:timers/promises";
import type { Logger } from "#core/ports/logger.ts";
import type { StoredEvent } from "#shared/model/event.ts";

const DEFAULT_CAPACITY = 1000;
/** A page is decoded in about a millisecond, so replaying a long history leaves the loop responsive. */
const PAGE = 256;

/** What the bus needs of the store: a page of history, in order. */
export interface EventSource {
  read(query: { from: number; to?: number; subject: string; limit: number }): readonly StoredEvent[];
  lastSeq(): number;
}

export interface SubscriptionOptions {
  /** For the log: who listens. */
  readonly label: string;
  /** Subject pattern; an invalid one is a bug and throws (boundaries check with `patternProblem` first). */
  readonly pattern: string;
  /** Replays the store from this sequence number on, then goes on live. Default: live only. */
  readonly from?: number;
  /** Events that may wait for this subscriber; default 1000. */
  readonly capacity?: number;
  /** A returned promise is waited for before the next delivery. A throw is logged and the event counts as delivered. */
  readonly onEvents: (events: readonly StoredEvent[]) => void | Promise<void>;
  /**
   * Overflow policy `lagged`: what waits is dropped, this hears which sequence numbers are missing (inclusive), and live
   * delivery goes on after them. Without it the policy is `reread`: the bus itself catches up from the store.
   */
  readonly onLagged?: (gap: { fromSeq: number; toSeq: number }) => void | Promise<void>;
}

interface SubscriberDeps {
  readonly source: EventSource;
  readonly logger: Logger;
  readonly matches: (subject: string) => boolean;
}

export class Subscriber {
  readonly #options: SubscriptionOptions;
  readonly #deps: SubscriberDeps;
  readonly #capacity: number;
  #queue: StoredEvent[] = [];
  #next: number;
  /** The log up to here has to be read before the queue is right; undefined: the queue is all there is. */
  #behindTo: number | undefined;
  /** The replay asked for with `from` ends here; only gaps after it can be reported as lagged. */
  readonly #replayTo: number;
  #running: Promise<void> | undefined;
  /** The store could not be read; the next commit tries again. */
  #isStalled = false;
  #isClosed = false;

  constructor(options: SubscriptionOptions, deps: SubscriberDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#capacity = options.capacity ?? DEFAULT_CAPACITY;
    const last = deps.source.lastSeq();
    this.#next = options.from ?? last + 1;
    this.#replayTo = options.from === undefined ? 0 : last;
    if (this.#next <= last) {
      this.#behindTo = last;
      this.#wake();
    }
  }

  offer(events: readonly StoredEvent[]): void {
    if (this.#isClosed) return;
    for (const event of events) {
      if (event.seq >= this.#next && this.#deps.matches(event.subject)) this.#take(event);
    }
    this.#isStalled = false;
    if (this.#hasWork()) this.#wake();
  }

  isBusy(): boolean {
    return this.#running !== undefined;
  }

  async idle(): Promise<void> {
    await this.#running;
  }

  close(): void {
    this.#isClosed = true;
    this.#queue = [];
    this.#behindTo = undefined;
  }

  #take(event: StoredEvent): void {
    if (this.#behindTo !== undefined && event.seq <= this.#behindTo) return;
    if (this.#queue.length < this.#capacity) {
      this.#queue.push(event);
      return;
    }
    // Overflow: the log holds all of it, so the queue need not.
    this.#behindTo = event.seq;
    this.#queue = [];
  }

  #wake(): void {
    this.#running ??= Promise.resolve()
      .then(() => this.#run())
      .finally(() => {
        this.#running = undefined;
        if (this.#hasWork()) this.#wake();
      });
  }

  #hasWork(): boolean {
    return !this.#isClosed && !this.#isStalled && (this.#queue.length > 0 || this.#behindTo !== undefined);
  }

  async #run(): Promise<void> {
    while (this.#hasWork()) {
      if (this.#behindTo !== undefined) {
        await this.#catchUp(this.#behindTo);
        continue;
      }
      const batch = this.#queue;
      this.#queue = [];
      this.#next = (batch.at(-1)?.seq ?? this.#next) + 1;
      await this.#guard(() => this.#options.onEvents(batch));
    }
  }

  /** One step towards `to`: the next page, or the report of the gap. */
  async #catchUp(to: number): Promise<void> {
    const { onLagged } = this.#options;
    if (onLagged !== undefined && this.#next > this.#replayTo) {
      const gap = { fromSeq: this.#next, toSeq: to };
      this.#advance(to);
      await this.#guard(() => onLagged(gap));
      return;
    }
    const target = onLagged === undefined ? to : Math.min(to, this.#replayTo);
    const page = this.#readPage(target);
    if (page === undefined) return;
    const last = page.at(-1)?.seq;
    this.#advance(page.length < PAGE || last === undefined ? target : last);
    if (page.length > 0) await this.#guard(() => this.#options.onEvents(page));
    await scheduler.yield();
  }

  #readPage(to: number): readonly StoredEvent[] | undefined {
    try {
      return this.#deps.source.read({ from: this.#next, to, subject: this.#options.pattern, limit: PAGE });
    } catch (error) {
      this.#isStalled = true;
      this.#deps.logger.error("A subscriber could not read the log.", {
        label: this.#options.label,
        error: String(error),
      });
      return undefined;
    }
  }

  #advance(to: number): void {
    this.#next = to + 1;
    if (this.#behindTo !== undefined && this.#behindTo <= to) this.#behindTo = undefined;
  }

  async #guard(call: () => void | Promise<void>): Promise<void> {
    if (this.#isClosed) return;
    try {
      await call();
    } catch (error) {
      this.#deps.logger.error("A subscriber failed on an event.", { label: this.#options.label, error: String(error) });
    }
  }
}
