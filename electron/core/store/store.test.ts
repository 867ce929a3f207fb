import { afterEach, describe, expect, it } from "vitest";
import { connectSqlite } from "#platform/sqlite.ts";
import type { Database } from "#core/ports/database.ts";
import { StoreError } from "#core/ports/database.ts";
import type { NewEvent, StoredEvent } from "#shared/model/event.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { createJournal, openStore } from "./index.ts";
import type { Store, StoreTx } from "./index.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const stores: Store[] = [];

async function freshStore(database: Database = connectSqlite(":memory:")): Promise<Store> {
  const opened = await openStore({ database, clock: new ManualClock(), logger: silent });
  if (!opened.ok) throw new Error(opened.error.message);
  stores.push(opened.value);
  return opened.value;
}

function append(
  store: Store,
  subject: string,
  data: Record<string, unknown> = {},
  type: NewEvent["type"] = "agent.exited",
): StoredEvent {
  const result = store.transact({ actor: "system", work: (tx) => tx.append({ subject, type, data }) });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** Fails every write with this code until it is set to undefined. */
function breakable(): { database: Database; failWith: (code: StoreError["code"] | undefined) => void } {
  const inner = connectSqlite(":memory:");
  let code: StoreError["code"] | undefined;
  const transaction = <T>(work: () => T): T =>
    inner.transaction(() => {
      const value = work();
      if (code !== undefined) throw new StoreError(code, "SQLITE: refused");
      return value;
    });
  return { database: { ...inner, transaction }, failWith: (next) => (code = next) };
}

afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

describe("a transaction", () => {
  it("commits events, projections and receipt together and publishes afterwards with sequence numbers", async () => {
    const store = await freshStore();
    const heard: number[] = [];
    store.onCommit((events) => heard.push(...events.map(({ seq }) => seq)));
    const result = store.transact({
      commandId: "c1",
      actor: "person",
      work: (tx) => {
        tx.append({ subject: "ws.shop.fleet.up", type: "fleet.up", data: { by: "hand" } });
        tx.append({ subject: "ws.shop.agent.api.started", type: "agent.started", data: {}, actor: "supervisor" });
        tx.run("INSERT INTO settings (key, value) VALUES ('theme', '\"dark\"')");
        expect(heard).toEqual([]);
        return { started: 2 };
      },
    });
    expect(result).toEqual({ ok: true, value: { started: 2 } });
    expect(heard).toEqual([1, 2]);
    expect(store.events.read({ limit: 10 })).toMatchObject([
      { seq: 1, actor: "person", subject: "ws.shop.fleet.up", data: { by: "hand" } },
      { seq: 2, actor: "supervisor", type: "agent.started" },
    ]);
    expect(store.get("SELECT value FROM settings WHERE key = 'theme'")).toEqual({ value: '"dark"' });
  });

  it("says the first answer again for a repeated command and does nothing", async () => {
    const store = await freshStore();
    let runs = 0;
    const command = { commandId: "c1", actor: "cli", work: () => ({ run: ++runs }) };
    expect(store.transact(command)).toEqual({ ok: true, value: { run: 1 } });
    expect(store.transact(command)).toEqual({ ok: true, value: { run: 1 } });
    const silentCommand = { commandId: "c2", actor: "cli", work: () => undefined };
    expect([store.transact(silentCommand), store.transact(silentCommand)]).toEqual([
      { ok: true, value: undefined },
      { ok: true, value: undefined },
    ]);
  });

  it("leaves nothing behind when its work throws, and the sequence goes on without a gap", async () => {
    const store = await freshStore();
    append(store, "a.b");
    const broken = () =>
      store.transact({
        actor: "system",
        work: (tx) => {
          tx.append({ subject: "a.c", type: "setting.changed", data: {} });
          throw new Error("a bug");
        },
      });
    expect(broken).toThrow("a bug");
    expect(append(store, "a.c", {}, "setting.changed").seq).toBe(2);
    expect(store.events.lastSeq()).toBe(2);
  });

  it("refuses a subject that is not a literal", async () => {
    const store = await freshStore();
    expect(() => append(store, "a.*")).toThrow(RangeError);
    expect(() => append(store, "a b")).toThrow(RangeError);
    expect(store.events.lastSeq()).toBe(0);
  });

  it("tells commits in order when a listener commits itself, and survives a listener that throws", async () => {
    const store = await freshStore();
    const heard: number[] = [];
    store.onCommit(([event]) => {
      if (event?.subject === "a.first") append(store, "a.second");
      throw new Error("listener bug");
    });
    store.onCommit((events) => heard.push(...events.map(({ seq }) => seq)));
    append(store, "a.first");
    expect(heard).toEqual([1, 2]);
  });

  it("refuses with a sentence while the disk is full and goes on by itself", async () => {
    const { database, failWith } = breakable();
    const store = await freshStore(database);
    const health: string[] = [];
    store.onHealth(({ status }) => health.push(status));
    append(store, "a.b");
    failWith("disk_full");
    const refused = store.transact({
      commandId: "c",
      actor: "cli",
      work: (tx) => tx.append({ subject: "a.c", type: "setting.changed", data: {} }).seq,
    });
    expect(refused).toMatchObject({ ok: false, error: { code: "store_unavailable" } });
    expect(store.health()).toMatchObject({ status: "disk_full", message: expect.stringContaining("full") });
    failWith(undefined);
    const again = store.transact({
      commandId: "c",
      actor: "cli",
      work: (tx) => tx.append({ subject: "a.c", type: "setting.changed", data: {} }).seq,
    });
    expect(again).toEqual({ ok: true, value: 2 });
    expect(health).toEqual(["disk_full", "ok"]);
  });

  it("never lets an event be changed or deleted", async () => {
    const store = await freshStore();
    append(store, "a.b");
    expect(() => store.transact({ actor: "x", work: (tx) => tx.run("DELETE FROM event_log") })).toThrow(
      "never deleted",
    );
    expect(() => store.transact({ actor: "x", work: (tx) => tx.run("UPDATE event_log SET actor = 'y'") })).toThrow(
      "never changed",
    );
  });
});

describe("reading events", () => {
  async function filled(): Promise<Store> {
    const store = await freshStore();
    store.transact({
      actor: "system",
      work: (tx) => {
        for (let round = 0; round < 10; round++) {
          for (let agent = 0; agent < 50; agent++) {
            const verb = round % 2 === 0 ? "started" : "exited";
            tx.append({ subject: `ws.shop.agent.a${agent}.${verb}`, type: `agent.${verb}`, data: { round } });
          }
          tx.append({ subject: "ws.shopper.fleet.up", type: "fleet.up", data: {} });
        }
      },
    });
    return store;
  }

  it("agrees with a plain filter for every kind of pattern, both orders, any range", async () => {
    const store = await filled();
    const all = store.events.read({ limit: 10_000 });
    const { matchesSubject } = await import("#shared/lib/subjects.ts");
    for (const subject of [
      ">",
      "ws.shop.>",
      "ws.shop.agent.a7.*",
      "ws.shop.agent.a7.exited",
      "ws.*.agent.*.exited",
      "*.shopper.>",
      "ws",
      "ws.shop",
      "nothing.>",
      "ws..x",
    ]) {
      for (const [from, to, limit] of [
        [0, 10_000, 10_000],
        [100, 300, 17],
        [505, 510, 3],
      ] as const) {
        const expected = all.filter(
          (event) => matchesSubject(subject, event.subject) && event.seq >= from && event.seq <= to,
        );
        expect(store.events.read({ subject, from, to, limit })).toEqual(expected.slice(0, limit));
        expect(store.events.read({ subject, from, to, limit, order: "desc" })).toEqual(
          expected.toReversed().slice(0, limit),
        );
      }
    }
  });

  it("filters by type, alone and with a pattern", async () => {
    const store = await filled();
    expect(store.events.read({ types: ["fleet.up"], limit: 100 })).toHaveLength(10);
    expect(
      store.events.read({ types: ["agent.exited", "fleet.up"], subject: "ws.shop.agent.a3.>", limit: 100 }),
    ).toHaveLength(5);
    expect(store.events.read({ types: [], limit: 100 })).toEqual([]);
  });

  it("finds words in type, subject and data, the last one by its beginning, with pattern and order", async () => {
    const store = await filled();
    const hit = append(
      store,
      "ws.shop.agent.api-1.asked",
      { ask: { title: 'Größe "of" things', lines: ["rm -rf ./build"] } },
      "agent.unmetered",
    );
    for (const text of ["grosse things", "größe", "api-1 ask", '"of"', "rm -rf", "build thing", 'a"b ( NEAR things']) {
      const found = store.events.read({ text, limit: 10 }).map(({ seq }) => seq);
      expect([text, found]).toEqual([text, text === "grosse things" || text.startsWith('a"b') ? [] : [hit.seq]]);
    }
    expect(store.events.read({ text: "***", limit: 10 })).toEqual([]);
    expect(
      store.events
        .read({ text: "exited", subject: "ws.shop.agent.a1.>", limit: 3, order: "desc" })
        .map(({ seq }) => seq),
    ).toEqual([461, 359, 257]);
    expect(store.events.read({ text: "  ", limit: 1 })).toHaveLength(1);
  });

  it("uses an index for a pattern over many subjects and for few", async () => {
    const store = await filled();
    const plan = store.all(
      "EXPLAIN QUERY PLAN SELECT seq FROM event_index WHERE kind_id = 3 AND seq BETWEEN 1 AND 9 ORDER BY seq LIMIT 5",
    );
    expect(JSON.stringify(plan)).toMatch(/USING PRIMARY KEY \(kind_id=\? AND seq>\? AND seq<\?\)/);
    expect(JSON.stringify(plan)).not.toMatch(/TEMP B-TREE/);
  });
});

describe("the indexes of the log", () => {
  const indexed = (store: Store): readonly unknown[] => [
    store.get("SELECT count(*) AS n FROM event_index")?.["n"],
    store.get("SELECT count(*) AS n FROM events_text_docsize")?.["n"],
  ];
  function write(store: Store, count: number): void {
    store.transact({
      actor: "system",
      work: (tx) => {
        for (let n = 0; n < count; n++)
          tx.append({ subject: "sys.test.said", type: "inbox.opened", data: { n: `n${n}` } });
      },
    });
  }
  async function openWith(clock: ManualClock): Promise<Store> {
    const opened = await openStore({ database: connectSqlite(":memory:"), clock, logger: silent });
    if (!opened.ok) throw new Error(opened.error.message);
    return opened.value;
  }

  it("are brought up once the store is quiet, and nothing is left to do afterwards", async () => {
    const clock = new ManualClock();
    const store = await openWith(clock);
    await clock.advance(10);
    const waiting = clock.pending;
    write(store, 1200);
    await clock.advance(99);
    expect(indexed(store)).toEqual([0, 0]);
    await clock.advance(200);
    expect(indexed(store)).toEqual([1200, 1200]);
    expect(clock.pending).toBe(waiting);
    store.close();
  });

  it("are brought up before anyone reads by them, also inside a transaction that is rolled back", async () => {
    const clock = new ManualClock();
    const store = await openWith(clock);
    write(store, 10);
    expect(store.events.read({ text: "n7", limit: 10 }).map(({ seq }) => seq)).toEqual([8]);
    write(store, 10);
    expect(() =>
      store.transact({
        actor: "system",
        work: () => {
          expect(store.events.read({ subject: "sys.test.*", limit: 100 })).toHaveLength(20);
          throw new Error("a change of mind");
        },
      }),
    ).toThrow("a change of mind");
    expect(indexed(store)).toEqual([10, 10]);
    expect(store.events.read({ types: ["inbox.opened"], limit: 100 })).toHaveLength(20);
    expect(indexed(store)).toEqual([20, 20]);
    store.close();
  });

  it("do not wait for a quiet that never comes", async () => {
    const clock = new ManualClock();
    const store = await openWith(clock);
    write(store, 12_000);
    for (let n = 0; n < 100; n++) {
      write(store, 1);
      await clock.advance(10);
    }
    const [byKind] = indexed(store);
    expect(Number(byKind)).toBeGreaterThan(2000);
    store.close();
  });
});

describe("the journal", () => {
  it("keeps facts in order while the disk is full and records them when space is back", async () => {
    const { database, failWith } = breakable();
    const clock = new ManualClock();
    const store = await freshStore(database);
    const journal = createJournal({ store, clock, logger: silent });
    const fact = (name: string) => ({
      actor: "system",
      work: (tx: StoreTx) => void tx.append({ subject: `a.${name}`, type: "setting.changed", data: {} }),
    });
    expect(journal.record(fact("one"))).toBe(true);
    failWith("disk_full");
    expect(journal.record(fact("two"))).toBe(false);
    expect(journal.record(fact("three"))).toBe(false);
    await clock.advance(1000);
    expect(journal.pending()).toBe(2);
    failWith(undefined);
    await clock.advance(1000);
    expect(journal.pending()).toBe(0);
    expect(store.events.read({ limit: 10 }).map(({ subject }) => subject)).toEqual(["a.one", "a.two", "a.three"]);
    journal.close();
  });
});
