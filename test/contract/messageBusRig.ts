/** One bus for one promise; closed afterwards, whatever happened. */
import type { TestContext } from "vitest";
import type { DeliveryHandler, MessageBus } from "#core/ports/messageBus.ts";
import type { ConsumerInfo, StreamConfig } from "#shared/model/bus.ts";
import type { Rejection, Result } from "#shared/model/result.ts";
import { eventually } from "#test/support/deadline.ts";
import type { BusEngine } from "./messageBusEngines.ts";

interface Advisory {
  readonly subject: string;
  readonly data: unknown;
}

interface Rig {
  readonly bus: MessageBus;
  /** The value, or the refusal as a failure of the test. */
  readonly ok: <T>(result: Promise<Result<T>>) => Promise<T>;
  readonly refused: (result: Promise<Result<unknown>>) => Promise<Rejection>;
  readonly reopen: (() => Promise<MessageBus>) | undefined;
  /** The stream ORDERS over orders.>, and the advisories. */
  readonly orders: (more?: Partial<StreamConfig>) => Promise<void>;
  /** Publishes the numbers after `from` on orders.k0 … orders.k9. */
  readonly fill: (count: number, from?: number) => Promise<void>;
  /** The one consumer of ORDERS. */
  readonly consumer: () => Promise<ConsumerInfo>;
  /** What ORDERS keeps. */
  readonly kept: () => Promise<readonly string[]>;
  /** Resolves when so many advisories of this kind (or any) are there. */
  readonly advisories: (count: number, kind?: string) => Promise<readonly Advisory[]>;
}

export async function withBus(
  engine: BusEngine,
  context: TestContext,
  work: (rig: Rig) => Promise<void>,
): Promise<void> {
  const difference = engine.differences?.[context.task.name];
  if (difference !== undefined) return context.skip(`It differs here, see docs/nats.md: ${difference}`);
  const opened = await engine.open();
  if ("skipped" in opened) return context.skip(opened.skipped);
  try {
    await work(rigOf(opened.bus, opened.reopen));
  } finally {
    await opened.close();
  }
}

function rigOf(bus: MessageBus, reopen: Rig["reopen"]): Rig {
  return {
    bus,
    reopen,
    ok: valueOf,
    refused: async (result) => {
      const settled = await result;
      if (settled.ok) throw new Error(`should have been refused: ${JSON.stringify(settled.value)}`);
      return settled.error;
    },
    orders: async (more = {}) => {
      await valueOf(bus.ensureStream({ name: "ORDERS", subjects: ["orders.>"], ...more }));
      await valueOf(bus.ensureStream({ name: "ADVISORIES", subjects: ["$JS.EVENT.ADVISORY.>"] }));
    },
    fill: async (count, from = 0) => {
      const numbers = Array.from({ length: count }, (_, index) => from + index + 1);
      await Promise.all(numbers.map((n) => valueOf(bus.publish({ subject: `orders.k${n % 10}`, data: String(n) }))));
    },
    consumer: async () => {
      const [info] = await valueOf(bus.consumers("ORDERS"));
      if (info === undefined) throw new Error("there is no consumer");
      return info;
    },
    kept: async () => (await valueOf(bus.read({ stream: "ORDERS", limit: 1000 }))).map(({ data }) => data),
    advisories: (count, kind = "CONSUMER") =>
      eventually(`${count} advisories`, async () => {
        const all = await valueOf(bus.read({ stream: "ADVISORIES", limit: 1000 }));
        const told = all.filter(({ subject }) => subject.includes(`.${kind}.`));
        return told.length >= count && told.map(({ subject, data }): Advisory => ({ subject, data: JSON.parse(data) }));
      }),
  };
}

/** A handler that writes down the data and acknowledges. */
export function acking(heard: string[]): DeliveryHandler {
  return async (delivery) => {
    heard.push(delivery.message.data);
    await delivery.ack();
  };
}

export function heardBy(bus: MessageBus, stream: string, consumer: string): string[] {
  const heard: string[] = [];
  bus.consume(stream, consumer, acking(heard));
  return heard;
}

async function valueOf<T>(result: Promise<Result<T>>): Promise<T> {
  const settled = await result;
  if (settled.ok) return settled.value;
  throw new Error(`${settled.error.code}: ${settled.error.message} ${JSON.stringify(settled.error.details ?? {})}`);
}
