/**
 * A process that uses the bus, to be killed: `node busChild.ts <dir> <from> <to> <poison every>`. It publishes numbers,
 * consumes them, fails on poison, and writes a line per fact to stdout, synchronously, after the fact is recorded.
 */
import { openSqliteBus } from "../contract/messageBusEngines.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import type { StreamConfig } from "#shared/model/bus.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { sayAll } from "./sayAll.ts";

export const BUS_STREAMS: readonly StreamConfig[] = [
  { name: "LOAD", subjects: ["load.>"] },
  { name: "POISON", subjects: ["poison.>"] },
  { name: "ADVISORIES", subjects: ["$JS.EVENT.ADVISORY.>"] },
];
export const MAX_DELIVER = 3;
const IN_FLIGHT = 500;
const LINES = 200;

let lines: string[] = [];

/** Facts of one turn are one write; a kill between the fact and its line only makes the check weaker. */
function say(line: string): void {
  lines.push(line);
  if (lines.length >= LINES) flush();
  else if (lines.length === 1) setImmediate(flush);
}

function flush(): void {
  if (lines.length === 0) return;
  const text = `${lines.join("\n")}\n`;
  lines = [];
  sayAll(text);
}

/** At once: the process may be killed before the turn is over. */
function sayNow(line: string): void {
  lines.push(line);
  flush();
}

async function valueOf<T>(result: Promise<Result<T>>): Promise<T> {
  const settled = await result;
  if (!settled.ok) throw new Error(settled.error.message);
  return settled.value;
}

export function textOf(n: number): string {
  return JSON.stringify({ n, text: "the agent asked for a review of its work".repeat(1 + (n % 5)) });
}

async function consumeAll(bus: MessageBus): Promise<void> {
  await valueOf(bus.ensureConsumer("LOAD", { name: "audit", maxAckPending: 500, ackWaitMs: 60_000 }));
  const failing = { name: "failing", maxDeliver: MAX_DELIVER, maxAckPending: 200, backoffMs: [1, 1, 1] };
  await valueOf(bus.ensureConsumer("POISON", failing));
  bus.consume("LOAD", "audit", async (delivery) => {
    sayNow(`d ${delivery.message.seq}`);
    const acked = await delivery.ack();
    if (acked.ok) say(`c ${delivery.message.seq}`);
  });
  bus.consume("POISON", "failing", {
    onDelivery: ({ message, deliveryCount }) => {
      sayNow(`p ${message.seq} ${deliveryCount}`);
      throw new Error("poison");
    },
    onDeadLetter: async ({ message, attempts }) => {
      sayNow(`l ${message.seq} ${attempts}`);
      return ok(undefined);
    },
  });
}

async function main(): Promise<void> {
  const [dir = "", from = "1", to = "0", poisonEvery = "100"] = process.argv.slice(2);
  const { bus } = await openSqliteBus(dir);
  for (const config of BUS_STREAMS) await valueOf(bus.ensureStream(config));
  await consumeAll(bus);
  sayNow("ready");
  let next = Number(from);
  const lane = async (): Promise<void> => {
    while (next <= Number(to)) {
      const n = next++;
      const ack = await valueOf(bus.publish({ subject: `load.k${n % 50}`, data: textOf(n), msgId: `m-${n}` }));
      if (n % Number(poisonEvery) === 0)
        await valueOf(bus.publish({ subject: "poison.x", data: String(n), msgId: `p-${n}` }));
      say(`a ${n} ${ack.seq}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  sayNow("published");
}

if (process.argv[1] === import.meta.filename) await main();
