/**
 * Fan-out of committed events inside the core. Subscribers are independent: a slow or throwing one hurts nobody else,
 * and none makes the publisher wait. Order is the log's order, without gap or duplicate.
 */
import type { Logger } from "#core/ports/logger.ts";
import { isValidPattern, patternProblem, subjectMatcher } from "#shared/lib/subjects.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import { Subscriber } from "./subscriber.ts";
import type { EventSource, SubscriptionOptions } from "./subscriber.ts";

export interface Bus {
  /** Hands committed events to everyone whose pattern matches; returns at once. Wire it to store.onCommit. */
  publish(events: readonly StoredEvent[]): void;
  /** The returned function ends the subscription; idempotent, nothing is delivered afterwards. */
  subscribe(options: SubscriptionOptions): () => void;
  /** Resolves when nothing published so far waits for anyone; for orderly shutdown and tests. */
  idle(): Promise<void>;
  close(): void;
}

export interface BusDeps {
  readonly source: EventSource;
  readonly logger: Logger;
}

export function createBus({ source, logger }: BusDeps): Bus {
  const subscribers = new Set<Subscriber>();
  return {
    publish: (events) => {
      for (const subscriber of subscribers) subscriber.offer(events);
    },
    subscribe: (options) => {
      if (!isValidPattern(options.pattern)) throw new RangeError(patternProblem(options.pattern)?.message);
      const subscriber = new Subscriber(options, { source, logger, matches: subjectMatcher(options.pattern) });
      subscribers.add(subscriber);
      return () => {
        subscriber.close();
        subscribers.delete(subscriber);
      };
    },
    idle: async () => {
      while ([...subscribers].some((subscriber) => subscriber.isBusy())) {
        await Promise.all([...subscribers].map((subscriber) => subscriber.idle()));
      }
    },
    close: () => {
      for (const subscriber of subscribers) subscriber.close();
      subscribers.clear();
    },
  };
}
