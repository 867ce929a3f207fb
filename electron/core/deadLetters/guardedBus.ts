/**
 * The bus as slices get it: what one of their consumers gives up on, or refuses for good, is a dead letter, and can be
 * given to that consumer again. Everything else is the bus as it is.
 */
import type { BusMessage } from "#shared/model/bus.ts";
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
  // What was thrown tells more than the bus keeps of it; a restart in between leaves the bus's word.
  const thrown = new Map<number, unknown>();
  const remember = (seq: number, error: unknown): void => {
    if (thrown.size < REMEMBERED_FAILURES) thrown.set(seq, error);
  };
  const subscription = bus.consume(stream, consumer, {
    onDelivery: async (delivery) => {
      const { seq } = delivery.message;
      try {
        await handler.onDelivery(watched(deps, { consumer, delivery, remember, done: () => thrown.delete(seq) }));
      } catch (error) {
        remember(seq, error);
        throw named(error, clock.wallNow());
      }
    },
    onDeadLetter: async (dead) => {
      const taken = await takeIn(deps, dead, thrown.get(dead.message.seq));
      if (!taken.ok) return taken;
      thrown.delete(dead.message.seq);
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

/** The bus writes down the name of what was thrown: with the class as its name, a restart does not forget the class. */
function named(thrown: unknown, nowMs: number): Error {
  const { class: errorClass, message } = letterErrorOf(thrown, nowMs);
  return Object.assign(new Error(message, { cause: thrown }), { name: errorClass });
}

async function takeIn({ letters, clock }: GuardDeps, dead: DeadLetter, thrown: unknown): Promise<Result<void>> {
  const { message, consumer, attempts, error: said, errorClass, firstAt, lastAt } = dead;
  const error = letterErrorOf(thrown ?? { message: said, code: errorClass, name: errorClass }, clock.wallNow());
  const taken = await letters.take(letterOf(message, { consumer, error, attempts, firstAt, lastAt }));
  return taken.ok ? ok(undefined) : taken;
}

interface Watched {
  readonly consumer: string;
  readonly delivery: Delivery;
  readonly remember: (seq: number, error: unknown) => void;
  readonly done: () => void;
}

/** Hears what the handler says of its delivery: a reason for failing, or that it refuses the message for good. */
function watched(deps: GuardDeps, { consumer, delivery, remember, done }: Watched): Delivery {
  const { message, deliveryCount } = delivery;
  return {
    message,
    deliveryCount,
    ack: () => {
      done();
      return delivery.ack();
    },
    nak: (options) => {
      if (options?.reason !== undefined) remember(message.seq, options.reason);
      delivery.nak(options);
    },
    working: () => delivery.working(),
    term: (reason) =>
      void refuse(deps, { consumer, message, deliveryCount, reason }).then((kept) =>
        kept.ok ? delivery.term(reason) : delivery.nak({ delayMs: STORE_BACK_MS }),
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
