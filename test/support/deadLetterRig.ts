/** Dead letters over a real store and the bus in memory, with a clock that stands still until told. */
import { createLocalBus } from "#core/bus/index.ts";
import { createMemoryStorage } from "#core/bus/memoryStorage.ts";
import { DeadLetterDesk } from "#core/deadLetters/index.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import { openStore } from "#core/store/index.ts";
import type { Store } from "#core/store/index.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { hear } from "#shared/model/catalogue/message.ts";
import type { ToolRef } from "#shared/model/deadLetter.ts";
import { ManualClock, settle } from "./manualClock.ts";
import { silentLogger } from "./silentLogger.ts";

export interface DeadLetterRig {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly bus: MessageBus;
  desk: DeadLetterDesk;
  others: readonly ToolRef[];
  readonly gaveUp: string[];
  openDesk(): DeadLetterDesk;
  /** A message for the consumer `loader`, which has three deliveries. */
  say(id: string, data?: unknown): Promise<unknown>;
  /** In small steps: the bus works between the clock's tasks, too. */
  pass(ms: number): Promise<void>;
  /** Data of what was published under a subject. */
  heard(subject: string): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

const STEP_MS = 50;

export async function openDeadLetterRig(): Promise<DeadLetterRig> {
  const clock = new ManualClock();
  const opened = await openStore({ database: connectSqlite(":memory:"), clock, logger: silentLogger });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const newId = () => crypto.randomUUID();
  const bus = createLocalBus({ storage: createMemoryStorage(), clock, logger: silentLogger, newId });
  await bus.ensureStream({ name: "MESSAGES", subjects: ["msg.>"] });
  await bus.ensureStream({ name: "TOOLS", subjects: ["mcp.>", "tool.>"] });
  await bus.ensureConsumer("MESSAGES", { name: "loader", maxDeliver: 3, ackWaitMs: 1000 });
  const gaveUp: string[] = [];
  const openDesk = () => {
    const desk = new DeadLetterDesk({
      store,
      bus,
      clock,
      random: () => 0,
      logger: silentLogger,
      newId,
      onGaveUp: (reason) => gaveUp.push(reason),
    });
    desk.joinTools({ alternatives: async () => rig.others });
    return desk;
  };
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      await clock.advance(Math.min(STEP_MS, ms - passed));
      await settle();
    }
  };
  const rig: DeadLetterRig = {
    clock,
    store,
    bus,
    desk: openDesk(),
    others: [],
    gaveUp,
    openDesk,
    pass,
    say: (id, data = {}) => {
      const envelope = {
        specversion: "1.0",
        id,
        source: "/agents/desk/planner",
        type: "task.assign",
        time: "2026-11-01T00:00:00.000Z",
        contextid: "ctx-1",
        data,
      };
      return bus.publish({ subject: "msg.desk.agent.loader", data: JSON.stringify(envelope), msgId: id });
    },
    heard: async (subject) => {
      const read = await bus.read({ stream: "TOOLS", filter: subject, limit: 100 });
      if (!read.ok) throw new Error(read.error.message);
      return read.value.map(({ data }) => {
        const message = hear(data);
        if (!message.ok) throw new Error(message.error.message);
        return message.value.data;
      });
    },
    close: async () => {
      await rig.desk.close();
      const closing = bus.close();
      await pass(STEP_MS);
      await closing;
      store.close();
    },
  };
  await rig.desk.open();
  return rig;
}
