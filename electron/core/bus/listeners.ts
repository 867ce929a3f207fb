/** Who hears what is committed, live. Nothing is kept for them; one that throws is logged and hears the next one. */
import type { Logger } from "#core/ports/logger.ts";
import type { BusSubscription } from "#core/ports/messageBus.ts";
import { subjectMatcher } from "#shared/lib/subjects.ts";
import type { BusMessage } from "#shared/model/bus.ts";

interface Listening {
  readonly pattern: string;
  readonly matches: (subject: string) => boolean;
  readonly listener: (message: BusMessage) => void;
}

export class Listeners {
  readonly #logger: Logger;
  readonly #all = new Set<Listening>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  add(pattern: string, listener: (message: BusMessage) => void): BusSubscription {
    const listening = { pattern, matches: subjectMatcher(pattern), listener };
    this.#all.add(listening);
    return { close: () => void this.#all.delete(listening) };
  }

  tell(messages: readonly BusMessage[]): void {
    for (const { pattern, matches, listener } of this.#all)
      for (const message of messages) {
        if (!matches(message.subject)) continue;
        try {
          listener(message);
        } catch (error) {
          this.#logger.error("A listener of the bus failed on a message.", { pattern, error: String(error) });
        }
      }
  }

  close(): void {
    this.#all.clear();
  }
}
