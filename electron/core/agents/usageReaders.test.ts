/** Records of the real CLIs (test/fixtures/usage) and what the fake model behind them says it counted. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { TelemetryAttributes, TelemetryBatch, TelemetryLog } from "#core/ports/telemetry.ts";
import type { UsageReport } from "#core/ports/usage.ts";
import type { LineTranscripts, UsageAdapter } from "#core/ports/usageAdapter.ts";
import { createMachine } from "#platform/machine.ts";
import { answerOtlp } from "#platform/otlp/otlpRequest.ts";
import { claudeTranscripts, createClaudeUsage } from "./claudeUsage.ts";
import { codexTranscripts, createCodexUsage } from "./codexUsage.ts";
import { createGeminiUsage, geminiTranscripts } from "./geminiUsage.ts";
import { opencodeTranscripts, opencodeUsage, readOpencodeEvent } from "./opencodeUsage.ts";

const machine = createMachine({ environment: () => Promise.resolve({}), homeDir: "/home/person" });
const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, "../../../test/fixtures/usage", name), "utf8").trim();

async function batches(name: string): Promise<readonly TelemetryBatch[]> {
  const found: TelemetryBatch[] = [];
  for (const line of fixture(name).split("\n")) {
    const { path, body } = JSON.parse(line) as { path: string; body: unknown };
    const signal = path.endsWith("metrics") ? "metrics" : "logs";
    const request = { signal, contentType: "application/json", contentEncoding: "" } as const;
    const answer = await answerOtlp(
      { ...request, body: Buffer.from(JSON.stringify(body)) },
      { telemetry: (batch) => void found.push(batch) },
    );
    expect(answer.status).toBe(200);
  }
  return found;
}

async function telemetry(adapter: UsageAdapter, name: string, cliSessionId?: string) {
  const reader = adapter.createTelemetryReader?.();
  const read = (await batches(name)).map((batch) => reader?.read(batch, { cliSessionId }));
  return {
    reports: read.flatMap((one) => one?.reports ?? []),
    totals: read.flatMap((one) => one?.totals ?? []),
    gaps: [...read.flatMap((one) => one?.gaps ?? []), ...(reader?.ended?.().gaps ?? [])],
  };
}

function transcript(format: LineTranscripts, text: string): readonly UsageReport[] {
  const parser = format.createParser("/x");
  return text.split("\n").flatMap((line) => parser.line(line)?.reports ?? []);
}

const distinct = (reports: readonly UsageReport[]): readonly UsageReport[] => [
  ...new Map(reports.map((report) => [report.sourceKey, report])).values(),
];
const tokens = (n: number, more: object = {}): object => ({
  input: 1000 + n,
  output: 100 + n,
  cacheRead: 5000 + n,
  cacheWrite: 0,
  reasoning: 7,
  ...more,
});
const anthropic = (n: number): object => tokens(n, { cacheWrite: 300 + n, reasoning: 0 });

describe("Claude Code's usage", () => {
  const adapter = createClaudeUsage(machine);
  const SESSION = "12fc0ef5-02b3-4ad3-b02e-16bb04cc97a9";

  it("is read from its telemetry, one report for each request, with subagents named", async () => {
    const { reports } = await telemetry(adapter, "claude-2.1.329-otlp.jsonl");
    const own = reports.filter((report) => report.cliSessionId === SESSION);
    expect(own.map((report) => report.tokens)).toEqual([1, 2, 3, 4].map(anthropic));
    expect(own.map(({ kind, subagent }) => [kind, subagent])).toEqual([
      ["main", undefined],
      ["main", undefined],
      ["subagent", "a79e28dcaecd9ccd9"],
      ["main", undefined],
    ]);
    expect(own[0]).toMatchObject({
      source: "otlp",
      confidence: "exact",
      outcome: "complete",
      reportedCostNanos: 8_529_200,
    });
    expect(new Set(reports.map((report) => report.sourceKey)).size).toBe(reports.length);
  });

  it("gives the same keys when a batch comes twice", async () => {
    const once = await telemetry(adapter, "claude-2.1.329-otlp.jsonl");
    const again = await telemetry(adapter, "claude-2.1.329-otlp.jsonl");
    expect(again).toEqual(once);
  });

  it("has metrics that add up to the same requests", async () => {
    const { totals } = await telemetry(adapter, "claude-2.1.329-otlp.jsonl");
    const own = totals.filter((said) => said.cliSessionId === SESSION);
    const sum = (part: "input" | "output" | "cacheRead" | "cacheWrite"): number =>
      own.reduce((all, said) => all + said.tokens[part], 0);
    expect([sum("input"), sum("output"), sum("cacheRead"), sum("cacheWrite")]).toEqual([4010, 410, 20_010, 1210]);
    expect(new Set(totals.map((said) => said.sourceKey)).size).toBe(totals.length);
  });

  it("is read from its transcripts, a message once however many blocks it has", () => {
    const main = distinct(transcript(claudeTranscripts, fixture("claude-2.1.329-session.jsonl")));
    const sub = distinct(transcript(claudeTranscripts, fixture("claude-2.1.329-subagent.jsonl")));
    expect(main.map((report) => report.tokens)).toEqual([1, 2, 4].map(anthropic));
    expect(sub).toMatchObject([
      { kind: "subagent", subagent: "a79e28dcaecd9ccd9", tokens: anthropic(3), cliSessionId: SESSION },
    ]);
  });

  it("does not take an interrupted answer's first count for exact, nor Claude's own words for a request", () => {
    const usage = { input_tokens: 5, output_tokens: 1 };
    const line = (more: object, message: object): string =>
      JSON.stringify({
        type: "assistant",
        timestamp: "2026-11-28T14:00:00Z",
        ...more,
        message: { id: "msg_1", model: "m", usage, ...message },
      });
    const [cut] = transcript(claudeTranscripts, line({ isAbortedMidStream: true }, { stop_reason: null }));
    expect(cut).toMatchObject({ outcome: "interrupted", confidence: "rounded" });
    expect(transcript(claudeTranscripts, line({}, { model: "<synthetic>" }))).toEqual([]);
  });
});

describe("Codex's usage", () => {
  const THREAD = "01a22289-e286-7600-ac7a-ec18100206d1";

  it("is read from its telemetry, which says `completed` twice and counts once", async () => {
    const { reports, gaps } = await telemetry(createCodexUsage(machine), "codex-0.169-otlp.jsonl", THREAD);
    expect(reports.map((report) => report.tokens)).toEqual([2, 3].map((n) => tokens(n)));
    expect(reports.map((report) => report.kind)).toEqual(["main", "main"]);
    expect(gaps).toEqual([]);
  });

  it("lists the request that its telemetry saw begin and not end: when the next one begins, or the life is over", () => {
    const reader = createCodexUsage(machine).createTelemetryReader?.();
    const log = (thread: string, name: string, more: TelemetryAttributes): TelemetryLog => ({
      name: `codex.${name}`,
      atMs: undefined,
      attributes: { "conversation.id": thread, "event.timestamp": "2026-11-28T22:00:00Z", model: "m", ...more },
    });
    const asked = (thread: string): TelemetryLog =>
      log(thread, "api_request", { endpoint: "/responses", "http.response.status_code": 200 });
    const answered = (thread: string): TelemetryLog =>
      log(thread, "sse_event", { "event.kind": "response.completed", input_token_count: "9", output_token_count: "1" });
    const read = (...logs: readonly TelemetryLog[]) => reader?.read({ logs, points: [] }, {}).gaps;
    expect(read(asked("a"), answered("a"), asked("a"), asked("b"))).toEqual([]);
    expect(
      read(answered("b"), asked("a"), log("a", "api_request", { "http.response.status_code": 529 })),
    ).toMatchObject([{ why: "interrupted", source: "otlp", cliSessionId: "a", model: "m" }]);
    expect(reader?.ended?.().gaps).toMatchObject([{ cliSessionId: "a" }]);
    expect(reader?.ended?.().gaps).toEqual([]);
  });

  it("lists in its rollout a turn that was aborted while an answer was due, not one whose tool was stopped", () => {
    const line = (type: string, payload: object): string =>
      JSON.stringify({ timestamp: "2026-11-28T22:16:38Z", ordinal: 1, type, payload });
    const said = (text: string): string =>
      line("response_item", { type: "message", id: "m", role: "user", content: [{ type: "input_text", text }] });
    const record = line("token_usage_record", {
      response_id: "r1",
      usage: { input_tokens: 9, output_tokens: 1 },
    });
    const aborted = [said("<turn_aborted>\nOn purpose."), line("event_msg", { type: "turn_aborted", turn_id: "t" })];
    const gapsOf = (...lines: readonly string[]) => {
      const parser = codexTranscripts.createParser("/x");
      return [line("session_meta", { id: "t1" }), ...lines].flatMap((one) => parser.line(one)?.gaps ?? []);
    };
    expect(gapsOf(said("go"), ...aborted)).toMatchObject([{ why: "interrupted", source: "transcript" }]);
    expect(gapsOf(said("go"), record, ...aborted)).toEqual([]);
    const result = line("response_item", { type: "function_call_output", id: "f", call_id: "c", output: "ok" });
    expect(gapsOf(said("go"), record, result, ...aborted)).toHaveLength(1);
  });

  it("is read from its rollout: records with response ids, and no count a second time", () => {
    const reports = transcript(codexTranscripts, fixture("codex-0.169-rollout.jsonl"));
    expect(reports.map((report) => [report.messageId, report.tokens])).toEqual([
      ["resp_fake_2", tokens(2)],
      ["resp_fake_3", tokens(3)],
    ]);
    expect(reports[0]).toMatchObject({ model: "gpt-fake", provider: "fake", cliSessionId: THREAD, kind: "main" });
  });

  it("goes on where it was left with what it knew", () => {
    const lines = fixture("codex-0.169-rollout.jsonl").split("\n");
    const first = codexTranscripts.createParser("/x");
    const half = lines.findIndex((line) => line.includes("resp_fake_2"));
    lines.slice(0, half).forEach((line) => first.line(line));
    const second = codexTranscripts.createParser("/x");
    second.restore(first.state());
    const reports = lines.slice(half).flatMap((line) => second.line(line)?.reports ?? []);
    expect(reports.map((report) => report.model)).toEqual(["gpt-fake", "gpt-fake"]);
  });

  const count = (at: string, n: number, last: number): string => {
    const counts = (input: number): object => ({
      input_tokens: input,
      cached_input_tokens: 0,
      output_tokens: input / 10,
    });
    const info = { total_token_usage: counts(n), last_token_usage: counts(last) };
    return JSON.stringify({ type: "event_msg", timestamp: at, payload: { type: "token_count", info } });
  };
  const meta = (id: string, more: object = {}): string =>
    JSON.stringify({ type: "session_meta", timestamp: "2026-01-01T10:00:00.000Z", payload: { id, ...more } });

  it("counts an older version's repeated count once", () => {
    const text = [
      meta("t1"),
      count("2026-01-01T10:00:05Z", 100, 100),
      count("2026-01-01T10:00:06Z", 100, 100),
      count("2026-01-01T10:00:07Z", 300, 200),
    ];
    expect(transcript(codexTranscripts, text.join("\n")).map((report) => report.tokens?.input)).toEqual([100, 200]);
  });

  it("does not count the history a fork took over", () => {
    const text = [
      meta("t2", { forked_from_id: "t1" }),
      meta("t1"),
      count("2026-01-01T10:00:00.200Z", 100, 100),
      count("2026-01-01T10:00:00.210Z", 300, 200),
      count("2026-01-01T10:00:09Z", 700, 400),
    ];
    expect(transcript(codexTranscripts, text.join("\n")).map((report) => report.tokens?.input)).toEqual([400]);
  });
});

describe("Gemini CLI's usage", () => {
  const gemini = (n: number): object => tokens(n, { output: 107 + n });

  it("is read from its telemetry with hidden requests, the provider's ids and each answer once", async () => {
    const { reports, gaps } = await telemetry(createGeminiUsage(machine), "gemini-0.61-otlp.jsonl");
    expect(gaps).toEqual([]);
    expect(reports.map(({ messageId, kind, tokens: told }) => [messageId, kind, told])).toEqual([
      ["gem_1", "auxiliary", gemini(1)],
      ["gem_2", "main", gemini(2)],
      ["gem_3", "main", gemini(3)],
    ]);
  });

  it("is read from its chat file, a repeated message once", () => {
    const reports = distinct(transcript(geminiTranscripts, fixture("gemini-0.61-chat.jsonl")));
    expect(reports.map((report) => report.tokens)).toEqual([2, 3].map(gemini));
    expect(reports[0]).toMatchObject({ kind: "main", cliSessionId: "20982360-f6ee-4d48-89a0-bfb95a39eb4d" });
  });

  it("lists what a person cancelled: in its telemetry with the next prompt, in its chat file at once", () => {
    const reader = createGeminiUsage(machine).createTelemetryReader?.();
    const log = (name: string, prompt: string): TelemetryLog => ({
      name: `gemini_cli.${name}`,
      atMs: 0,
      attributes: { "session.id": "s", prompt_id: `s########${prompt}`, role: "main", model: "m" },
    });
    const read = (...logs: readonly TelemetryLog[]) => reader?.read({ logs, points: [] }, {}).gaps;
    expect(read(log("user_prompt", "0"), log("api_request", "0"), log("api_error", "0"))).toEqual([]);
    expect(read(log("api_request", "0"), log("user_prompt", "1"))).toMatchObject([{ why: "interrupted" }]);
    const line = (id: string, type: string, more: object): string =>
      JSON.stringify({ id, timestamp: "2026-11-28T22:16:56Z", type, ...more });
    const asked = line("u", "user", { content: [{ text: "go" }] });
    const cancelled = line("i", "info", { content: "Request cancelled." });
    const answered = line("g", "gemini", { model: "m", content: "", tokens: { input: 1, output: 1 } });
    const gapsOf = (...lines: readonly string[]) => {
      const parser = geminiTranscripts.createParser("/x");
      return lines.flatMap((one) => parser.line(one)?.gaps ?? []);
    };
    expect(gapsOf(asked, cancelled, cancelled)).toMatchObject([{ why: "interrupted", source: "transcript" }]);
    expect(gapsOf(asked, answered, cancelled)).toEqual([]);
  });

  it("falls back on OpenTelemetry's own names where Gemini's are gone", async () => {
    const all = await batches("gemini-0.61-otlp.jsonl");
    const reader = createGeminiUsage(machine).createTelemetryReader?.();
    const logs = all.flatMap((batch) => batch.logs).filter((log) => log.name !== "gemini_cli.api_response");
    const { reports } = reader?.read({ logs, points: [] }, {}) ?? { reports: [] };
    expect(reports.map(({ messageId, confidence, provider }) => [messageId, confidence, provider])).toEqual(
      ["gem_1", "gem_2", "gem_3"].map((id) => [id, "rounded", "google"]),
    );
  });
});

describe("opencode's usage", () => {
  const rows = JSON.parse(fixture("opencode-1.18-messages.json")) as Record<string, unknown>[];

  it("is read from its database, answers only", () => {
    const reports = rows.flatMap((row) => opencodeTranscripts.row(row) ?? []);
    expect(reports).toMatchObject([
      { tokens: tokens(2), model: "fake-model", provider: "fake", reportedCostNanos: 1_706_200 },
    ]);
  });

  it("knows an interrupted answer as one whose tokens nobody tells", () => {
    const row = rows.find((one) => opencodeTranscripts.row(one) !== undefined);
    const info = JSON.parse(String(row?.["data"])) as object;
    const none = { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } };
    const cut = { ...info, tokens: none, error: { name: "MessageAbortedError" } };
    const report = opencodeTranscripts.row({ ...row, data: JSON.stringify(cut) });
    expect([report?.outcome, report?.tokens, report?.reportedCostNanos]).toEqual(["interrupted", undefined, undefined]);
  });

  it("proves that a title was asked for, once for each conversation and never for a subagent", () => {
    // The model's first request was the title's: the row above is its second.
    const [report] = rows.flatMap((row) => opencodeTranscripts.row(row) ?? []);
    if (report === undefined) throw new Error("The fixture has no answer.");
    const told = [report, { ...report, source: "stream_json" as const, sourceKey: "other" }].map((one) =>
      opencodeUsage.hiddenBeside?.(one),
    );
    expect(told.map((gap) => [gap?.why, gap?.source, gap?.sourceKey])).toEqual(
      [1, 2].map(() => ["auxiliary", "stream_json", `title ${report.cliSessionId}`]),
    );
    expect(opencodeUsage.hiddenBeside?.({ ...report, kind: "subagent" })).toBeUndefined();
  });

  it("is read from its event stream alike, once the answer is complete", () => {
    const row = rows.find((one) => String(one["data"]).includes("assistant"));
    const info = { ...JSON.parse(String(row?.["data"])), id: row?.["id"], sessionID: "s" };
    const event = (change: object): string =>
      JSON.stringify({ type: "message.updated", properties: { info: { ...info, ...change } } });
    expect(readOpencodeEvent(event({}), "s")).toMatchObject({ tokens: tokens(2), kind: "main", source: "stream_json" });
    expect(readOpencodeEvent(event({}), "other")).toMatchObject({ kind: "subagent", subagent: "s" });
    expect(readOpencodeEvent(event({ time: { created: 1 } }), "s")).toBeUndefined();
    expect(readOpencodeEvent('{"type":"session.idle"}', "s")).toBeUndefined();
  });
});

describe("any transcript", () => {
  it.each([claudeTranscripts, codexTranscripts, geminiTranscripts])(
    "$agent: torn and foreign lines are no usage and no failure",
    (format) => {
      const parser = format.createParser("/x");
      for (const line of [
        "",
        "not json",
        '{"type":"assistant"',
        '{"type":"assistant","message":{}}',
        '{"tokens":5}',
        "[]",
        "null",
      ])
        expect(parser.line(line)?.reports ?? []).toEqual([]);
    },
  );
});
