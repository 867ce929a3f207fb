/** workflow: runs of the workflows in fleet files, started, watched and steered from the command line. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseTokens, tokenWords } from "#shared/lib/amountWords.ts";
import { clockWords } from "#shared/lib/words.ts";
import type { CommandInput } from "#shared/contract/index.ts";
import type { Result } from "#shared/model/result.ts";
import { stateName } from "#shared/model/workflow.ts";
import type { Entry, Run, RunHead } from "#shared/model/workflow.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { show, withApp } from "./command.ts";
import type { CliContext, Command } from "./command.ts";
import { refused, usage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { table } from "./output.ts";
import { watchRun } from "./workflowWatch.ts";

type Verb = (client: ConnectedClient, context: CliContext, args: readonly string[]) => Promise<Outcome>;

const VERBS: Readonly<Record<string, { readonly usage: string; readonly takes: number; readonly run: Verb }>> = {
  ls: { usage: "ls", takes: 0, run: list },
  run: { usage: "run NAME [KEY=VALUE …] [--tokens N] [--watch]", takes: 1, run: start },
  show: { usage: "show RUN", takes: 1, run: showRun },
  watch: { usage: "watch RUN", takes: 1, run: (client, context, [run = ""]) => watchRun(client, context, run) },
  suspend: { usage: "suspend RUN", takes: 1, run: order("workflow.suspend") },
  resume: { usage: "resume RUN", takes: 1, run: order("workflow.resume") },
  abort: { usage: "abort RUN", takes: 1, run: order("workflow.abort") },
  retry: { usage: "retry RUN STEP", takes: 2, run: orderStep("workflow.retryStep") },
  demo: { usage: "demo [KEY=VALUE …]", takes: 0, run: demo },
  planb: { usage: "planb RUN STEP", takes: 2, run: orderStep("workflow.planB") },
};

export const workflowCommands: Readonly<Record<string, Command>> = {
  workflow: {
    usage: `workflow [${Object.keys(VERBS).join("|")}] …`,
    summary: "Steps that hand over to each other: run NAME starts one of a fleet file, watch RUN follows it",
    options: { tokens: { type: "string" }, watch: { type: "boolean" }, limit: { type: "string" } },
    takes: [0, 40],
    run: (context) => {
      const [word = "ls", ...args] = context.args;
      const verb = Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
      if (verb === undefined)
        return Promise.resolve(usage(`There is no "workflow ${word}". It is one of ${Object.keys(VERBS).join(", ")}.`));
      if (args.length < verb.takes) return Promise.resolve(usage(`Usage: signalbox workflow ${verb.usage}`));
      return withApp(context, (client) => verb.run(client, context, args));
    },
  },
};

async function list(client: ConnectedClient, context: CliContext): Promise<Outcome> {
  const definitions = await client.query("workflow.definitions", {});
  if (!definitions.ok) return refused(definitions.error);
  const runs = await client.query("workflow.runs", { limit: 50 });
  if (!runs.ok) return refused(runs.error);
  return show(context, { ok: true, value: { definitions: definitions.value, runs: runs.value } }, (found) => [
    ...definitionLines(found.definitions),
    "",
    ...runLines(found.runs),
  ]);
}

function definitionLines(definitions: readonly { fleet: string; spec: Run["spec"] }[]): string[] {
  if (definitions.length === 0) return ['No fleet has a workflow. "workflow:" in a fleet file makes one.'];
  return table([
    ["WORKFLOW", "STEPS", "INPUT", "WHAT IT DOES"],
    ...definitions.map(({ fleet, spec }) => [
      `${fleet}/${spec.name}`,
      spec.steps.map(({ id }) => id).join(" "),
      spec.inputs.map(({ name }) => name).join(" ") || "-",
      spec.about ?? "",
    ]),
  ]);
}

function runLines(runs: readonly Run[]): string[] {
  if (runs.length === 0) return ["Nothing has run yet."];
  return table([
    ["RUN", "STATE", "STARTED", "STEPS DONE", "TOKENS LEFT", "NOW"],
    ...runs.map(({ head, entries }) => [
      head.id,
      head.state.replace("_", " "),
      clockWords(Date.parse(head.startedAt), Date.now()),
      `${entries.filter(({ state }) => state === "completed").length} of ${entries.length}`,
      tokensLeft(head),
      head.detail ?? nowWords(entries),
    ]),
  ]);
}

function tokensLeft({ tokens }: RunHead): string {
  return tokens === undefined
    ? "-"
    : `${tokenWords(Math.max(0, tokens.budget - tokens.used))} of ${tokenWords(tokens.budget)}`;
}

function nowWords(entries: readonly Entry[]): string {
  return entries
    .filter(({ state }) => state === "working" || state === "plan_b" || state === "retrying")
    .map(({ step, state, stalled }) => `${step} ${stalled ? "stalled" : state.replace("_", " ")}`)
    .join(", ");
}

/** Vision, researcher, valuation and browser as real programs; brought up and run with one command. */
async function demo(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const file = demoFile();
  if (file === undefined)
    return usage("The example is not part of this installation. It is in resources/workflows of the source code.");
  const up = await client.command("fleet.up", { file });
  if (!up.ok) return refused(up.error);
  return start(client, { ...context, has: (flag) => flag === "watch" || context.has(flag) }, ["appraisal", ...args]);
}

