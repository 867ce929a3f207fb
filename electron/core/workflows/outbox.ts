/** Publishes what was committed, in order, until the bus has acknowledged it; after a crash again, which the bus knows by the id. */
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import type { Store } from "#core/store/index.ts";
import { readPublications } from "./runStore.ts";
import type { Publication } from "./runStore.ts";

const PAGE = 100;
/** The store or a NATS server is away for seconds at least. */
const AGAIN_MS = 1000;

export interface OutboxDeps {
  readonly store: Store;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Outbox {
  readonly #deps: OutboxDeps;
  #flushing: Promise<void> | undefined;
  #isAsked = false;
  #isClosed = false;
  #cancelRetry: () => void = () => {};

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  /** Soon; many calls are one look. */
  wake(): void {
    this.#isAsked = true;
    if (this.#isClosed) return;
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
      if (this.#isAsked) this.wake();
    });
  }

  /** Nothing is published afterwards; what is left waits for the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry();
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    while (this.#isAsked && !this.#isClosed) {
      this.#isAsked = false;
      const page = readPublications(this.#deps.store, PAGE);
      for (const publication of page) if (!(await this.#publish(publication))) return;
      if (page.length === PAGE) this.#isAsked = true;
    }
  }

  async #publish({ id, subject, msgId, body }: Publication): Promise<boolean> {
    const { bus, store, clock, logger } = this.#deps;
    const answer = await bus.publish({ subject, data: body, msgId });
    if (answer.ok) {
      const removed = store.transact({
        actor: "system",
        work: (tx) => tx.run("DELETE FROM workflow_outbox WHERE id = ?", [id]),
      });
      if (removed.ok) return true;
    } else logger.warn("A step's move could not be published yet.", { subject, error: answer.error.message });
    this.#cancelRetry();
    this.#cancelRetry = clock.after(AGAIN_MS, () => this.wake());
    return false;
  }
}
