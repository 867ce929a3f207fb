import { afterEach, describe, expect, it } from "vitest";
import { fail } from "#shared/model/result.ts";
import { createHashedNgrams } from "#platform/hashedNgrams.ts";
import { must, openMemory, PERSON } from "#test/support/memoryRig.ts";
import type { MemoryRig, MemoryRigOptions } from "#test/support/memoryRig.ts";
import { fuse } from "./fuse.ts";

const rigs: MemoryRig[] = [];
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.close();
});

async function open(options?: MemoryRigOptions): Promise<MemoryRig> {
  const rig = await openMemory(options);
  rigs.push(rig);
  return rig;
}

const TEXTS = [
  "The deployment of the shop runs every Tuesday.",
  "Invoices are written in German.",
  "Deploying twice on one day breaks the cache.",
  "The cat sleeps on the printer.",
];

async function filled(options?: MemoryRigOptions): Promise<MemoryRig> {
  const rig = await open(options);
  for (const text of TEXTS) await rig.remember(text);
  return rig;
}

describe("a search", () => {
  it("finds words and what is spelled like them, and says for each hit which of both it was", async () => {
    const { memory } = await filled();
    const { hits, nearness } = must(await memory.searchHistory({ text: "deployments", limit: 10, match: "hybrid" }));
    expect(nearness).toMatchObject({ isOn: true, kind: "lexical", embedder: "local-ngrams-1" });
    const [first] = hits;
    expect(first?.memory.text).toBe(TEXTS[0]);
    expect(first?.words).toBeUndefined();
    expect(first?.near?.rank).toBe(1);
    expect(first?.near?.similarity).toBeGreaterThan(0.22);
    const byWord = must(await memory.searchHistory({ text: "cat printer", limit: 10, match: "hybrid" })).hits[0];
    expect(byWord?.words).toEqual({ rank: 1, matched: ["cat", "printer"] });
  });

  it("finds through typing errors, and nothing where nothing is near", async () => {
    const { find } = await filled();
    expect(await find("invioces germn")).toEqual(["Invoices are written in German."]);
    expect(await find("quantum chromodynamics")).toEqual([]);
  });

  it("puts those with all words before those with some", async () => {
    const { find } = await filled();
    expect((await find("cache day", { match: "words" }))[0]).toBe(TEXTS[2]);
    expect(await find("shop printer", { match: "words" })).toHaveLength(2);
  });

  it("goes on by words alone where sqlite-vec cannot be loaded, and says so", async () => {
    const { memory, find, remember } = await filled({ isWithoutVectors: true });
    await remember("Stored without a vector.");
    expect(await find("deployment")).toEqual([TEXTS[0]]);
    const { nearness } = must(await memory.searchHistory({ text: "cat", limit: 1, match: "hybrid" }));
    expect(nearness).toMatchObject({ isOn: false, note: "There is no sqlite-vec here." });
    expect(memory.stats().waitingForVector).toBe(0);
  });

  it("gives vectors later to what was stored while the embedder refused", async () => {
    let isDown = true;
    const local = createHashedNgrams();
    const embed: typeof local.embed = async (texts) => (isDown ? fail("timeout", "Down.") : local.embed(texts));
    const { memory, find, clock } = await filled({ embedder: { ...local, embed } });
    await clock.advance(1000);
    expect(memory.stats().waitingForVector).toBe(TEXTS.length);
    expect(await find("deployment")).toEqual([TEXTS[0]]);
    isDown = false;
    await clock.advance(60_000);
    expect(memory.stats().waitingForVector).toBe(0);
    expect(await find("deployments")).toContain(TEXTS[0]);
  });

  it("keeps to scopes, kinds, tags and tiers", async () => {
    const { remember, find } = await open();
    await remember("Tea at four.", { scope: "fleet:shop", kind: "preference", tags: ["Drinks"] });
    await remember("Tea at five.", { scope: "agent:shop/vision" });
    await remember("Tea at six.", { scope: "session:s1" });
    expect(await find("tea", { scopes: ["fleet:shop"] })).toEqual(["Tea at four."]);
    expect(await find("tea", { kinds: ["preference"] })).toEqual(["Tea at four."]);
    expect(await find("tea", { tags: ["drinks"] })).toEqual(["Tea at four."]);
    expect(await find("tea", { tier: "session" })).toEqual(["Tea at six."]);
    expect(await find("tea", { tier: "long_term" })).toEqual(["Tea at four."]);
    expect(await find("Tea at f", { match: "prefix" })).toEqual(["Tea at five.", "Tea at four."]);
    expect(await find("tea at six.", { match: "exact" })).toEqual(["Tea at six."]);
    expect(await find("100%_", { match: "prefix" })).toEqual([]);
  });

  it("takes any text for a question and refuses one without a word", async () => {
    const { memory } = await filled();
    for (const text of [
      '"',
      "a AND OR NOT (",
      "NEAR(x y)",
      "*",
      "'; DROP TABLE memories",
      "\u0000cat",
      "x".repeat(1000),
    ]) {
      const answer = await memory.searchHistory({ text, limit: 5, match: "hybrid" });
      expect([text, answer.ok || answer.error.code]).toEqual([text, /\p{L}/u.test(text) ? true : "bad_request"]);
    }
  });

  it("counts as a use only for agents", async () => {
    const { memory, recorder } = await filled();
    const question = { text: "cat", limit: 1, match: "words" } as const;
    const seen = must(await memory.searchHistory(question)).hits[0];
    must(await memory.searchHistory(question, { forAgent: true }));
    recorder.flush();
    expect(must(memory.getMemory(seen?.memory.id ?? "")).accessCount).toBe(1);
    expect(must(memory.forget([seen?.memory.id ?? ""], PERSON)).ids).toHaveLength(1);
  });
});

describe("fusing two rankings", () => {
  it("puts first what is in both, then by place", () => {
    expect(fuse([1, 2, 3], [3, 4]).map(({ rowid }) => rowid)).toEqual([3, 1, 4, 2]);
    expect(fuse([], []).length).toBe(0);
  });
});

describe("the local embedder", () => {
  it("gives the same text the same vector, of length one, whatever its accents and capitals", async () => {
    const [one, two, none] = must(await createHashedNgrams().embed(["Crème Brûlée", "creme brulee", "…"]));
    expect(one).toEqual(two);
    expect(Math.hypot(...(one ?? []))).toBeCloseTo(1, 5);
    expect(Math.hypot(...(none ?? []))).toBe(0);
  });
});
