import { expect, it } from "vitest";
import type { McpAnswer } from "#core/ports/mcpClient.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { ToolServerSpec } from "#shared/model/toolServer.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { AnswerCache } from "./answerCache.ts";
import type { Ending } from "./invocation.ts";

const HOUR = 3_600_000;
const spec: ToolServerSpec = {
  id: "web",
  transport: { type: "stdio", command: "web", args: [], env: {} },
  tags: [],
  enabled: true,
  restart: "permanent",
  timeoutMs: 1000,
  cache: { tools: ["search", "get_page"], forMs: HOUR },
};
const web = { key: "shop/web", spec };
const by = { kind: "person" } as const;

const said = (text: string): McpAnswer => ({ content: [{ type: "text", text }], isError: false });
const done = (answer: McpAnswer): Ending => ({ outcome: "completed", result: ok(answer), answer, attempts: 1 });
const textOf = (answer: McpAnswer | undefined): unknown => answer?.content[0]?.["text"];

function open() {
  const clock = new ManualClock();
  const cache = new AnswerCache(clock);
  const slot = (args: Record<string, unknown>, { tool = "search", server = web } = {}) => {
    const found = cache.slot(server, { server: "web", tool, args, by });
    if (found === undefined) throw new Error(`${tool} is not to be cached`);
    return found;
  };
  const keep = (args: Record<string, unknown>, text = "found", id = "call-1") =>
    cache.keep(slot(args), id, done(said(text)));
  const take = (args: Record<string, unknown>) => textOf(cache.take(slot(args))?.answer);
  return { clock, cache, slot, keep, take };
}

it("gives an answer again to the same question, however its arguments are written, with the call it is from", () => {
  const { cache, slot, clock } = open();
  cache.keep(slot({ q: "chair", page: { from: 1, to: 2 } }), "call-1", done(said("found")));
  const same = slot({ page: { to: 2, from: 1 }, q: "chair" });
  expect(cache.take(same)).toMatchObject({ callId: "call-1", atMs: clock.wallNow(), answer: said("found") });
  const other = { key: "other/web", spec };
  for (const asked of [
    slot({ q: "chair", page: { from: 1, to: "2" } }),
    slot({ q: "chair" }),
    slot({ q: "chair", page: { from: 1, to: 2 } }, { tool: "get_page" }),
    slot({ q: "chair", page: { from: 1, to: 2 } }, { server: other }),
  ])
    expect(cache.take(asked)).toBeUndefined();
});

it("has a place only for tools that their server's entry names", () => {
  const { cache } = open();
  const { cache: _cache, ...without } = spec;
  const order = { server: "web", tool: "search", by };
  expect(cache.slot(web, { ...order, tool: "search_all" })).toBeUndefined();
  expect(cache.slot({ key: "web", spec: without }, order)).toBeUndefined();
});

it("gives nothing again that is older than the entry says, also where the clock was set back", async () => {
  const { clock, cache, keep, take } = open();
  keep({ q: "chair" });
  await clock.advance(HOUR - 1);
  expect(take({ q: "chair" })).toBe("found");
  await clock.advance(1);
  expect(cache.count("shop/web")).toBe(0);
  expect(take({ q: "chair" })).toBeUndefined();
  keep({ q: "table" });
  clock.jumpWall(-1000);
  expect(take({ q: "table" })).toBeUndefined();
});

it("keeps 1000 answers; the one that was asked for longest ago goes first", () => {
  const { cache, keep, take } = open();
  for (let q = 0; q < 1000; q += 1) keep({ q });
  expect(take({ q: 0 })).toBe("found");
  keep({ q: 1000 });
  expect([take({ q: 0 }), take({ q: 1 }), take({ q: 1000 })]).toEqual(["found", undefined, "found"]);
  expect(cache.count("shop/web")).toBe(1000);
});

it("keeps only whole successes of at most 64 KB", () => {
  const { cache, slot, keep, take } = open();
  const failed: Ending = {
    outcome: "failed",
    result: fail("tool_failed", "No."),
    answer: { ...said("No."), isError: true },
    attempts: 1,
  };
  cache.keep(slot({ q: "failed" }), "call-1", failed);
  const overhead = JSON.stringify(said("")).length;
  keep({ q: "fits" }, "x".repeat(64 * 1024 - overhead));
  keep({ q: "over" }, "x".repeat(64 * 1024 - overhead + 1));
  // Half as many characters, of two bytes each.
  keep({ q: "wide" }, "ü".repeat(32 * 1024));
  expect(["failed", "over", "wide"].map((q) => take({ q }))).toEqual([undefined, undefined, undefined]);
  expect(take({ q: "fits" })).toHaveLength(64 * 1024 - overhead);
});

it("drops one server's answers, and what was under way then is not kept: it may be of what was there before", () => {
  const { cache, slot, keep, take } = open();
  const other = { key: "web", spec };
  const elsewhere = slot({ q: "chair" }, { server: other });
  cache.keep(elsewhere, "call-2", done(said("elsewhere")));
  keep({ q: "chair" });
  const underWay = slot({ q: "table" });
  expect(cache.drop("shop/web")).toBe(1);
  cache.keep(underWay, "call-3", done(said("old")));
  expect([take({ q: "chair" }), take({ q: "table" })]).toEqual([undefined, undefined]);
  expect(textOf(cache.take(elsewhere)?.answer)).toBe("elsewhere");
});

it("gives each caller an answer of its own", () => {
  const { cache, slot, keep, take } = open();
  keep({ q: "chair" });
  const first = cache.take(slot({ q: "chair" }))?.answer.content[0];
  if (first !== undefined) Object.assign(first, { text: "changed" });
  expect(take({ q: "chair" })).toBe("found");
});
