/**
 * The import of past transcripts against ccusage on the same files: every difference is asserted, each with its reason.
 * First what the real Claude Code writes, against the model's own log; then what is rare, generated.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { installCli } from "#test/support/agentClis.ts";
import { startFakeModelServer } from "#test/support/fakeModelServer.ts";
import type { FakeRequest } from "#test/support/fakeModelTurn.ts";
import { truthOf } from "#test/support/usageRig.ts";
import { CLAUDE_TRAPS, CODEX_TRAPS, ofModel, writeHistory } from "./pastHistories.ts";
import type { Trap } from "./pastHistories.ts";
import { ccusageOfClaude, ccusageOfCodex, importPast } from "./pastUsage.ts";
import type { ByModelAndDay, Counts, Past } from "./pastUsage.ts";

const NOW = Date.parse("2026-11-28T12:00:00.000Z");
const KEY = "sk-ant-fake-0123456789abcdefghij";
const [claude, ccusage, ccusageCodex] = [
  await installCli("claude"),
  await installCli("ccusage"),
  await installCli("ccusage-codex"),
];

let dir: string;
beforeAll(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), "signalbox-ccusage-")));
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

interface Told {
  readonly past: Past;
  readonly theirs: ByModelAndDay;
}

async function tell(
  agent: string,
  homes: Record<string, string>,
  askThem: (homes: Record<string, string>) => Promise<ByModelAndDay>,
): Promise<Told> {
  const [past, theirs] = await Promise.all([importPast(agent, homes, NOW), askThem(homes)]);
  return { past, theirs };
}

function promises(traps: readonly Trap[], told: () => Told): void {
  it.each(traps.map((trap) => [trap.model, trap.because ?? "both say the same", trap] as const))(
    "%s: %s",
    (model, _because, trap) => {
      const { past, theirs } = told();
      expect(ofModel(past.counted, model)).toEqual(trap.ours);
      expect(ofModel(theirs, model)).toEqual(trap.theirs ?? trap.ours);
      // A reason without a difference is as wrong as a difference without one.
      expect(trap.because === undefined).toBe(trap.theirs === undefined);
    },
  );

  it("nothing else is counted by either", () => {
    const { past, theirs } = told();
    const known = new Set(traps.map(({ model }) => model));
    const strange = [...Object.keys(past.counted), ...Object.keys(theirs)].filter(
      (key) => !known.has(key.split(" ")[0] ?? ""),
    );
    expect(strange.filter((key) => !key.startsWith("<synthetic>"))).toEqual([]);
    expect([past.rig.errors, past.state.state]).toEqual([[], "done"]);
  });
}

describe.skipIf(ccusage === undefined)("Claude Code's past", () => {
  let told: Told;
  beforeAll(async () => {
    const home = join(dir, "claude-traps");
    await writeHistory(home, CLAUDE_TRAPS);
    told = await tell("claude", { CLAUDE_CONFIG_DIR: home }, (homes) => ccusageOfClaude(ccusage?.binDir ?? "", homes));
  }, 60_000);
  afterAll(() => told.past.rig.close());
  promises(CLAUDE_TRAPS, () => told);

  it("what could not be counted is listed, and what was changed says so", () => {
    const { views } = told.past.rig;
    expect(views.unknown({ limit: 10 }).map(({ model, why }) => [model, why])).toEqual([["absurd", "bad_numbers"]]);
    const marks = (model: string) => {
      const page = views.entries({ imported: "with", order: "newest", limit: 10, includeSuperseded: false, model });
      return page.ok && page.value.entries.flatMap((entry) => [...entry.marks, entry.outcome]);
    };
    expect([marks("negative"), marks("wrong-clock"), marks("cut-off")]).toEqual([
      ["clamped", "complete"],
      ["clock", "complete"],
      ["interrupted"],
    ]);
  });
});

describe.skipIf(ccusageCodex === undefined)("Codex' past", () => {
  let told: Told;
  beforeAll(async () => {
    const home = join(dir, "codex-traps");
    await writeHistory(home, CODEX_TRAPS);
    told = await tell("codex", { CODEX_HOME: home }, (homes) => ccusageOfCodex(ccusageCodex?.binDir ?? "", homes));
  }, 60_000);
  afterAll(() => told.past.rig.close());
  promises(CODEX_TRAPS, () => told);
});

describe.skipIf(claude === undefined || ccusage === undefined)("what the real Claude Code wrote", () => {
  it.each([
    [true, "both are the model's log: tools, a subagent, a resumed session and a fork of it"],
    [
      false,
      "a provider that names no requests: ccusage counts every content block and every copy, the import does not",
    ],
  ])("request ids %s: %s", { timeout: 180_000 }, async (hasRequestIds) => {
    const { home, requests } = await workWithClaude(join(dir, `claude-${String(hasRequestIds)}`), hasRequestIds);
    const told = await tell("claude", { CLAUDE_CONFIG_DIR: home }, (homes) =>
      ccusageOfClaude(ccusage?.binDir ?? "", homes),
    );
    const truth = sum(requests.map(truthOf));
    expect(requests.length).toBeGreaterThanOrEqual(7);
    expect(sum(Object.values(told.past.counted))).toEqual(truth);
    const theirs = sum(Object.values(told.theirs));
    if (hasRequestIds) expect(theirs).toEqual(truth);
    else {
      // Seven requests stand in sixteen lines: two blocks for each call, and the parent's again in its fork.
      expect(theirs.output).toBeGreaterThan(2 * truth.output);
    }
    told.past.rig.close();
  });
});

function sum(all: readonly Counts[]): Counts {
  return all.reduce(
    (total, { input, output, cacheRead, cacheWrite }) => ({
      input: total.input + input,
      output: total.output + output,
      cacheRead: total.cacheRead + cacheRead,
      cacheWrite: total.cacheWrite + cacheWrite,
    }),
    { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  );
}

/** A tool call, a subagent, then the same session gone on with, and a fork of it. */
async function workWithClaude(
  root: string,
  hasRequestIds: boolean,
): Promise<{ readonly home: string; readonly requests: readonly FakeRequest[] }> {
  const [home, cwd] = [join(root, "claude"), join(root, "work")];
  await mkdir(home, { recursive: true });
  await mkdir(cwd);
  const settings = {
    hasCompletedOnboarding: true,
    customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
    projects: { [cwd]: { hasTrustDialogAccepted: true } },
  };
  await writeFile(join(home, ".claude.json"), JSON.stringify(settings));
  const model = await startFakeModelServer({ hasRequestIds });
  const env = {
    PATH: [claude?.binDir ?? "", process.env["PATH"] ?? ""].join(delimiter),
    HOME: root,
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: KEY,
    CLAUDE_CONFIG_DIR: home,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
  };
  const ask = async (prompt: string, ...args: readonly string[]): Promise<string> => {
    const asked = promisify(execFile)("claude", ["-p", prompt, "--output-format", "json", ...args], {
      cwd,
      env,
      timeout: 90_000,
    });
    asked.child.stdin?.end();
    return z.object({ session_id: z.string() }).parse(JSON.parse((await asked).stdout)).session_id;
  };
  try {
    const agent = { description: "look", prompt: "say [[text sub-done]]", subagent_type: "general-purpose" };
    const calls = `[[tool Glob {"pattern":"*.x"}]][[tool Agent ${JSON.stringify(agent)}]]`;
    const session = await ask(`${calls} [[text one-done]]`, "--allowedTools", "Agent,Task,Glob");
    await ask("[[new]] again [[text two-done]]", "--resume", session);
    await ask("[[new]] forked [[text three-done]]", "--resume", session, "--fork-session");
    return { home, requests: [...model.requests] };
  } finally {
    await model.close();
  }
}
