/** What a program tells of its usage, from the hook door into a real ledger. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { LifeMeter, MeteredLife } from "#core/ports/lifeMeter.ts";
import type { Transcripts } from "#core/ports/transcripts.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { openLedger, RIG_NOW, usageReport, type LedgerRig } from "#test/support/ledgerRig.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { LifeMeters } from "./lifeMeters.ts";

const NO_TRANSCRIPTS: Pick<Transcripts, "follow"> = {
  follow: () => ({ add: () => {}, end: () => Promise.resolve(), dispose: () => {} }),
};
const TOLD = { hook_event_name: "Usage", id: "r1", model: "model-one", input: 1000, output: 200 };

let rig: LedgerRig;
beforeEach(async () => {
  rig = await openLedger();
});
afterEach(() => {
  rig.close();
  expect(rig.errors).toEqual([]);
});

function meter(given: Partial<MeteredLife> = {}): LifeMeter {
  const machine = { environment: () => Promise.resolve({}), homeDir: "/home/person" };
  const meters = new LifeMeters({
    sink: rig.ledger,
    transcripts: NO_TRANSCRIPTS,
    machine,
    clock: rig.clock,
    logger: silentLogger,
  });
  return meters.begin({
    sessionId: "s1",
    agent: "command",
    usage: undefined,
    printed: undefined,
    cwd: "/code",
    env: {},
    cliSessionId: undefined,
    startedAt: toIsoTime(rig.clock.wallNow()),
    wasUnheard: false,
    ...given,
  });
}

async function entries() {
  await rig.clock.advance(100);
  rig.recorder.flush();
  const page = rig.views.entries({ limit: 50, imported: "with", order: "oldest", includeSuperseded: false });
  if (!page.ok) throw new Error(page.error.message);
  return page.value.entries;
}

async function gaps() {
  await rig.clock.advance(100);
  rig.recorder.flush();
  return rig.views.unknown({ limit: 50 }).map(({ source, why, detail }) => [source, why, detail]);
}

describe("a request told at the hook door", () => {
  it("is one exact entry of the life, however often it is said, with the larger numbers", async () => {
    const life = meter();
    expect(life.told(TOLD)).toEqual({ ok: true, value: undefined });
    life.told({ ...TOLD, output: 150 });
    life.told({ ...TOLD, output: 300, cacheRead: 5000, cacheWrite: 40, reasoning: 100 });
    const [entry, ...others] = await entries();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      path: "shop/s1",
      sessionId: "s1",
      agent: "command",
      source: "hook",
      confidence: "exact",
      outcome: "complete",
      kind: "main",
      provider: "unknown",
      model: "model-one",
      at: RIG_NOW,
      tokens: { input: 1000, output: 300, cacheRead: 5000, cacheWrite: 40, reasoning: 100 },
      marks: [],
    });
  });

  it("is another one of another life that gives it the same id, and of the provider its CLI asks", async () => {
    meter().told(TOLD);
    const usage = { provider: "anthropic", refusesByHook: true, sources: [] };
    meter({ sessionId: "s2", agent: "claude", usage }).told({ ...TOLD, kind: "subagent", outcome: "interrupted" });
    meter({ sessionId: "s3", agent: "claude", usage }).told({ ...TOLD, provider: "amazon-bedrock" });
    const said = (await entries()).map(({ path, agent, provider, kind, outcome }) => [
      path,
      agent,
      provider,
      kind,
      outcome,
    ]);
    expect(said).toEqual([
      ["shop/s1", "command", "unknown", "main", "complete"],
      ["shop/s2", "claude", "anthropic", "subagent", "interrupted"],
      ["shop/s3", "claude", "amazon-bedrock", "main", "complete"],
    ]);
  });

  it("is the same request as gateway, telemetry or a transcript tell of by the provider's id; the gateway's and telemetry's word stands before it", async () => {
    const life = meter();
    for (const source of ["gateway", "otlp", "transcript"] as const) {
      rig.ledger.report(usageReport({ source, at: RIG_NOW, messageId: `msg-of-${source}` }));
      life.told({ ...TOLD, id: source, messageId: `msg-of-${source}` });
    }
    const said = (await entries()).map(({ messageId, source, tokens }) => [messageId, source, tokens.input]);
    expect(said).toEqual([
      ["msg-of-gateway", "gateway", 10],
      ["msg-of-otlp", "otlp", 10],
      ["msg-of-transcript", "hook", 1000],
    ]);
  });

  it("counts now, marked, when its time cannot be: before its life, or ahead of the clock", async () => {
    const life = meter();
    for (const [id, at] of [
      ["yesterday", "2026-11-27T12:00:00Z"],
      ["ahead", "2026-11-28T13:00:00Z"],
      ["in another zone", "2026-11-28T13:00:00+01:00"],
    ])
      life.told({ ...TOLD, id, at });
    const said = (await entries()).map(({ at, marks }) => [at, marks.join()]);
    expect(said).toEqual([
      [RIG_NOW, "clock"],
      [RIG_NOW, "clock"],
      [RIG_NOW, ""],
    ]);
  });

  it("is counted also when the clock was set back since its life began", async () => {
    const life = meter();
    rig.clock.jumpWall(-3_600_000);
    life.told(TOLD);
    life.told({ ...TOLD, id: "r2", at: "2026-11-28T11:00:00Z" });
    expect((await entries()).map(({ at, marks }) => [at, marks])).toEqual([
      ["2026-11-28T11:00:00.000Z", []],
      ["2026-11-28T11:00:00.000Z", []],
    ]);
  });
});

describe("what cannot be counted", () => {
  const number = "must be a whole number from 0 to 1,000,000,000";
  it.each([
    ["a negative number", { input: -5 }, `input ${number}`],
    ["a fraction", { output: 1.5 }, `output ${number}`],
    ["an absurd number", { cacheRead: 1e12 }, `cacheRead ${number}`],
    ["beyond what is safe", { input: 2 ** 60 }, `input ${number}`],
    ["infinity", { cacheWrite: Number("1e999") }, `cacheWrite ${number}`],
    ["digits as text", { input: "12" }, `input ${number}`],
    ["null", { reasoning: null }, `reasoning ${number}`],
    ["more reasoning than output", { reasoning: 201 }, "reasoning must not be more than output, of which it is a part"],
    ["no id", { id: undefined }, "id is missing"],
    ["an empty id", { id: "" }, "id must be one line of 1 to 200 characters"],
    ["no model", { model: undefined }, "model is missing"],
    ["an escape sequence", { model: "\u001b[2Jgone" }, "model must be one line of 1 to 200 characters"],
    ["a kind that there is not", { kind: "unknown" }, "kind must be main, subagent or auxiliary"],
    ["an outcome that is none", { outcome: "failed" }, "outcome must be complete or interrupted"],
    ["no time", { at: "yesterday" }, "at must be a time as 2026-11-29T12:00:00Z"],
    [
      "a count with another name",
      { cached_tokens: 7 },
      "it may have no fields but hook_event_name, id, model, provider, input, output, cacheRead, cacheWrite, reasoning, kind, outcome, at, messageId, requestId",
    ],
    ["several mistakes", { input: -1, output: -1 }, `input ${number} (and 1 more)`],
  ])("%s is refused with a sentence, counts nothing and is listed as unknown, once", async (_what, wrong, problem) => {
    const sentence = `Usage was not counted: ${problem}.`;
    const life = meter();
    for (let n = 0; n < 3; n += 1)
      expect(life.told({ ...TOLD, ...wrong })).toMatchObject({
        ok: false,
        error: { code: "bad_request", message: sentence },
      });
    expect(await entries()).toEqual([]);
    expect(await gaps()).toEqual([["hook", "source_lost", sentence]]);
  });

  it("is nothing of a life that is over", async () => {
    const life = meter();
    life.dispose();
    expect(life.told(TOLD)).toMatchObject({ ok: false, error: { code: "not_running" } });
    expect(await entries()).toEqual([]);
  });
});

describe("a report without a readable time", () => {
  it("counts as of now, with a mark; one from before the life is another's", async () => {
    const life = meter();
    life.report(usageReport({ at: "yesterday", sourceKey: "a" }));
    life.report(usageReport({ at: "2026-10-01T00:00:00.000Z", sourceKey: "b" }));
    expect(await entries()).toMatchObject([{ at: RIG_NOW, marks: ["clock"] }]);
  });
});
