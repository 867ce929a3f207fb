import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { AgentFact, LaunchRequest } from "#core/ports/agentAdapter.ts";
import { createMachine } from "#platform/machine.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { createCommandAdapter, simpleProgram } from "./command.ts";

const adapter = createCommandAdapter({
  machine: createMachine({ environment: () => Promise.resolve({ PATH: process.env["PATH"] ?? "" }) }),
});

describe("simpleProgram", () => {
  it.each([
    ["npm run dev", "npm"],
    ["./run.sh --fast", "./run.sh"],
    ["node -e 'a b'", "node"],
    ["npm run dev | tee log", undefined],
    ["FOO=1 npm start", undefined],
    ["cd api && npm start", undefined],
    ["echo hello", undefined],
    ["$SHELL", undefined],
    ["while true; do date; done", undefined],
  ])("of %j is %j", (command, program) => {
    expect(simpleProgram(command)).toBe(program);
  });
});

describe("the command adapter", () => {
  let cwd = "";
  beforeEach(async () => {
    cwd = await realpath(await mkdtemp(join(tmpdir(), "signalbox-command-")));
  });
  afterEach(() => rm(cwd, { recursive: true }));

  const request = (command: string): LaunchRequest => ({
    sessionId: "s",
    command,
    cwd,
    args: [],
    env: { EXTRA: "1" },
    mode: { type: "fresh" },
    filesDir: cwd,
  });

  it.skipIf(process.platform === "win32")("execs a simple command, so that the pid is its own", async () => {
    const plan = await adapter.launch(request("sleep 100"));
    expect(plan).toMatchObject({
      ok: true,
      value: { file: "/bin/sh", args: ["-c", "exec sleep 100"], cwd, env: { EXTRA: "1" } },
    });
    expect(await adapter.launch(request("sleep 1; sleep 2"))).toMatchObject({
      ok: true,
      value: { args: ["-c", "sleep 1; sleep 2"] },
    });
  });

  it("is told where to report its usage, tools or not, past the person's proxy; nothing where nobody listens", async () => {
    const ingest = { url: "http://127.0.0.1:1/hook", telemetryUrl: "http://127.0.0.1:1/otlp", token: "secret" };
    const proxied = { ...request("sleep 1"), env: { HTTPS_PROXY: "http://proxy:3128", NO_PROXY: "intranet" } };
    const envOf = async (one: LaunchRequest) => {
      const plan = await adapter.launch(one);
      if (!plan.ok) throw new Error(plan.error.message);
      const { PATH: _, ...env } = plan.value.env;
      return env;
    };
    const own = { SIGNALBOX_HOOK_URL: "http://127.0.0.1:1/hook/s", SIGNALBOX_HOOK_TOKEN: "secret" };
    expect(await envOf({ ...request("sleep 1"), ingest })).toEqual({ EXTRA: "1", ...own });
    expect(await envOf({ ...proxied, ingest })).toMatchObject({ NO_PROXY: "intranet,127.0.0.1", ...own });
    const tools = { url: "http://127.0.0.1:1/mcp/s", token: "secret", agreed: [] };
    expect(await envOf({ ...request("sleep 1"), ingest, tools })).toEqual({
      EXTRA: "1",
      ...own,
      SIGNALBOX_MCP_URL: tools.url,
      SIGNALBOX_MCP_TOKEN: "secret",
    });
    expect(await envOf(proxied)).toEqual(proxied.env);
  });

  it("refuses what cannot run with a sentence", async () => {
    expect(await adapter.launch(request("no-such-program-here --x"))).toEqual({
      ok: false,
      error: {
        code: "spawn_failed",
        message: "no-such-program-here was not found. Install it or correct the command.",
      },
    });
    expect(await adapter.launch({ ...request("sleep 1"), cwd: join(cwd, "gone") })).toEqual({
      ok: false,
      error: {
        code: "spawn_failed",
        message: `The folder ${join(cwd, "gone")} does not exist. Create it or correct cwd.`,
      },
    });
    expect(await adapter.launch(request("  "))).toMatchObject({ ok: false, error: { code: "bad_request" } });
  });

  it("is busy while it runs, quiet or not, and ready for its prompt once it settled", async () => {
    const clock = new ManualClock();
    const facts: AgentFact[] = [];
    const observer = adapter.createObserver({
      clock,
      memo: {},
      cwd,
      mode: "fresh",
      hasPrompt: true,
      emit: (fact) => facts.push(fact),
      type: () => undefined,
      screenText: () => Promise.resolve(""),
    });
    observer.output(10);
    await clock.advance(1_000);
    observer.output(10);
    await clock.advance(2_999);
    observer.output(10);
    await clock.advance(3_000);
    expect(facts.map((fact) => (fact.type === "activity" ? fact.activity : fact.type))).toEqual(["busy", "ready"]);
    observer.dispose();
  });
});
