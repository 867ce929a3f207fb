/**
 * A process with workflows under way, to be killed: `node workflowsChild.ts <dir> <runs>`. A step's work is one line
 * appended to a file, which is also the log that the next process asks what was done; a line per finished run goes to stdout.
 */
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseFleet } from "#core/fleets/index.ts";
import { createJournal, createRecorder } from "#core/store/index.ts";
import { Workflows } from "#core/workflows/index.ts";
import type { Hands } from "#core/workflows/index.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import { FINAL_RUN_STATES } from "#shared/model/workflow.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { openSqliteBus } from "../contract/messageBusEngines.ts";
import { sayAll } from "./sayAll.ts";

export const STEPS = ["a", "b", "c", "d"];
const FILE = `version: 1
name: soak
children: []
workflow:
  input: { fate: {} }
  on_failure: undo
  steps:
    - { id: a, tool: x.do, undo: { tool: x.undo } }
    - { id: b, tool: x.do, needs: a, undo: { tool: x.undo } }
    - { id: c, tool: x.do, needs: a, undo: { tool: x.undo } }
    - { id: d, tool: x.do, needs: [b, c], with: { fate: "\${input.fate}" } }
`;
/** Most kills should fall into it. */
const ANSWER_MS = 25;
/** Runs that are under way at once. */
const AT_ONCE = 8;

export function doneFile(dir: string): string {
  return join(dir, "done.txt");
}

/** Of every so many runs one fails at its last step, and is undone. */
const UNDONE_OF = 3;
const UNDO = "undo-";

/** `run step key`, one line for each time a step was done, `run undo-step key` for each that was undone. */
export function doneLines(dir: string): readonly string[] {
  const file = doneFile(dir);
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}

function hands(dir: string): Hands {
  const file = doneFile(dir);
  const fd = openSync(file, "a");
  process.once("exit", () => closeSync(fd));
  const done = new Set(doneLines(dir).map((line) => line.split(" ")[2]));
  return {
    callTool: async ({ run, step, key, isUndo, args }) => {
      if (args["fate"] === "fails") return fail("bad_request", "This one is to be undone.");
      // One write is whole or not there: who is killed before it has done nothing, after it everything.
      appendFileSync(fd, `${run} ${isUndo ? UNDO : ""}${step.id} ${key}\n`);
      fsyncSync(fd);
      // The answer is on its way: here a kill leaves a step that is done and not known to be.
      await setTimeout(ANSWER_MS);
      return ok({ step: step.id });
    },
    recall: (key) => (done.has(key) ? ok({ recalled: true }) : undefined),
    askAgent: async () => ok(undefined),
    released: () => 0,
    used: () => 0,
    remember: async () => undefined,
    hydrate: async () => undefined,
    bury: async () => false,
  };
}

async function valueOf<T>(result: Promise<Result<T>>): Promise<T> {
  const settled = await result;
  if (!settled.ok) throw new Error(settled.error.message);
  return settled.value;
}

export async function openWorkflows(dir: string) {
  const opened = await openSqliteBus(dir);
  const { store, bus } = opened;
  await valueOf(bus.ensureStream({ name: "WORKFLOWS", subjects: ["workflow.>"] }));
  const clock = createSystemClock();
  const logger = silentLogger;
  const recorder = createRecorder({ journal: createJournal({ store, clock, logger }), clock, logger });
  const newId = (): string => crypto.randomUUID();
  const workflows = new Workflows({ store, recorder, clock, logger, newId, homeDir: dir, bus, hands: hands(dir) });
  const parsed = parseFleet(FILE, { folder: dir, homeDir: dir, agents: [] });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  workflows.define("soak", parsed.fleet.workflows);
  return { ...opened, workflows };
}

async function main(): Promise<void> {
  const [dir = "", total = "0"] = process.argv.slice(2);
  const { workflows } = await openWorkflows(dir);
  const said = new Set<string>();
  const onward = (): void => {
    const runs = workflows.runs(Number(total) + AT_ONCE);
    for (const { head } of runs)
      if (FINAL_RUN_STATES.has(head.state) && !said.has(head.id)) {
        said.add(head.id);
        sayAll(`end ${head.id} ${head.state}\n`);
      }
    const open = runs.filter(({ head }) => !FINAL_RUN_STATES.has(head.state)).length;
    for (let n = runs.length; n < Number(total) && n - runs.length + open < AT_ONCE; n += 1)
      workflows.start({
        workflow: "soak",
        input: { fate: n % UNDONE_OF === 0 ? "fails" : "goes well" },
        actor: "person",
        once: String(n),
      });
  };
  await valueOf(workflows.open({ noStart: false }));
  sayAll("up\n");
  workflows.feed.watch({ runs: onward, definitions: onward });
  onward();
}

if (process.argv[1] === import.meta.filename) await main();
