/** The bus between agents against JetStream: durable publish, decoded replay, and how long a message is under way. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createBus, createEventStream, createLocalBus, createSqliteStorage } from "#core/bus/index.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import type { Bench, Finding, Row } from "./bench.ts";
import { interleave, missing, pause } from "./bench.ts";
import { openHistory } from "./history.ts";
import { clientPublishRate, IN_FLIGHT, natsOf, PAYLOAD, publishRate, replayRate } from "./jetstream.ts";
import type { NatsServer } from "./nats.ts";
import { percentile } from "./numbers.ts";

const TEXT = PAYLOAD.toString();
const SUBJECTS = 40;
const PAGE = 5000;
const ARRIVALS_PER_S = 1000;
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export const bus: Row = {
  name: "bus",
  about: "the bus between agents: durable publish, decoded replay and delivery, against JetStream",
  run,
};

async function run(bench: Bench): Promise<readonly Finding[]> {
  const nats = await natsOf(bench);
  const published = await publish(bench, nats);
  const replayed = await replays(bench, nats);
  return [...published, replayed, await delivery(bench)];
}

async function publish(bench: Bench, nats: NatsServer | undefined): Promise<readonly Finding[]> {
  const count = bench.isQuick ? 40_000 : 200_000;
  const measured = await interleave(bench.rounds, {
    ours: async (round) => withBus(bench, `publish-${round}`, (over) => rateOf(over, count, IN_FLIGHT)),
    client: async (round) => (nats === undefined ? [] : clientPublishRate(nats, `c${round}`, count / 4)),
    bare: async (round) => (nats === undefined ? [] : publishRate(nats, `b${round}`, count)),
    withIds: async (round) => withBus(bench, `ids-${round}`, (over) => rateOf(over, count, IN_FLIGHT, "id")),
    one: async (round) => withBus(bench, `one-${round}`, (over) => rateOf(over, count / 200, 1)),
  });
  const what = `durable publish, ${IN_FLIGHT} under way`;
  const unit = "messages/s";
  const against = (name: string, values: readonly number[]): Finding => ({
    what,
    unit,
    ours: measured.ours,
    other: { name: `JetStream ${nats?.version ?? ""}, ${name}, ack before fsync`, values },
  });
  // The goal is of one program's calls against another's; the bare protocol says what the server itself takes.
  const peers =
    nats === undefined
      ? [missing(what, "nats-server could not be had")]
      : [
          { ...against("official client", measured.client), goal: { ratioAtLeast: 5 } },
          against("bare protocol", measured.bare),
        ];
  return [
    ...peers,
    { what: `${what}, each with a message id`, unit, ours: measured.withIds },
    { what: "durable publish, one at a time", unit, ours: measured.one },
  ];
}

async function replays(bench: Bench, nats: NatsServer | undefined): Promise<Finding> {
  const count = bench.isQuick ? 100_000 : 1_000_000;
  return withBus(bench, "replay", async (over) => {
    bench.say(`filling ${count.toLocaleString("en-US")} messages`);
    await rateOf(over, count, IN_FLIGHT);
    const measured = await interleave(bench.rounds, {
      ours: async () => replayOf(over, count),
      nats: async (round) => (nats === undefined ? [] : replayRate(nats, `br${round}`, count)),
    });
    const found = { what: "decoded replay", unit: "messages/s", ours: measured.ours };
    if (nats === undefined) return found;
    const other = { name: "JetStream raw replay", values: measured.nats };
    return { ...found, other, goal: { ratioAtLeast: 1.6 } };
  });
}

/** From publish to the handler of a durable consumer, a thousand a second, each acknowledged. */
async function delivery(bench: Bench): Promise<Finding> {
  const p99s: number[] = [];
  for (let round = 0; round < bench.rounds; round += 1)
    p99s.push(await withBus(bench, `delivery-${round}`, (over) => deliveryP99(over, bench.isQuick ? 2000 : 5000)));
  return { what: "publish to handler at 1,000/s, p99", unit: "ms", ours: p99s, goal: { atMost: 5 } };
}

async function deliveryP99(over: MessageBus, forMs: number): Promise<number> {
  const tookMs: number[] = [];
  await over.ensureConsumer("BENCH", { name: "handler" });
  over.consume("BENCH", "handler", (delivery) => {
    tookMs.push(performance.now() - Number(delivery.message.headers["At"]?.[0]));
    void delivery.ack();
  });
  const began = performance.now();
  let sent = 0;
  while (performance.now() - began < forMs) {
    const due = Math.floor(((performance.now() - began) * ARRIVALS_PER_S) / 1000);
    for (; sent < due; sent += 1) {
      const headers = { At: [String(performance.now())] };
      void over.publish({ subject: `bench.k${sent % SUBJECTS}`, data: TEXT, headers });
    }
    await pause(1);
  }
  while (tookMs.length < sent) await pause(5);
  return percentile(tookMs, 0.99);
}

async function withBus<T>(bench: Bench, name: string, work: (over: MessageBus) => T | Promise<T>): Promise<T> {
  const dir = join(bench.dir, name);
  await mkdir(dir);
  const store = await openHistory(dir);
  const events = createBus({ source: store.events, logger: quiet });
  const over = createLocalBus({
    storage: createSqliteStorage(store, quiet),
    clock: createSystemClock(),
    logger: quiet,
    newId: () => crypto.randomUUID(),
    readOnly: [createEventStream(store.events, events)],
  });
  await over.ensureStream({ name: "BENCH", subjects: ["bench.>"] });
  try {
    return await work(over);
  } finally {
    await over.close();
    events.close();
    store.close();
  }
}

/** So many publishes wait for their acknowledgement at a time; each acknowledged one is committed. */
async function rateOf(over: MessageBus, count: number, inFlight: number, ids?: "id"): Promise<number> {
  const began = performance.now();
  const run = `${began}`;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const n = next++;
      const msgId = ids === undefined ? {} : { msgId: `${run}-${n}` };
      const published = await over.publish({ subject: `bench.k${n % SUBJECTS}`, data: TEXT, ...msgId });
      if (!published.ok) throw new Error(published.error.message);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (count / (performance.now() - began)) * 1000;
}

async function replayOf(over: MessageBus, count: number): Promise<number> {
  const began = performance.now();
  let seen = 0;
  for (let from = 1; seen < count;) {
    const page = await over.read({ stream: "BENCH", from, limit: PAGE });
    const last = page.ok ? page.value.at(-1) : undefined;
    if (!page.ok || last === undefined) throw new Error("the stream ended early");
    for (const { data } of page.value) {
      const decoded: unknown = JSON.parse(data);
      if (decoded !== null) seen += 1;
    }
    from = last.seq + 1;
  }
  return (seen / (performance.now() - began)) * 1000;
}