/** Beside the built command line and beside its source. */
function demoFile(): string | undefined {
  return ["..", "../.."]
    .map((up) => resolve(import.meta.dirname, up, "resources/workflows/appraisal/appraisal.yaml"))
    .find((file) => existsSync(file));
}

async function start(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const [workflow = "", ...pairs] = args;
  const input: Record<string, string> = {};
  for (const pair of pairs) {
    const cut = pair.indexOf("=");
    if (cut <= 0) return usage(`"${pair}" is no input. Write it as KEY=VALUE.`);
    input[pair.slice(0, cut)] = filePath(pair.slice(cut + 1));
  }
  const tokens = context.text("tokens");
  const budget = tokens === undefined ? undefined : parseTokens(tokens);
  if (tokens !== undefined && budget === undefined) return usage('--tokens takes a number such as 40000 or "40k".');
  const order: CommandInput<"workflow.start"> = {
    workflow,
    input,
    ...(budget === undefined ? {} : { tokens: budget }),
  };
  const started = await client.command("workflow.start", order);
  if (!started.ok) return refused(started.error);
  if (!context.has("watch")) return show(context, started, ({ head }) => [head.id]);
  return watchRun(client, context, started.value.head.id);
}

/** A path that begins with a dot is the shell's folder's, not the fleet file's. */
function filePath(text: string): string {
  return /^\.{1,2}[\\/]/.test(text) ? resolve(text) : text;
}

async function showRun(client: ConnectedClient, context: CliContext, [run = ""]: readonly string[]): Promise<Outcome> {
  return show(context, await client.query("workflow.run", { run }), ({ head, spec, entries }) => [
    `${head.id}  ${head.fleet}/${head.workflow}  ${head.state.replace("_", " ")}  tokens left ${tokensLeft(head)}`,
    ...(head.detail === undefined ? [] : [head.detail]),
    ...table([
      ["STEP", "STATE", "BY", "ATTEMPTS", "LOCKED BY", "SINCE", "SAYS"],
      ...entries.map((entry) => [
        entry.step,
        stateName(entry, spec.steps.find(({ id }) => id === entry.step)?.doing),
        entry.target.slice(entry.target.indexOf(":") + 1),
        String(entry.attempts),
        entry.lockedBy ?? "-",
        clockWords(Date.parse(entry.since), Date.now()),
        entry.error?.message ?? entry.thought ?? outputWords(entry),
      ]),
    ]),
  ]);
}

function outputWords({ output }: Entry): string {
  return output === undefined ? "" : (JSON.stringify(output) ?? "").slice(0, 100);
}

function order(name: "workflow.suspend" | "workflow.resume" | "workflow.abort"): Verb {
  return async (client, context, [run = ""]) => ordered(context, await client.command(name, { run }));
}

function orderStep(name: "workflow.retryStep" | "workflow.planB"): Verb {
  return async (client, context, [run = "", step = ""]) => ordered(context, await client.command(name, { run, step }));
}

function ordered(context: CliContext, result: Result<{ head: RunHead }>): Promise<Outcome> {
  return show(context, result, ({ head }) => [`${head.id} is ${head.state.replace("_", " ")}`]);
}
