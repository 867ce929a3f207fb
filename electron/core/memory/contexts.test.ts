import { afterEach, describe, expect, it } from "vitest";
import { MAX_VARIABLE_CHARS } from "#shared/model/memory.ts";
import { AGENT, must, openMemory, PERSON } from "#test/support/memoryRig.ts";
import type { MemoryRig } from "#test/support/memoryRig.ts";
import type { ContextWrite } from "./index.ts";
import { compress, scoreOf } from "./compress.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const rigs: MemoryRig[] = [];
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.close();
});

async function open(): Promise<MemoryRig> {
  const rig = await openMemory();
  rigs.push(rig);
  return rig;
}

function write(more: Partial<ContextWrite>): ContextWrite {
  return { id: "job", set: [], remove: [], ...more };
}

describe("a context", () => {
  it("holds variables with who wrote them, when, and at which version", async () => {
    const { memory } = await open();
    must(
      memory.upsertContext(
        write({ fleet: "shop", intent: "Price the chair", set: [{ name: "image", value: { id: 7 } }] }),
        AGENT,
      ),
    );
    const second = must(
      memory.upsertContext(write({ set: [{ name: "price", value: 120, metadata: { unit: "EUR" } }] }), PERSON),
    );
    expect(second).toEqual({ id: "job", revision: 2 });
    expect(must(memory.context("job"))).toMatchObject({
      fleet: "shop",
      intent: "Price the chair",
      owner: "shop/vision",
      revision: 2,
      variables: [
        { name: "image", value: { id: 7 }, author: "shop/vision", version: 1 },
        { name: "price", value: 120, author: "person", version: 2, metadata: { unit: "EUR" } },
      ],
    });
    expect(memory.context("nobody")).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("takes a write only from the version its writer saw, wholly or not at all", async () => {
    const { memory } = await open();
    must(memory.upsertContext(write({ set: [{ name: "a", value: 1, expectedVersion: 0 }] }), PERSON));
    must(memory.upsertContext(write({ set: [{ name: "a", value: 2, expectedVersion: 1 }] }), AGENT));
    const late = memory.upsertContext(
      write({
        set: [
          { name: "b", value: 1 },
          { name: "a", value: 3, expectedVersion: 1 },
        ],
      }),
      PERSON,
    );
    expect(late).toMatchObject({
      ok: false,
      error: { code: "conflict", details: { name: "a", expected: 1, actual: 2, author: "shop/vision" } },
    });
    expect(must(memory.context("job")).variables.map(({ name, value }) => [name, value])).toEqual([["a", 2]]);
    // A name that was removed and made again is not at its old version.
    must(memory.upsertContext(write({ remove: [{ name: "a", expectedVersion: 2 }] }), PERSON));
    must(memory.upsertContext(write({ set: [{ name: "a", value: 9 }] }), PERSON));
    expect(memory.upsertContext(write({ remove: [{ name: "a", expectedVersion: 2 }] }), PERSON)).toMatchObject({
      ok: false,
    });
    expect(memory.upsertContext(write({ expectedRevision: 1 }), PERSON)).toMatchObject({
      ok: false,
      error: { code: "conflict", details: { expected: 1, actual: 4 } },
    });
  });

  it("says in one event what was created, updated and deleted, and never to what", async () => {
    const { memory, store } = await open();
    must(memory.upsertContext(write({ fleet: "shop", set: [{ name: "a", value: "marzipan" }] }), AGENT));
    must(
      memory.upsertContext(
        write({
          set: [
            { name: "a", value: 2 },
            { name: "b", value: 3 },
          ],
          remove: [{ name: "c" }],
        }),
        AGENT,
      ),
    );
    must(memory.upsertContext(write({ remove: [{ name: "b" }], message: { role: "agent", text: "quokka" } }), AGENT));
    const events = store.events.read({ subject: "ws.shop.context.job.changed", limit: 10 });
    expect(events.map(({ data }) => data["changes"])).toEqual([
      [{ name: "a", change: "created", version: 1 }],
      [
        { name: "a", change: "updated", version: 2 },
        { name: "b", change: "created", version: 2 },
      ],
      [{ name: "b", change: "deleted", version: 3 }],
    ]);
    expect(JSON.stringify(events)).not.toMatch(/marzipan|quokka/);
  });

  it("refuses what is too large, too deep, past, expired or another fleet's, with what to do", async () => {
    const { memory, clock } = await open();
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    const large = memory.upsertContext(write({ set: [{ name: "a", value: "x".repeat(1_000_000) }] }), PERSON);
    expect(large).toMatchObject({ ok: false, error: { code: "too_large", details: { most: MAX_VARIABLE_CHARS } } });
    expect(memory.upsertContext(write({ set: [{ name: "a", value: deep }] }), PERSON)).toMatchObject({
      ok: false,
      error: { code: "bad_request" },
    });
    expect(memory.upsertContext(write({ expiresAt: "2020-01-01T00:00:00Z" }), PERSON)).toMatchObject({
      ok: false,
      error: { code: "bad_request" },
    });
    expect(memory.context("job")).toMatchObject({ ok: false });
    must(memory.upsertContext(write({ fleet: "shop", expiresAt: "2026-11-29T12:00:00Z" }), PERSON));
    expect(memory.upsertContext(write({ fleet: "desk" }), PERSON)).toMatchObject({
      ok: false,
      error: { code: "conflict" },
    });
    const fill = Array.from({ length: 20 }, (_, index) => ({ name: `v${index}`, value: "x".repeat(250_000) }));
    expect(memory.upsertContext(write({ set: fill }), PERSON)).toMatchObject({
      ok: false,
      error: { code: "too_large" },
    });
    await clock.advance(DAY_MS);
    expect(memory.upsertContext(write({ set: [{ name: "a", value: 1 }] }), PERSON)).toMatchObject({
      ok: false,
      error: { code: "conflict", details: { expired: true } },
    });
    expect(must(memory.context("job")).isExpired).toBe(true);
    await clock.advance(8 * DAY_MS);
    expect(memory.context("job")).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("masks secrets in values, metadata, messages and the intent", async () => {
    const { memory, database } = await open();
    const key = "sk-ant-api03-abcdefghijklmnop1234567890";
    const written = must(
      memory.upsertContext(
        write({
          intent: `Use ${key}`,
          set: [{ name: "config", value: { api_key: "hunter2hunter2", nested: [key] }, metadata: { note: key } }],
          message: { role: "user", text: `Here: ${key}` },
        }),
        PERSON,
      ),
    );
    expect(written.note).toContain("masked");
    const all = JSON.stringify([
      database.all("SELECT * FROM contexts"),
      database.all("SELECT * FROM context_variables"),
      database.all("SELECT * FROM context_messages"),
    ]);
    expect(all).not.toMatch(/abcdefghijklmnop|hunter2/);
  });

  it("lets a variable with a time go when it is over", async () => {
    const { memory, clock } = await open();
    must(
      memory.upsertContext(
        write({
          set: [
            { name: "cache", value: 1, ttlS: 3600 },
            { name: "kept", value: 2 },
          ],
        }),
        PERSON,
      ),
    );
    await clock.advance(3_600_000);
    expect(must(memory.context("job")).variables.map(({ name }) => name)).toEqual(["kept"]);
    must(memory.upsertContext(write({ set: [{ name: "cache", value: 3, expectedVersion: 0 }] }), PERSON));
  });
});

describe("messages of a context", () => {
  it("stay fifty at most; what is left out is quoted, counted, and whole in a snapshot", async () => {
    const { memory } = await open();
    let snapshot: string | undefined;
    for (let index = 1; index <= 51; index += 1) {
      const text = index === 3 ? "Price the chair by Friday." : `Message number ${index}.`;
      const done = must(
        memory.upsertContext(write({ intent: "Price the chair", message: { role: "agent", text } }), AGENT),
      );
      snapshot ??= done.snapshot;
    }
    const { messages, summary } = must(memory.context("job"));
    expect(messages).toHaveLength(15);
    expect(messages.slice(-5).map(({ text }) => text)).toEqual([47, 48, 49, 50, 51].map((n) => `Message number ${n}.`));
    // It speaks of the task, so it stays though it is old.
    expect(messages.map(({ seq }) => seq)).toContain(3);
    expect(summary).toMatchObject({ dropped: 36, snapshots: [snapshot] });
    expect(summary?.text).toContain("36 earlier messages were left out");
    expect(summary?.text).toContain("Message number 1.");
    const original = must(await memory.hydrate(snapshot ?? "")).data;
    expect(original.messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 51 }, (_, index) => index + 1));
  });

  it("are left out by tokens, too, and the next summary goes on from the last", async () => {
    const { memory } = await open();
    for (let index = 1; index <= 30; index += 1)
      must(
        memory.upsertContext(
          write({ message: { role: "agent", text: `Sentence ${index}. ${"word ".repeat(1200)}` } }),
          AGENT,
        ),
      );
    const { messages, summary } = must(memory.context("job"));
    const dropped = summary?.dropped ?? 0;
    expect(messages.length + dropped).toBe(30);
    expect(dropped).toBeGreaterThan(15);
    expect(summary?.snapshots.length).toBeGreaterThan(1);
    expect(summary?.text.split("\n")).toHaveLength(dropped + 1);
    expect(summary?.text).toContain("(1 of 2 sentences)");
  });

  it("can be compressed by hand, unless nothing can go", async () => {
    const { memory } = await open();
    for (let index = 0; index < 5; index += 1)
      must(memory.upsertContext(write({ message: { role: "user", text: `m${index}` } }), PERSON));
    expect(memory.compressContext("job", PERSON)).toMatchObject({ ok: false, error: { code: "conflict" } });
    for (let index = 0; index < 20; index += 1)
      must(memory.upsertContext(write({ message: { role: "user", text: `n${index}` } }), PERSON));
    expect(must(memory.compressContext("job", PERSON))).toMatchObject({
      revision: 26,
      snapshot: expect.stringMatching(/^snap:/),
    });
  });
});

describe("the worth of a message", () => {
  const message = (text: string, role: "user" | "agent" = "agent") => ({
    seq: 1,
    role,
    author: "a",
    text,
    at: "2026-11-28T12:00:00.000Z",
  });

  it("is recency .4, density .2, task .3 and user .1", () => {
    const task = new Set(["price", "chair"]);
    expect(scoreOf(message("price chair now", "user"), { index: 9, count: 10, task })).toBeCloseTo(1);
    expect(scoreOf(message("word word word word"), { index: 0, count: 10, task })).toBeCloseTo(0.05);
    expect(scoreOf(message("price"), { index: 0, count: 10, task })).toBeCloseTo(0.2 + 0.15);
  });

  it("quotes word for word: every line of the summary is in its message", () => {
    const messages = Array.from({ length: 60 }, (_, index) => ({
      ...message(`First ${index}. Second ${index}! ${"z".repeat(index * 20)}`),
      seq: index,
    }));
    const compressed = compress({ messages, summary: undefined, intent: "second" });
    for (const [index, line] of (compressed?.summary.text.split("\n") ?? []).slice(1).entries()) {
      const quoted = /^- a, [^ ]+: (.*?)(?: \[…\])?(?: \(1 of \d+ sentences\))?$/.exec(line)?.[1] ?? "not a line";
      expect(compressed?.dropped[index]?.text).toContain(quoted);
    }
  });
});
