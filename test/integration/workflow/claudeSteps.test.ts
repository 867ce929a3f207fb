/** The example with agents: steps done by two real Claude Codes through their tools, run by the one command that people use. */
import { mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { eventSchema } from "#shared/model/event.ts";
import { entrySchema, runHeadSchema, runSchema } from "#shared/model/workflow.ts";
import type { Entry, Run } from "#shared/model/workflow.ts";
import { installCli } from "#test/support/agentClis.ts";
import { LiveApp } from "#test/support/liveApp.ts";
import { liveSuite } from "#test/support/liveSuite.ts";

const live = liveSuite();
const cli = await installCli("claude");
const PATIENCE_MS = 180_000;

interface Shown {
  readonly run: Run;
  /** Each entry as the events of the run showed it, in their order. */
  readonly seen: readonly Entry[];
}

async function demo(app: LiveApp, ...args: readonly string[]): Promise<Shown> {
  const { stdout, stderr, code } = await app.cli("workflow", "demo", "--agents", ...args, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => eventSchema.parse(JSON.parse(line)));
  const head = events.flatMap(({ data }) => runHeadSchema.safeParse(data["head"]).data ?? [])[0];
  const shown = await app.cli("workflow", "show", head?.id ?? "", "--json");
  return {
    run: runSchema.parse(JSON.parse(shown.stdout)),
    seen: events.flatMap(({ data }) => entrySchema.safeParse(data["entry"]).data ?? []),
  };
}

async function serve(binDir: string): Promise<LiveApp> {
  const home = join(live.dir, "home");
  await mkdir(home);
  const env = {
    HOME: home,
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    PATH: [binDir, process.env["PATH"] ?? ""].join(delimiter),
  };
  const app = await LiveApp.start({ dataDir: live.dir, env });
  live.defer(async () => {
    await app.cli("estop");
    await app.kill();
  });
  return app;
}

/** By the name of its step. */
function entryOf({ entries }: Run, name: string): Entry {
  const found = entries.find(({ step }) => step === name);
  if (found === undefined) throw new Error(`no step ${name}`);
  return found;
}

function checkPlanned({ run, seen }: Shown): void {
  const [vision, researcher, valuation] = ["vision", "researcher", "valuation"].map((name) => entryOf(run, name));
  expect(run.head.state).toBe("completed");
  expect(valuation?.output).toMatchObject({ value: 326, low: 318, high: 334 });
  expect(researcher).toMatchObject({ plan: "a", state: "completed", hydratedFrom: vision?.snapshot });
  expect(valuation?.hydratedFrom).toEqual(researcher?.snapshot);
  // Who holds the lock, what it thinks, the tool it calls, and what it used of its tokens, while it works.
  const working = seen.filter(({ step, state }) => step === "researcher" && state === "working");
  expect(new Set(working.map(({ lockedBy }) => lockedBy))).toEqual(new Set(["appraisal-agents/researcher"]));
  expect([...new Set(working.map(({ thought }) => thought))].slice(1)).toEqual([
    "thinking…",
    "thinking… what look_up of library knows",
    "calls library.look_up",
    "thinking… (library.look_up answered)",
  ]);
  expect(working.at(-1)?.tokens).toMatchObject({ given: 40_000, usedNow: expect.toSatisfy((used) => used > 0) });
  const used = run.entries.reduce((sum, { tokens }) => sum + (tokens?.used ?? 0), 0);
  expect(run.head.tokens).toEqual({ budget: 100_000, used });
}

describe.skipIf(cli === undefined)("a workflow whose steps are Claude Code's", () => {
  it(
    "shows what each thinks and calls; takes plan B when its tool fails, and when its tokens are used up",
    async () => {
      const app = await serve(cli?.binDir ?? "");
      const planned = await demo(app);
      checkPlanned(planned);
      // The agent's call is on record as the run's.
      const calls = await app.cli("tools", "calls", "--json");
      const call = calls.stdout.split("\n").find((line) => line.includes('"look_up"')) ?? "";
      expect(call).toContain(`"contextId":"${planned.run.head.contextId}"`);
      expect(call).toContain("appraisal-agents/researcher");

      const healed = await demo(app, "index=gone.json");
      expect(healed.run.head.state).toBe("completed");
      const target = "tool:library.read_shelf";
      expect(entryOf(healed.run, "researcher")).toMatchObject({ plan: "b", target, state: "completed" });
      const { output } = entryOf(planned.run, "valuation");
      expect(entryOf(healed.run, "valuation")).toMatchObject({ plan: "a", output });

      // What the first answer used is all there was: the receiver is stopped, and nothing more goes out.
      const short = await demo(app, "--tokens", "10");
      expect(short.run.head).toMatchObject({ state: "completed", tokens: { budget: 10, used: 10 } });
      const stopped = short.seen.find(({ step, state }) => step === "researcher" && state === "failed");
      expect(stopped).toMatchObject({ error: { code: "budget_exhausted" }, tokens: { given: 10, used: 10 } });
      expect(short.run.entries.map(({ plan }) => plan)).toEqual(["a", "b", "b", "a"]);
    },
    PATIENCE_MS,
  );
});
