import { describe, expect, it } from "vitest";

import { printedUsage } from "./printedUsage.ts";

const AT = Date.parse("2026-11-28T18:09:39Z");

/** What these lines tell when this command prints them. */
function read(command: string, lines: readonly unknown[]) {
  const reader = printedUsage(command)?.createReader();
  const said = lines.map((line) => reader?.line(typeof line === "string" ? line : JSON.stringify(line), AT));
  return { ids: said.flatMap((one) => one?.cliSessionId ?? []), totals: said.flatMap((one) => one?.totals ?? []) };
}

describe("what a command line prints for machines", () => {
  it.each([
    ["claude -p 'x' --output-format stream-json --verbose", "claude"],
    ["cd a && codex exec --json 'fix it'", "codex"],
    ["gemini -p x --output-format stream-json", "gemini"],
    ["opencode run --format json x", "opencode"],
    ["npx @agentclientprotocol/claude-agent-acp", "claude"],
    ["gemini --acp", "gemini"],
    ["my-agent --speak-acp", "command"],
  ])("%s is read as %s", (command, agent) => expect(printedUsage(command)?.agent).toBe(agent));

  it.each(["npm run dev", "claude -p x", "tail -f acpi.log", "codex"])("%s is not", (command) =>
    expect(printedUsage(command)).toBeUndefined(),
  );

  it("tells Claude's turn once, by the line that closes it", () => {
    const usage = { input_tokens: 1001, cache_creation_input_tokens: 301, cache_read_input_tokens: 5001 };
    const { ids, totals } = read("claude -p x --output-format stream-json", [
      { type: "system", subtype: "init", session_id: "s1" },
      { type: "assistant", session_id: "s1", message: { id: "m", usage: { ...usage, output_tokens: 1 } } },
      {
        type: "result",
        session_id: "s1",
        uuid: "u1",
        usage: { ...usage, output_tokens: 101, output_tokens_details: { thinking_tokens: 4 } },
        modelUsage: { "claude-opus-5-5": {} },
      },
    ]);
    expect(new Set(ids)).toEqual(new Set(["s1"]));
    expect(totals).toEqual([
      {
        source: "stream_json",
        at: "2026-11-28T18:09:39.000Z",
        agent: "claude",
        provider: "anthropic",
        model: "claude-opus-5-5",
        mode: "delta",
        sourceKey: "u1",
        cliSessionId: "s1",
        tokens: { input: 1001, output: 101, cacheRead: 5001, cacheWrite: 301, reasoning: 4 },
      },
    ]);
  });

  it("takes cached tokens out of Codex's and Gemini's input and adds Gemini's thoughts to its output", () => {
    const codex = read("codex exec --json x", [
      { type: "thread.started", thread_id: "t1" },
      {
        type: "turn.completed",
        usage: { input_tokens: 6004, cached_input_tokens: 5002, output_tokens: 102, reasoning_output_tokens: 7 },
      },
    ]);
    expect(codex).toMatchObject({
      ids: ["t1"],
      totals: [
        { model: "unknown", tokens: { input: 1002, output: 102, cacheRead: 5002, cacheWrite: 0, reasoning: 7 } },
      ],
    });
    const stats = { total_tokens: 6116, input_tokens: 6006, output_tokens: 103, cached: 5003 };
    const gemini = read("gemini -p x -o stream-json", [
      { type: "init", session_id: "g1" },
      { type: "result", stats: { ...stats, models: { "gemini-2.5-flash": stats } } },
    ]);
    expect(gemini).toMatchObject({
      ids: ["g1"],
      totals: [{ model: "gemini-2.5-flash", tokens: { input: 1003, output: 110, cacheRead: 5003, reasoning: 7 } }],
    });
  });

  it("reads an ACP agent's turn, whether its output holds the thoughts or not", () => {
    const turn = (outputTokens: number) => ({
      jsonrpc: "2.0",
      id: 2,
      result: {
        stopReason: "end_turn",
        usage: { inputTokens: 1004, outputTokens, totalTokens: 6112, thoughtTokens: 7, cachedReadTokens: 5004 },
      },
    });
    const { ids, totals } = read("some-agent acp", [
      { jsonrpc: "2.0", id: 1, result: { sessionId: "a1" } },
      turn(97),
      turn(104),
    ]);
    expect(ids).toEqual(["a1"]);
    for (const { tokens, source } of totals) {
      expect(source).toBe("acp");
      expect(tokens).toEqual({ input: 1004, output: 104, cacheRead: 5004, cacheWrite: 0, reasoning: 7 });
    }
    expect(new Set(totals.map(({ sourceKey }) => sourceKey)).size).toBe(2);
  });

  it("passes over what is torn, foreign or absurd", () => {
    const { ids, totals } = read("claude -p x --output-format stream-json", [
      '{"type":"result","usage":{"input_to',
      "[1,2]",
      '{"type":5}',
      { type: "result", usage: { input_tokens: "many", output_tokens: 3 } },
    ]);
    expect(ids).toEqual([]);
    expect(totals).toMatchObject([{ tokens: { input: 0, output: 3 } }]);
  });
});
