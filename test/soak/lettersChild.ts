/**
 * A process with dead letters, to be killed: `node lettersChild.ts <dir> <from> <to>`. It publishes messages that its
 * consumer fails at, and writes a line per fact to stdout, synchronously, before or after the fact as the row needs it.
 */
import { DeadLetterDesk } from "#core/deadLetters/index.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import type { Result } from "#shared/model/result.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { openSqliteBus } from "../contract/messageBusEngines.ts";
import { sayAll } from "./sayAll.ts";

export const MAX_DELIVER = 3;
/** Each of these is taken when the healer sends it again; all others are content that nobody can take. */
export const HEALED_EVERY = 50;
const IN_FLIGHT = 100;
const LETTER_HEADER = "Signalbox-Dead-Letter";

function say(line: string): void {
  sayAll(`${line}\n`);
}

async function valueOf<T>(result: Promise<Result<T>>): Promise<T> {
  const settled = await result;
  if (!settled.ok) throw new Error(settled.error.message);
  return settled.value;
}

export async function openLetters(dir: string) {
  const opened = await openSqliteBus(dir);
  const { store, bus } = opened;
  for (const config of [
    { name: "POISON", subjects: ["poison.>"] },
    { name: "TOOLS", subjects: ["mcp.>", "tool.>"] },
    { name: "ADVISORIES", subjects: ["$JS.EVENT.ADVISORY.>"] },
  ])
    await valueOf(bus.ensureStream(config));
  const desk = new DeadLetterDesk({
    store,
    bus,
    clock: createSystemClock(),
    random: () => 0,
    logger: silentLogger,
    newId: () => crypto.randomUUID(),
    onGaveUp: (reason) => say(`x ${reason}`),
  });
  return { ...opened, desk };
}

async function main(): Promise<void> {
  const [dir = "", from = "1", to = "0"] = process.argv.slice(2);
  const { desk, bus } = await openLetters(dir);
  const config = { name: "failing", maxDeliver: MAX_DELIVER, maxAckPending: 200, backoffMs: [1, 1, 1] };
  await valueOf(bus.ensureConsumer("POISON", config));
  desk.guarded.consume("POISON", "failing", async (delivery) => {
    const { message, deliveryCount } = delivery;
    const n = Number(message.data);
    const isAgain = message.headers[LETTER_HEADER] !== undefined;
    say(`${isAgain ? "h" : "p"} ${n} ${deliveryCount}`);
    if (isAgain && n % HEALED_EVERY === 0) return void (await delivery.ack());
    throw Object.assign(new Error("poison"), { code: n % HEALED_EVERY === 0 ? "internal" : "bad_request" });
  });
  desk.letters.watch({
    moved: ({ id, state }) => {
      if (state === "needs_human" || state === "replayed") say(`s ${id} ${state}`);
    },
    removed: () => undefined,
  });
  await desk.open();
  // What was settled while the process died, before its line was written.
  for (const id of desk.letters.idsOf({ states: ["needs_human", "replayed"] }, Number(to))) say(`s ${id}`);
  await publish(bus, Number(from), Number(to));
}

async function publish(bus: MessageBus, from: number, to: number): Promise<void> {
  let next = from;
  const lane = async (): Promise<void> => {
    while (next <= to) {
      const n = next++;
      await valueOf(bus.publish({ subject: "poison.x", data: String(n), msgId: `p-${n}` }));
      say(`a ${n}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

if (process.argv[1] === import.meta.filename) await main();
