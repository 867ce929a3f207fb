import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSqliteBus } from "../../../test/contract/messageBusEngines.ts";
import type { SqliteBus } from "../../../test/contract/messageBusEngines.ts";

let dir: string;
let opened: SqliteBus;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "signalbox-blocks-"));
  opened = await openSqliteBus(dir);
  await opened.bus.ensureStream({ name: "ORDERS", subjects: ["orders.>"] });
});

afterEach(async () => {
  await opened.close();
  await rm(dir, { recursive: true, force: true });
});

async function publish(from: number, to: number, textOf = (n: number): string => `${n}`): Promise<void> {
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  await Promise.all(numbers.map((n) => opened.bus.publish({ subject: `orders.k${n % 3}`, data: textOf(n) })));
}

async function numbers(query: object = {}): Promise<readonly number[]> {
  const read = await opened.bus.read({ stream: "ORDERS", limit: 10_000, ...query });
  return read.ok ? read.value.map(({ data }) => Number.parseInt(data, 10)) : [];
}

const rows = (): number => Number(opened.store.get("SELECT count(*) AS n FROM bus_blocks")?.["n"]);
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);

describe("blocks of messages", () => {
  it("are put together when they are small, and nothing changes for readers", async () => {
    for (let n = 1; n <= 150; n += 1) await publish(n, n);
    expect(rows()).toBeLessThan(70);
    expect(await numbers()).toEqual(range(1, 150));
    await opened.close();
    opened = await openSqliteBus(dir);
    expect(await numbers()).toEqual(range(1, 150));
    expect(await numbers({ from: 64, to: 66 })).toEqual([64, 65, 66]);
    expect(await numbers({ filter: "orders.k0", from: 140 })).toEqual([141, 144, 147, 150]);
  });

  it("keep every text exactly, whatever its letters", async () => {
    const text = (n: number): string => (n % 2 === 0 ? `${n} größe 🚂 \u0000 "` : `${n} plain`);
    await publish(1, 40, text);
    await opened.close();
    opened = await openSqliteBus(dir);
    const read = await opened.bus.read({ stream: "ORDERS", limit: 100 });
    expect(read.ok && read.value.map(({ data }) => data)).toEqual(range(1, 40).map(text));
  });

  it("go as a whole when all of their messages are gone, and hide those that are in part", async () => {
    await publish(1, 500);
    await publish(501, 1000);
    await opened.bus.ensureStream({ name: "ORDERS", subjects: ["orders.>"], maxMsgs: 300 });
    await publish(1001, 1001);
    expect(await numbers()).toEqual(range(702, 1001));
    const first = opened.store.get("SELECT min(id % 17592186044416) AS seq FROM bus_blocks")?.["seq"];
    expect(Number(first)).toBe(501);
  });

  it("that are damaged hide only themselves", async () => {
    await publish(1, 1000);
    await publish(1001, 2000);
    await publish(2001, 3000);
    opened.store.transact({
      actor: "test",
      work: (tx) => tx.run("UPDATE bus_blocks SET data = x'ffffffff00' WHERE last_seq = 2000"),
    });
    await opened.close();
    opened = await openSqliteBus(dir);
    expect(await numbers()).toEqual([...range(1, 1000), ...range(2001, 3000)]);
    const published = await opened.bus.publish({ subject: "orders.k1", data: "3001" });
    expect(published).toMatchObject({ ok: true, value: { seq: 3001 } });
  });
});
