/**
 * Workflows with kill -9 at random moments: every run ends once, whenever the process died, and no step is done or undone
 * twice, since what was done is asked for before it is done again; the next process takes over the locks. A run that fails
 * is undone, whatever of it was done when, the last step first.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Store } from "#core/store/index.ts";
import type { Run, RunState } from "#shared/model/workflow.ts";
import { within } from "#test/support/deadline.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";
import { doneLines, openWorkflows, STEPS } from "./workflowsChild.ts";

export const workflows: SoakRow = {
  name: "workflows",
  purpose:
    "running workflows with kill -9: every run ends once, completed or undone, no step is done or undone twice, locks are taken over",
  run,
};

const KILLS = { short: 3, long: 60 };
const RUNS = { short: 24, long: 600 };
const LIFE_MS = 120_000;
/** A process is up in about 400 ms; a kill comes within so many ms after its first word. */
const KILL_WITHIN_MS = 400;

async function run(soak: Soak): Promise<SoakFinding> {
  const total = RUNS[soak.isShort ? "short" : "long"];
  let kills = 0;
  const ended = new Set<string>();
  const problems: string[] = [];
  for (const _ of soak.rounds(KILLS)) {
    kills += await live(soak, { total, ended, afterMs: soak.random.below(KILL_WITHIN_MS) });
    if (ended.size >= total) break;
  }
  await live(soak, { total, ended, afterMs: undefined });
  const takenOver = await verify(soak.dir, total, problems);
  return {
    figures: { kills, runs: total, "steps done": doneLines(soak.dir).length, "taken over": takenOver },
    problems,
  };
}

interface Life {
  readonly total: number;
  readonly ended: Set<string>;
  /** Undefined: until every run has ended. */
  readonly afterMs: number | undefined;
}

/** Answers 1 when it was killed in the middle. */
async function live(soak: Soak, { total, ended, afterMs }: Life): Promise<number> {
  const args = [join(import.meta.dirname, "workflowsChild.ts"), soak.dir, String(total)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  soak.defer(() => child.kill("SIGKILL"));
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let timer: NodeJS.Timeout | undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [kind, id = ""] = line.split(" ");
    if (kind === "end") ended.add(id);
    if (kind === "up" && afterMs !== undefined) timer = setTimeout(() => child.kill("SIGKILL"), afterMs);
    if (ended.size >= total) child.kill("SIGKILL");
  });
  await within("a life with workflows", gone, LIFE_MS);
  clearTimeout(timer);
  return ended.size < total ? 1 : 0;
}

async function verify(dir: string, total: number, problems: string[]): Promise<number> {
  const opened = await openWorkflows(dir);
  try {
    const runs = opened.workflows.runs(total + 1);
    const undone = runs.filter(({ head }) => head.input["fate"] === "fails");
    const unfinished = runs.filter((one) => one.head.state !== wantedEnd(one));
    if (runs.length !== total) problems.push(`${runs.length} runs, not ${total}`);
    for (const { head } of unfinished) problems.push(`${head.id} is ${head.state}: ${head.detail ?? "no reason"}`);
    const counted = countedSteps(dir);
    for (const [step, times] of counted) if (times !== 1) problems.push(`${step} was done ${times} times`);
    // Of one that is undone the last step never was done; the three before it were, and were undone.
    const wanted = (total - undone.length) * STEPS.length + undone.length * (STEPS.length - 1) * 2;
    if (counted.size !== wanted) problems.push(`${counted.size} steps were done and undone, not ${wanted}`);
    for (const { head } of undone) checkOrder(dir, head.id, problems);
    const ends = countOf(opened.store, "workflow.completed") + countOf(opened.store, "workflow.compensated");
    if (ends !== total) problems.push(`${ends} ends were recorded for ${total} runs`);
    return countOf(opened.store, "workflow.lock_taken_over");
  } finally {
    await opened.workflows.close();
    await opened.close();
  }
}

function wantedEnd({ head }: Run): RunState {
  return head.input["fate"] === "fails" ? "compensated" : "completed";
}

/** How often each step was done, and each undo. */
function countedSteps(dir: string): ReadonlyMap<string, number> {
  const counted = new Map<string, number>();
  for (const line of doneLines(dir)) {
    const [id = "", step = ""] = line.split(" ");
    counted.set(`${id} ${step}`, (counted.get(`${id} ${step}`) ?? 0) + 1);
  }
  return counted;
}

/** `a` is what `b` and `c` were built on. */
function checkOrder(dir: string, run: string, problems: string[]): void {
  const undos = doneLines(dir).flatMap((line) => {
    const [id, step = ""] = line.split(" ");
    return id === run && step.startsWith("undo-") ? [step] : [];
  });
  if (undos.at(-1) !== "undo-a") problems.push(`${run} was undone as ${undos.join(", ")}`);
}

function countOf(store: Store, type: string): number {
  return Number(store.get("SELECT count(*) AS n FROM events WHERE type = ?", [type])?.["n"]);
}
