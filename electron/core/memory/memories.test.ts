import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { connectSqlite } from "#platform/sqlite.ts";
import { FORGET_UNDO_MS } from "#shared/model/memory.ts";
import { must, openMemory, PERSON } from "#test/support/memoryRig.ts";
import type { MemoryRig, MemoryRigOptions } from "#test/support/memoryRig.ts";
import { ENDED_KEPT_MS } from "./sweep.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const rigs: MemoryRig[] = [];
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.close();
});

async function open(options?: MemoryRigOptions): Promise<MemoryRig> {
  const rig = await openMemory(options);
  rigs.push(rig);
  return rig;
}

describe("a memory", () => {
  it("is kept with what was said about it, and answers by its id or the beginning of it", async () => {
    const { memory, remember } = await open();
    const id = await remember("The build needs Node 24.", {
      kind: "fact",
      scope: "fleet:shop",
      tags: ["build"],
      importance: 3,
    });
    expect(must(memory.getMemory(id))).toMatchObject({
      text: "The build needs Node 24.",
      scope: "fleet:shop",
      tags: ["build"],
      importance: 3,
      retention: "medium",
      tier: "working",
      version: 1,
      author: "person",
      endsAt: "2027-02-26T12:00:00.000Z",
    });
    expect(memory.getMemory(id.slice(0, 36))).toMatchObject({ ok: true });
    expect(memory.getMemory("nobody")).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("is the same memory when the same is said again", async () => {
    const { memory, remember } = await open();
    const first = await remember("Answers are short.");
    expect(await remember("Answers are short.")).toBe(first);
    expect(memory.stats().memories).toBe(1);
  });

  it("changes only from the version its writer saw", async () => {
    const { memory, remember, find } = await open();
    const id = await remember("The port is 4720.");
    const change = { id, kind: "fact", scope: "global", tags: [], importance: 1, confidence: 1 } as const;
    const changed = await memory.storeMemory({ ...change, text: "The port is 4721.", expectedVersion: 1 }, PERSON);
    expect(changed).toEqual({ ok: true, value: { id, version: 2 } });
    const late = await memory.storeMemory({ ...change, text: "The port is 1.", expectedVersion: 1 }, PERSON);
    expect(late).toMatchObject({ ok: false, error: { code: "conflict", details: { expected: 1, actual: 2 } } });
    expect(await find("port")).toEqual(["The port is 4721."]);
    expect(await find("4720", { match: "words" })).toEqual([]);
  });

  it("never holds a secret of known shape, and says that one was masked", async () => {
    const { memory, database } = await open();
    const key = "sk-ant-api03-abcdefghijklmnop1234567890";
    const stored = await memory.storeMemory(
      { kind: "fact", scope: "global", text: `The key is ${key}`, tags: [], importance: 1, confidence: 1 },
      PERSON,
    );
    expect(stored).toMatchObject({ ok: true, value: { note: expect.stringContaining("masked") } });
    expect(JSON.stringify(database.all("SELECT text FROM memories"))).not.toContain("abcdefghijklmnop");
  });

  it("leaves nothing of its text in the events", async () => {
    const { store, remember, memory } = await open();
    const id = await remember("Zanzibar is the code word.", { tags: ["zanzibar"] });
    must(memory.forget([id], PERSON));
    expect(store.events.read({ limit: 100 }).map(({ type }) => type)).toEqual(["memory.stored", "memory.forgotten"]);
    expect(JSON.stringify(store.events.read({ limit: 100 })).toLowerCase()).not.toContain("zanzibar");
  });
});

describe("forgetting", () => {
  it("hides at once, is taken back within ten minutes, and deletes after them", async () => {
    const { memory, remember, find, clock } = await open();
    const [kept, gone] = [await remember("Cats are blue."), await remember("Dogs are blue.")];
    const forgotten = must(memory.forget([kept, gone], PERSON));
    expect(forgotten).toMatchObject({ ids: [kept, gone], deletesAt: "2026-11-28T12:10:00.000Z", snapshots: [] });
    expect(await find("blue")).toEqual([]);
    must(memory.takeBack([kept], PERSON));
    expect(await find("blue")).toEqual(["Cats are blue."]);
    await clock.advance(FORGET_UNDO_MS - 1);
    expect(memory.stats().forgotten).toBe(1);
    await clock.advance(1);
    expect(memory.stats().forgotten).toBe(0);
    expect(memory.takeBack([gone], PERSON)).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("takes no notice of a wall clock that jumps", async () => {
    const { memory, remember, clock } = await open();
    must(memory.forget([await remember("Soon gone.")], PERSON));
    clock.jumpWall(-365 * DAY_MS);
    await clock.advance(FORGET_UNDO_MS);
    expect(memory.stats().forgotten).toBe(0);
  });

  it("goes on after a restart, and leaves no byte of the text in the database's files", async () => {
    const dir = mkdtempSync(join(tmpdir(), "forget-"));
    const file = join(dir, "memory.sqlite");
    const first = await openMemory({ database: connectSqlite(file) });
    const filler = await Promise.all(
      Array.from({ length: 40 }, (_, index) => first.remember(`Filler number ${index}.`)),
    );
    expect(filler).toHaveLength(40);
    must(first.memory.forget([await first.remember("Xylophone quokka marzipan.")], PERSON));
    first.close();
    const { clock, memory } = await open({ database: connectSqlite(file), clock: first.clock });
    await clock.advance(FORGET_UNDO_MS);
    expect(memory.stats()).toMatchObject({ forgotten: 0, memories: 40 });
    // Backups taken before are whole copies; they go as newer ones replace them.
    const files = readdirSync(dir).filter((name) => name.startsWith("memory.sqlite"));
    const bytes = files.map((name) => readFileSync(join(dir, name)).toString("latin1").toLowerCase());
    for (const word of ["xylophone", "quokka", "marzipan"])
      expect(bytes.some((text) => text.includes(word))).toBe(false);
    rmSync(dir, { recursive: true });
  });

  it("is stronger than an import and than a repair out of an older backup", async () => {
    const { memory, remember, clock, database } = await open();
    const id = await remember("Do not bring me back.");
    const { memories } = memory.export({}, { after: 0, limit: 10 });
    must(memory.forget([id], PERSON));
    await clock.advance(FORGET_UNDO_MS);
    expect(memory.import(memories, PERSON)).toMatchObject({ ok: true, value: { imported: 0, forgotten: 1 } });
    database.run(
      `INSERT INTO memories (id, kind, scope, text, digest, tags, importance, confidence, author, retention, version, created_at_ms, updated_at_ms)
       VALUES (?, 'fact', 'global', 'Do not bring me back.', '', '[]', 1, 1, 'person', 'high', 1, 0, 0)`,
      [id],
    );
    memory.open();
    expect(memory.getMemory(id)).toMatchObject({ ok: false, error: { code: "not_found" } });
  });
});

describe("retention", () => {
  it("ends a memory that nobody used for its time, and begins anew with each use", async () => {
    const { memory, remember, find, clock, recorder } = await open();
    const used = await remember("Used daily.", { retention: "low" });
    await remember("Left alone.", { retention: "low" });
    await remember("Kept for ever.", { retention: "critical" });
    await clock.advance(29 * DAY_MS);
    memory.recordAccess([used]);
    recorder.flush();
    await clock.advance(2 * DAY_MS);
    expect((await find("daily alone ever", { match: "words" })).sort()).toEqual(["Kept for ever.", "Used daily."]);
    expect(must(memory.getMemory(used))).toMatchObject({ accessCount: 1, lastAccessedAt: "2026-12-27T12:00:00.000Z" });
  });

  it("takes nothing along when the clock jumps a year ahead and back, and deletes a week after the end", async () => {
    const { memory, remember, clock, store } = await open();
    await remember("Still here.", { retention: "medium" });
    clock.jumpWall(365 * DAY_MS);
    await clock.advance(60 * 60 * 1000);
    expect(memory.stats()).toMatchObject({ memories: 0, ended: 1 });
    clock.jumpWall(-365 * DAY_MS);
    await clock.advance(60 * 60 * 1000);
    expect(memory.stats()).toMatchObject({ memories: 1, ended: 0 });
    await clock.advance(91 * DAY_MS);
    expect(memory.stats()).toMatchObject({ memories: 0, ended: 1 });
    await clock.advance(ENDED_KEPT_MS);
    expect(memory.stats()).toMatchObject({ memories: 0, ended: 0 });
    expect(store.events.read({ subject: "sys.memory.expired", limit: 10 }).length).toBeGreaterThan(0);
  });
});

describe("export and import", () => {
  it("carries memories into another store, each once", async () => {
    const from = await open();
    for (let index = 0; index < 25; index += 1)
      await from.remember(`Fact number ${index}.`, { tags: ["n"], importance: 2 });
    const to = await open();
    let after: number | undefined = 0;
    while (after !== undefined) {
      const page = from.memory.export({}, { after, limit: 10 });
      must(to.memory.import(page.memories, PERSON));
      expect(to.memory.import(page.memories, PERSON)).toMatchObject({
        ok: true,
        value: { imported: 0, known: page.memories.length },
      });
      after = page.next;
    }
    expect(to.memory.stats()).toMatchObject({ memories: 25, waitingForVector: 25 });
    await to.clock.advance(1000);
    expect(to.memory.stats().waitingForVector).toBe(0);
    expect(await to.find("fact number 7", { match: "words", limit: 1 })).toEqual(["Fact number 7."]);
  });
});
