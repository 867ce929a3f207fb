/** workflow: runs of the workflows in fleet files, started, watched and steered from the command line. */
import { resolve } from "node:path";
import { parseTokens, tokenWords } from "#shared/lib/amountWords.ts";
import { clockWords } from "#shared/lib/words.ts";
import type { CommandInput } from "#shared/contract/index.ts";
import type { Result } from "#shared/model/result.ts";
import { stateName } from "#shared/model/workflow.ts";
import type { Entry, Run, RunHead } from "#shared/model/workflow.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { runVerb, show } from "./command.ts";
import type { CliContext, Command, Verb } from "./command.ts";
import { refused, usage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { table } from "./output.ts";
import { prepareDemo } from "./workflowDemo.ts";
import { watchRun } from "./workflowWatch.ts";

const VERBS: Readonly<Record<string, Verb>> = {
  ls: { usage: "ls", takes: 0, run: list },
  run: { usage: "run NAME [KEY=VALUE …] [--tokens N] [--watch]", takes: 1, run: start },
  show: { usage: "show RUN", takes: 1, run: showRun },
  watch: { usage: "watch RUN", takes: 1, run: (client, context, [run = ""]) => watchRun(client, context, run) },
  suspend: { usage: "suspend RUN", takes: 1, run: order("workflow.suspend") },
  resume: { usage: "resume RUN", takes: 1, run: order("workflow.resume") },
  abort: { usage: "abort RUN", takes: 1, run: order("workflow.abort") },
  undo: { usage: "undo RUN [--watch]", takes: 1, run: undo },
  retry: { usage: "retry RUN STEP", takes: 2, run: orderStep("workflow.retryStep") },
  skip: { usage: "skip RUN STEP", takes: 2, run: orderStep("workflow.skipUndo") },
  demo: { usage: "demo [KEY=VALUE …] [--agents] [--tokens N]", takes: 0, run: demo },
  planb: { usage: "planb RUN STEP", takes: 2, run: orderStep("workflow.planB") },
};

export const workflowCommands: Readonly<Record<string, Command>> = {
  workflow: {
    usage: `workflow [${Object.keys(VERBS).join("|")}] …`,
    summary: "Steps that hand over to each other: run NAME starts one of a fleet file, watch RUN follows it",
    options: {
      tokens: { type: "string" },
      watch: { type: "boolean" },
      agents: { type: "boolean" },
      limit: { type: "string" },
    },
    takes: [0, 40],
    run: (context) => runVerb(context, { command: "workflow", verbs: VERBS, usual: "ls" }),
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
    .map(({ step, state, stalled, undo: undoing }) => {
      const word = stalled ? "stalled" : state.replace("_", " ");
      return undoing === undefined ? `${step} ${word}` : `${step} ${word} on its undo`;
    })
    .join(", ");
}

/** Vision, researcher, valuation and browser as real programs; brought up and run with one command. */
async function demo(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const prepared = await prepareDemo(client, { dataDir: context.dataDir, withAgents: context.has("agents") });
  if ("exit" in prepared) return prepared;
  const { file, workflow } = prepared;
  const up = await client.command("fleet.up", { file });
  if (!up.ok) return refused(up.error);
  const watching = { ...context, has: (flag: string) => flag === "watch" || context.has(flag) };
  return start(client, watching, [workflow, ...args]);
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

function order(name: "workflow.suspend" | "workflow.resume" | "workflow.abort"): Verb["run"] {
  return async (client, context, [run = ""]) => ordered(context, await client.command(name, { run }));
}

/** What its steps did is taken back, the last one first. */
async function undo(client: ConnectedClient, context: CliContext, [run = ""]: readonly string[]): Promise<Outcome> {
  const begun = await client.command("workflow.undo", { run });
  return begun.ok && context.has("watch") ? watchRun(client, context, run) : ordered(context, begun);
}

function orderStep(name: "workflow.retryStep" | "workflow.planB" | "workflow.skipUndo"): Verb["run"] {
  return async (client, context, [run = "", step = ""]) => ordered(context, await client.command(name, { run, step }));
}

function ordered(context: CliContext, result: Result<{ head: RunHead }>): Promise<Outcome> {
  return show(context, result, ({ head }) => [`${head.id} is ${head.state.replace("_", " ")}`]);
}
