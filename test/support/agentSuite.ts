/** What the suites of the real agent CLIs share: a fake model, a home of their own, the adapter, and an end to every run. */
import { delimiter } from "node:path";

import { afterAll, afterEach, beforeAll } from "vitest";

import { createAdapters } from "#core/agents/index.ts";
import type { AgentAdapter, AgentFact, LaunchRequest } from "#core/ports/agentAdapter.ts";
import type { Ingest } from "#core/ports/ingest.ts";
import { openIngest } from "#platform/ingest.ts";
import { createMachine } from "#platform/machine.ts";
import { createAgentHome, startAgent, type AgentHome, type AgentRun } from "./agentTerminal.ts";
import { createUsageRig, type UsageRig } from "./usageRig.ts";
import { startFakeModelServer, type FakeModelServer } from "./fakeModelServer.ts";

export interface AgentSuite {
  readonly model: FakeModelServer;
  readonly home: AgentHome;
  readonly adapter: AgentAdapter;
  /** What the runs' sources said of their token usage. */
  readonly usage: UsageRig;
  start(request: Partial<LaunchRequest>): Promise<AgentRun>;
}

export interface AgentSuiteOptions {
  readonly agent: string;
  readonly binDir: string;
  /** Seeds the home and says which variables point the CLI at the fake model. */
  readonly prepare: (place: { home: AgentHome; modelUrl: string }) => Promise<Record<string, string>>;
}

/** Registers the hooks of the enclosing `describe`; the fields are there once it runs. */
export function agentSuite(options: AgentSuiteOptions): AgentSuite {
  const runs: AgentRun[] = [];
  let model: FakeModelServer;
  let home: AgentHome;
  let adapter: AgentAdapter;
  let ingest: Ingest;
  let usage: UsageRig;

  beforeAll(async () => {
    model = await startFakeModelServer();
    home = await createAgentHome();
    const opened = await openIngest();
    if (!opened.ok) throw new Error(opened.error.message);
    ingest = opened.value;
    const own = await options.prepare({ home, modelUrl: model.url });
    const env = {
      PATH: [options.binDir, process.env["PATH"] ?? ""].join(delimiter),
      HOME: home.home,
      LANG: "C.UTF-8",
      TERM: "xterm-256color",
      COLORTERM: "truecolor",
      ...own,
    };
    const machine = createMachine({ environment: () => Promise.resolve(env), homeDir: home.home });
    const found = createAdapters({ machine }).find((candidate) => candidate.id === options.agent);
    if (found === undefined) throw new Error(`There is no adapter ${options.agent}.`);
    adapter = found;
    usage = createUsageRig(machine);
  });

  afterEach(async () => {
    for (const run of runs.splice(0)) {
      run.dispose();
      await run.exited;
    }
  });

  afterAll(async () => {
    await usage.dispose();
    await ingest.close();
    await model.close();
    await home.remove();
  });

  return {
    get model() {
      return model;
    },
    get home() {
      return home;
    },
    get adapter() {
      return adapter;
    },
    get usage() {
      return usage;
    },
    async start(request) {
      const run = await startAgent({
        adapter,
        ingest,
        metering: usage.metering,
        request: { cwd: home.cwd, args: [], env: {}, mode: { type: "fresh" }, filesDir: home.filesDir, ...request },
      });
      runs.push(run);
      return run;
    },
  };
}

export function activities(facts: readonly AgentFact[]): readonly string[] {
  return facts.flatMap((fact) => (fact.type === "activity" ? [fact.activity] : []));
}

export function cliSessionOf(run: AgentRun): string | undefined {
  const found = run.facts.findLast((fact) => fact.type === "cli_session");
  return found?.cliSessionId ?? run.plan.cliSessionId;
}
