import { describe, expect, it } from "vitest";

import type { LaunchRequest } from "#core/ports/agentAdapter.ts";
import type { Machine } from "#core/ports/machine.ts";
import { createMachine } from "#platform/machine.ts";
import { claudeInjection, codexInjection, geminiInjection } from "./telemetryInjection.ts";

const request: LaunchRequest = {
  sessionId: "s1",
  cwd: "/code",
  args: [],
  env: {},
  mode: { type: "fresh" },
  filesDir: "/files",
  ingest: { url: "http://127.0.0.1:1/hook", telemetryUrl: "http://127.0.0.1:1/otlp", token: "secret" },
};

/** A person's machine on which only these files are. */
function machineWith(files: Readonly<Record<string, string>> = {}): Machine {
  const machine = createMachine({ environment: () => Promise.resolve({}), homeDir: "/home/person" });
  return { ...machine, readFile: (path) => Promise.resolve(files[path]) };
}

describe("telemetry of one session", () => {
  it("reports to the session's own address under its own token, which is in no argument", async () => {
    const claude = await claudeInjection(machineWith(), request, {});
    const codex = await codexInjection(machineWith(), request, {});
    const gemini = await geminiInjection(machineWith(), request, {});
    expect(claude.env).toMatchObject({
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1/otlp/s1",
      OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Bearer secret",
    });
    expect(codex.args.join(" ")).toContain('endpoint="http://127.0.0.1:1/otlp/s1/v1/logs"');
    expect(codex.args.join(" ")).not.toContain("secret");
    expect(gemini.env).toMatchObject({ GEMINI_TELEMETRY_OTLP_ENDPOINT: "http://127.0.0.1:1/otlp/s1" });
  });

  it("never asks for what was said", async () => {
    const { env } = await geminiInjection(machineWith(), request, {});
    expect(env["GEMINI_TELEMETRY_LOG_PROMPTS"]).toBe("false");
    expect(Object.keys((await claudeInjection(machineWith(), request, {})).env)).not.toContain("OTEL_LOG_USER_PROMPTS");
  });

  it.each([
    ["Claude's variables", claudeInjection, { OTEL_EXPORTER_OTLP_ENDPOINT: "https://mine" }, {}],
    ["Claude's own switch", claudeInjection, { CLAUDE_CODE_ENABLE_TELEMETRY: "1" }, {}],
    [
      "Claude's settings",
      claudeInjection,
      {},
      { "/home/person/.claude/settings.json": '{"env":{"OTEL_LOGS_EXPORTER":"otlp"}}' },
    ],
    [
      "a project's settings",
      claudeInjection,
      {},
      { "/code/.claude/settings.json": '{"env":{"OTEL_METRICS_EXPORTER":"otlp"}}' },
    ],
    ["Codex's configuration", codexInjection, {}, { "/home/person/.codex/config.toml": '[otel]\nexporter = "none"\n' }],
    ["variables for Codex", codexInjection, { OTEL_EXPORTER_OTLP_HEADERS: "x=y" }, {}],
    ["Gemini's variables", geminiInjection, { GEMINI_TELEMETRY_ENABLED: "true" }, {}],
    [
      "Gemini's settings",
      geminiInjection,
      {},
      { "/home/person/.gemini/settings.json": '{"telemetry":{"enabled":true}}' },
    ],
  ] as const)("leaves the person's own alone: %s", async (_where, inject, env, files) => {
    expect(await inject(machineWith(files), request, env)).toEqual({ args: [], env: {} });
  });

  it("is not asked for where nobody listens", async () => {
    const { ingest: _, ...deaf } = request;
    expect(await claudeInjection(machineWith(), deaf, {})).toEqual({ args: [], env: {} });
  });
});
