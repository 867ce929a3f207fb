import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { canonicalJson } from "#shared/lib/canonicalJson.ts";
import { FORGET_UNDO_MS, snapshotIdOf } from "#shared/model/memory.ts";
import { AGENT, must, openMemory, PERSON } from "#test/support/memoryRig.ts";
import type { MemoryRig } from "#test/support/memoryRig.ts";
import { isEmptyDiff } from "./snapshotDiff.ts";

const rigs: MemoryRig[] = [];
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.close();
});

async function open(): Promise<MemoryRig> {
  const rig = await openMemory();
  rigs.push(rig);
  return rig;
}

async function filled(): Promise<MemoryRig> {
  const rig = await open();
  must(
    rig.memory.upsertContext(
      {
        id: "job",
        fleet: "shop",
        intent: "Price the chair",
        set: [
          { name: "price", value: 120 },
          { name: "image", value: { w: 3, h: [1, null] } },
        ],
        remove: [],
        message: { role: "user", text: "Go on." },
        budget: { tokens: 1000, used: 10 },
      },
      AGENT,
    ),
  );
  await rig.remember("Chairs are priced in euros.", { contextId: "job", scope: "fleet:shop" });
  return rig;
}

describe("a snapshot", () => {
  it("has the hash of its content for a name, the same for the same content, and a URL", async () => {
    const { memory } = await filled();
    const first = must(await memory.snapshot("job", PERSON));
    expect(first.url).toBe(`signalbox://snapshot/${first.id.slice(5)}`);
    expect(must(await memory.snapshot("job", AGENT)).id).toBe(first.id);
    expect(memory.snapshots({ limit: 10 })).toHaveLength(1);
    for (const ref of [
      first.id,
      first.id.slice(5),
      first.url,
      `http://127.0.0.1:4720/snapshot/${first.id.slice(5)}`,
      first.id.slice(0, 20),
    ])
      expect(must(await memory.hydrate(ref)).id).toBe(first.id);
    expect(snapshotIdOf("snap:xyz")).toBeUndefined();
  });

  it("never changes while its context does, and tells what became different", async () => {
    const { memory, remember } = await filled();
    const { id } = must(await memory.snapshot("job", PERSON));
    must(
      memory.upsertContext(
        {
          id: "job",
          set: [
            { name: "price", value: 90 },
            { name: "buyer", value: "ada" },
          ],
          remove: [{ name: "image" }],
          message: { role: "agent", text: "Cheaper." },
        },
        PERSON,
      ),
    );
    await remember("The buyer pays cash.", { contextId: "job" });
    expect(must(memory.diff(id))).toMatchObject({
      from: id,
      to: "now",
      variables: [
        { name: "buyer", change: "added", after: "ada", author: "person" },
        { name: "image", change: "removed", before: { w: 3, h: [1, null] } },
        { name: "price", change: "changed", before: 120, after: 90 },
      ],
      messages: { added: [{ text: "Cheaper." }], removed: [] },
      memories: [{ change: "added", after: "The buyer pays cash." }],
    });
    expect(must(await memory.hydrate(id)).data.variables.map(({ name }) => name)).toEqual(["image", "price"]);
  });

  it("that is damaged is named and not used; taking it again mends it", async () => {
    const { memory, database } = await filled();
    const { id } = must(await memory.snapshot("job", PERSON));
    database.run("UPDATE snapshots SET data = replace(data, '120', '130') WHERE id = ?", [id]);
    const refused = await memory.hydrate(id);
    expect(refused).toMatchObject({
      ok: false,
      error: { code: "store_unavailable", details: { snapshot: id, damaged: true } },
    });
    expect(refused.ok ? "" : refused.error.message).toContain(id);
    for (const answer of [memory.diff(id), memory.restore({ snapshot: id }, PERSON), memory.showSnapshot(id)])
      expect(answer.ok).toBe(false);
    expect(must(await memory.snapshot("job", PERSON)).id).toBe(id);
    expect((await memory.hydrate(id)).ok).toBe(true);
  });

  it("can be removed, and then is not there", async () => {
    const { memory } = await filled();
    const { id } = must(await memory.snapshot("job", PERSON));
    must(memory.removeSnapshot(id, PERSON));
    expect(await memory.hydrate(id)).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("tells who takes over what is wanted and known, and names what did not fit", async () => {
    const { memory } = await filled();
    must(memory.upsertContext({ id: "job", set: [{ name: "page", value: "x".repeat(50_000) }], remove: [] }, AGENT));
    const { id } = must(await memory.snapshot("job", PERSON));
    const { text } = must(await memory.hydrate(id));
    expect(text).toContain("What is wanted: Price the chair");
    expect(text).toContain("Token budget: 990 of 1000 left.");
    expect(text).toContain("- price = 120 (by shop/vision)");
    expect(text).toContain("[…the first 2000 of 50002 characters]");
    const short = must(await memory.hydrate(id, 100)).text;
    expect(short.length).toBeLessThan(900);
    expect(short).toMatch(/\d more did not fit here; read snap:/);
  });
});

describe("restoring", () => {
  it("is a new revision, keeps what was there, and lets what was forgotten stay so", async () => {
    const { memory, remember, clock } = await filled();
    const gone = await remember("Forget me.", { contextId: "job" });
    const { id } = must(await memory.snapshot("job", PERSON));
    expect(must(memory.forget([gone], PERSON)).snapshots).toEqual([id]);
    await clock.advance(FORGET_UNDO_MS);
    const later = await remember("Came later.", { contextId: "job" });
    must(memory.upsertContext({ id: "job", set: [{ name: "price", value: 1 }], remove: [] }, PERSON));
    const restored = must(memory.restore({ snapshot: id }, PERSON));
    expect(restored).toMatchObject({ id: "job", revision: 3, stayedForgotten: 1 });
    expect(must(memory.context("job")).variables.find(({ name }) => name === "price")).toMatchObject({
      value: 120,
      version: 3,
      author: "shop/vision",
    });
    expect(must(memory.getMemory(later)).contextId).toBeUndefined();
    expect(must(await memory.hydrate(restored.before ?? "")).data.memories.map(({ text }) => text)).toContain(
      "Came later.",
    );
    must(memory.restore({ snapshot: restored.before ?? "" }, PERSON));
    expect(must(memory.context("job")).variables.find(({ name }) => name === "price")?.value).toBe(1);
    expect(must(memory.getMemory(later)).contextId).toBe("job");
  });

  it("into another context copies, and is refused from a revision that is no longer", async () => {
    const { memory } = await filled();
    const { id } = must(await memory.snapshot("job", PERSON));
    expect(must(memory.restore({ snapshot: id, into: "copy" }, PERSON))).toEqual({
      id: "copy",
      revision: 2,
      stayedForgotten: 0,
    });
    const copy = must(await memory.snapshot("copy", PERSON));
    expect(isEmptyDiff(must(memory.diff(id, copy.id)))).toBe(true);
    expect(memory.stats().memories).toBe(2);
    expect(memory.restore({ snapshot: id, expectedRevision: 7 }, PERSON)).toMatchObject({
      ok: false,
      error: { code: "conflict" },
    });
    must(memory.upsertContext({ id: "theirs", fleet: "desk", set: [], remove: [] }, PERSON));
    expect(memory.restore({ snapshot: id, into: "theirs" }, PERSON)).toMatchObject({
      ok: false,
      error: { code: "conflict" },
    });
  });

  it("gives back exactly the snapshot, whatever happened between (property)", async () => {
    const { memory, store } = await open();
    const name = fc.constantFrom("a", "b", "__proto__", "constructor", "ü", "1");
    const step = fc.oneof(
      fc.record({ type: fc.constant("set" as const), name, value: fc.jsonValue({ maxDepth: 3 }) }),
      fc.record({ type: fc.constant("remove" as const), name }),
      fc.record({
        type: fc.constant("say" as const),
        text: fc.string({ minLength: 1, maxLength: 60, unit: "binary" }),
      }),
      fc.record({ type: fc.constant("remember" as const), text: fc.string({ minLength: 1, maxLength: 30 }) }),
    );
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.array(step, { maxLength: 12 }), async (before, after) => {
        const id = `c${++round}`;
        must(memory.upsertContext({ id, set: [], remove: [] }, PERSON));
        const apply = async (steps: typeof before): Promise<void> => {
          for (const one of steps) {
            if (one.type === "remember")
              must(
                await memory.storeMemory(
                  {
                    kind: "fact",
                    scope: "global",
                    text: `${one.text} ${++round}`,
                    tags: [],
                    importance: 1,
                    confidence: 1,
                    contextId: id,
                  },
                  AGENT,
                ),
              );
            else
              must(
                memory.upsertContext(
                  {
                    id,
                    set: one.type === "set" ? [{ name: one.name, value: one.value }] : [],
                    remove: one.type === "remove" ? [{ name: one.name }] : [],
                    ...(one.type === "say" ? { message: { role: "user" as const, text: one.text } } : {}),
                  },
                  AGENT,
                ),
              );
          }
        };
        await apply(before);
        const taken = must(await memory.snapshot(id, PERSON));
        const wanted = must(await memory.hydrate(taken.id)).data;
        await apply(after);
        const changed = must(memory.diff(taken.id));
        const restored = must(memory.restore({ snapshot: taken.id }, PERSON));
        const again = must(await memory.snapshot(id, PERSON));
        const found = must(memory.diff(taken.id, again.id));
        expect(isEmptyDiff(found)).toBe(true);
        const values = (data: typeof wanted) =>
          canonicalJson(data.variables.map(({ name: key, value }) => [key, value]));
        expect(values(must(await memory.hydrate(again.id)).data)).toBe(values(wanted));
        // What was there before is not lost: its snapshot differs from the first exactly as the context did.
        const kept = must(memory.diff(taken.id, restored.before));
        expect({ ...kept, to: "" }).toEqual({ ...changed, to: "" });
      }),
      { numRuns: 20 },
    );
    expect(
      store.get("SELECT count(*) AS n FROM memories WHERE rowid NOT IN (SELECT rowid FROM memories_text)"),
    ).toEqual({ n: 0 });
  }, 120_000);
});
