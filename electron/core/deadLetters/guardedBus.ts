/**
 * The bus as slices get it: what one of their consumers gives up on, or refuses for good, is a dead letter, and can be
 * given to that consumer again. Everything else is the bus as it is.
 */
import { parseTime } from "#shared/lib/isoTime.ts";
import type { BusMessage } from "#shared/model/bus.ts";
import { errorClassSchema } from "#shared/model/deadLetter.ts";
import type { LetterError } from "#shared/model/deadLetter.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type {
  BusSubscription,
  Consumption,
  DeadLetter,
  Delivery,
  DeliveryHandler,
  MessageBus,
} from "#core/ports/messageBus.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import { letterErrorOf } from "./letterError.ts";
import type { DeadLetters } from "./letters.ts";
import { letterOf } from "./letterOf.ts";
import { redeliver } from "./redelivery.ts";
import type { Takers } from "./takers.ts";

export interface GuardDeps {
  readonly bus: MessageBus;
  readonly letters: DeadLetters;
  readonly takers: Takers;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A consumer fails at one message a time each; this many at once is more than any consumer may hold. */
const REMEMBERED_FAILURES = 10_000;

export function guardedBus(deps: GuardDeps): MessageBus {
  const { bus } = deps;
  return {
    engine: bus.engine,
    ensureStream: (config) => bus.ensureStream(config),
    streams: () => bus.streams(),
    publish: (message) => bus.publish(message),
    get: (stream, seq) => bus.get(stream, seq),
    read: (query) => bus.read(query),
    ensureConsumer: (stream, config) => bus.ensureConsumer(stream, config),
    consumers: (stream) => bus.consumers(stream),
    deleteConsumer: (stream, name) => bus.deleteConsumer(stream, name),
    consume: (stream, consumer, handler) => guard(deps, { stream, consumer, handler: consumptionOf(handler) }),
    request: (subject, data, options) => bus.request(subject, data, options),
    respond: (subject, responder, options) => bus.respond(subject, responder, options),
    listen: (pattern, listener) => bus.listen(pattern, listener),
    close: () => bus.close(),
  };
}

interface Guarded {
  readonly stream: string;
  readonly consumer: string;
  readonly handler: Consumption;
}

function consumptionOf(handler: DeliveryHandler | Consumption): Consumption {
  return typeof handler === "function" ? { onDelivery: handler } : handler;
}

function guard(deps: GuardDeps, { stream, consumer, handler }: Guarded): BusSubscription {
  const { bus, takers, clock } = deps;
  const thrown = new Thrown();
  const subscription = bus.consume(stream, consumer, {
    onDelivery: async (delivery) => {
      try {
        await handler.onDelivery(watched(deps, { consumer, delivery, thrown }));
      } catch (error) {
        thrown.remember(delivery, error);
        throw named(error, clock.wallNow());
      }
    },
    onDeadLetter: async (dead) => {
      const taken = await takeIn(deps, dead, thrown.of(dead));
      if (!taken.ok) return taken;
      thrown.forget(dead.message.seq);
      return (await handler.onDeadLetter?.(dead)) ?? taken;
    },
  });
  const unregister = takers.register(stream, consumer, {
    attempt: (order) => redeliver({ order, onDelivery: handler.onDelivery, clock }),
  });
  return {
    close: () => {
      unregister();
      subscription.close();
    },
  };
}

/** What was thrown tells more than the bus keeps of it. Of an attempt that is not the last one, or of another process, it is not asked. */
class Thrown {
  readonly #bySeq = new Map<number, { readonly attempt: number; readonly error: unknown }>();

  remember({ message: { seq }, deliveryCount }: Delivery, error: unknown): void {
    const isLate = (this.#bySeq.get(seq)?.attempt ?? 0) > deliveryCount;
    if (!isLate && this.#bySeq.size < REMEMBERED_FAILURES) this.#bySeq.set(seq, { attempt: deliveryCount, error });
  }

  of({ message: { seq }, attempts }: DeadLetter): unknown {
    const known = this.#bySeq.get(seq);
    return known?.attempt === attempts ? known.error : undefined;
  }

  forget(seq: number): void {
    this.#bySeq.delete(seq);
  }
}

/**
 * The bus writes down the name of what was thrown and its words: with the class as its name, and the wait that was asked
 * for in its words, a restart forgets neither.
 */
function named(thrown: unknown, nowMs: number): Error {
  const { class: errorClass, message, retryAt } = letterErrorOf(thrown, nowMs);
  const waitS = retryAt === undefined ? 0 : Math.ceil((parseTime(retryAt) - nowMs) / 1000);
  const said =
    waitS > 0 && letterErrorOf(message, nowMs).retryAt === undefined ? `${message} Retry after ${waitS} s.` : message;
  return Object.assign(new Error(said, { cause: thrown }), { name: errorClass });
}

async function takeIn({ letters, clock }: GuardDeps, dead: DeadLetter, thrown: unknown): Promise<Result<void>> {
  const { message, consumer, attempts, firstAt, lastAt } = dead;
  const error = thrown === undefined ? asKept(dead, clock.wallNow()) : letterErrorOf(thrown, clock.wallNow());
  const taken = await letters.take(letterOf(message, { consumer, error, attempts, firstAt, lastAt }));
  return taken.ok ? ok(undefined) : taken;
}

/** The bus's word: its name of the failure is a class, or a name that says nothing of the message (`nak`, `interrupted`). */
function asKept({ error: message, errorClass }: DeadLetter, nowMs: number): LetterError {
  const said = letterErrorOf(message, nowMs);
  const known = errorClassSchema.safeParse(errorClass);
  return known.success ? { ...said, class: known.data } : said;
}

interface Watched {
  readonly consumer: string;
  readonly delivery: Delivery;
  readonly thrown: Thrown;
}

/** Hears what the handler says of its delivery: a reason for failing, or that it refuses the message for good. */
function watched(deps: GuardDeps, { consumer, delivery, thrown }: Watched): Delivery {
  const { message, deliveryCount } = delivery;
  const settled = (reason: string | undefined): void => {
    thrown.forget(message.seq);
    delivery.term(reason);
  };
  return {
    message,
    deliveryCount,
    ack: () => {
      thrown.forget(message.seq);
      return delivery.ack();
    },
    nak: (options) => {
      if (options?.reason !== undefined) thrown.remember(delivery, options.reason);
      delivery.nak(options);
    },
    working: () => delivery.working(),
    term: (reason) =>
      void refuse(deps, { consumer, message, deliveryCount, reason }).then((kept) =>
        kept.ok ? settled(reason) : delivery.nak({ delayMs: STORE_BACK_MS }),
      ),
  };
}

/** A full disk: the message stays in its stream and comes again. */
const STORE_BACK_MS = 5000;

interface Refusal {
  readonly consumer: string;
  readonly message: BusMessage;
  readonly deliveryCount: number;
  readonly reason: string | undefined;
}

/** First the letter, then the word to the bus: killed in between, the message comes again and finds its letter. */
async function refuse({ letters, clock, logger }: GuardDeps, refusal: Refusal): Promise<Result<void>> {
  const { consumer, message, deliveryCount, reason = "The consumer refused it for good." } = refusal;
  const error = letterErrorOf({ message: reason, code: "validation" }, clock.wallNow());
  const taken = await letters.take(letterOf(message, { consumer, error, attempts: deliveryCount }));
  if (taken.ok) return ok(undefined);
  logger.error("A refused message could not be kept; it is delivered again.", { consumer, error: taken.error.message });
  return fail("store_unavailable", taken.error.message);
}
