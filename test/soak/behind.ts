/**
 * A consumer of the bus that takes nothing while a million messages pass it: it holds no more than it may have under way,
 * nobody else notices, it knows how far behind it is, also after a restart, and then it catches up in order, without a gap.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { MessageBus } from "#core/ports/messageBus.ts";
import type { Result } from "#shared/model/result.ts";
import { eventually } from "#test/support/deadline.ts";
import { openSqliteBus } from "../contract/messageBusEngines.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";
import { quantile } from "./trend.ts";

export const behind: SoakRow = {
  name: "behind",
  purpose: "a consumer of the bus a million messages behind: bounded, known, unnoticed by others, caught up in order",
  run,
};

const MESSAGES = { short: 20_000, long: 1_000_000 };
const PENDING = 500;
const IN_FLIGHT = 500;
/** Longer than the row: what is under way is not given out again. */
const ACK_WAIT_MS = 24 * 3_600_000;
/** A tenth of what the messages of the long form are; the short form's are fewer than that. */
const MOST_GROWTH_MB = 40;
const PATIENCE_MS = 3_600_000;
/** While it catches up another publisher is served; one that waits longer than this noticed. */
const NOTICED_MS = 1000;
const LOOK_EVERY = 1000;

async function run(soak: Soak): Promise<SoakFinding> {
  const total = MESSAGES[soak.isShort ? "short" : "long"];
  const problems: string[] = [];
  const passed = await passBy(soak, total, problems);
  const caughtUp = await catchUp(soak, total, problems);
  return { figures: { messages: total, ...passed, ...caughtUp }, problems };
}

/** Everything is published and taken by another consumer, while the slow one answers nothing. */
async function passBy(soak: Soak, total: number, problems: string[]): Promise<Record<string, number>> {
  const opened = await openSqliteBus(soak.dir);
  const { bus } = opened;
  try {
    await valueOf(bus.ensureStream({ name: "LOAD", subjects: ["load.>"] }));
    for (const name of ["slow", "brisk"])
      await valueOf(bus.ensureConsumer("LOAD", { name, maxAckPending: PENDING, ackWaitMs: ACK_WAIT_MS }));
    let held = 0;
    bus.consume("LOAD", "slow", () => void (held += 1));
    let taken = 0;
    bus.consume("LOAD", "brisk", async (delivery) => {
      await valueOf(delivery.ack());
      taken += 1;
    });
    const before = heapMb();
    const began = performance.now();
    await publish(bus, total);
    const publishMs = performance.now() - began;
    await eventually("the consumer that is not behind", () => taken >= total, PATIENCE_MS);
    const growth = heapMb() - before;
    if (growth > MOST_GROWTH_MB) problems.push(`${Math.round(growth)} MB more are held with ${total} messages behind`);
    if (held !== PENDING) problems.push(`${held} were given to a consumer that may have ${PENDING} under way`);
    problems.push(...(await wrongLag(bus, total, "while it stands still")));
    return { "published per s": Math.round((total * 1000) / publishMs), "held more MB": Math.round(growth) };
  } finally {
    await opened.close();
  }
}

async function catchUp(soak: Soak, total: number, problems: string[]): Promise<Record<string, number>> {
  const began = performance.now();
  const opened = await openSqliteBus(soak.dir);
  const { bus } = opened;
  try {
    problems.push(...(await wrongLag(bus, total, "after a restart")));
    const openMs = performance.now() - began;
    await valueOf(bus.ensureStream({ name: "OTHER", subjects: ["other.>"] }));
    const others: number[] = [];
    let [last, heard] = [0, 0];
    const startedAt = performance.now();
    bus.consume("LOAD", "slow", async (delivery) => {
      const { seq } = delivery.message;
      if (seq !== last + 1 && problems.length < 20) problems.push(`${seq} follows ${last}`);
      last = seq;
      heard += 1;
      if (heard % LOOK_EVERY === 0) others.push(await timeToPublish(bus));
      await valueOf(delivery.ack());
    });
    await eventually("the consumer that was behind", () => heard >= total, PATIENCE_MS);
    const tookMs = performance.now() - startedAt;
    if (heard !== total) problems.push(`${heard} deliveries of ${total} messages`);
    await eventually("its last word", async () => (await lagOf(bus)).every((n) => n === 0), PATIENCE_MS);
    const noticedMs = Math.max(...others);
    if (!soak.isShort && quantile(others, 0.99) > NOTICED_MS)
      problems.push(`another publisher waited ${Math.round(noticedMs)} ms while it caught up`);
    return {
      "restart ms": Math.round(openMs),
      "caught up per s": Math.round((total * 1000) / tookMs),
      "others p99 ms": Math.round(quantile(others, 0.99)),
    };
  } finally {
    await opened.close();
  }
}

async function publish(bus: MessageBus, total: number): Promise<void> {
  let next = 1;
  const lane = async (): Promise<void> => {
    while (next <= total) {
      const n = next++;
      await valueOf(bus.publish({ subject: `load.k${n % 50}`, data: `{"n":${n},"text":"${"x".repeat(400)}"}` }));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

async function timeToPublish(bus: MessageBus): Promise<number> {
  const began = performance.now();
  await valueOf(bus.publish({ subject: "other.x", data: "{}" }));
  return performance.now() - began;
}

/** Of the slow one: not given yet, and given and not answered. */
async function lagOf(bus: MessageBus): Promise<readonly [number, number]> {
  const consumers = await valueOf(bus.consumers("LOAD"));
  const slow = consumers.find(({ name }) => name === "slow");
  return [slow?.lag ?? -1, slow?.ackPending ?? -1];
}

async function wrongLag(bus: MessageBus, total: number, when: string): Promise<readonly string[]> {
  const [lag, pending] = await lagOf(bus);
  return lag === total - PENDING && pending === PENDING ? [] : [`${lag} behind and ${pending} under way ${when}`];
}

async function valueOf<T>(result: Promise<Result<T>>): Promise<T> {
  const settled = await result;
  if (!settled.ok) throw new Error(settled.error.message);
  return settled.value;
}

/** What is really held. */
function heapMb(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}
