/**
 * A budget with a hard stop, the real Claude Code behind the gateway: spending ends within the requests in flight and
 * stays ended, also of a core that is killed while a request is under way or just after the stop. Some agents at a
 * time, one app for all; what is true is told by the model server's own log.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fleetText } from "#test/support/liveSuite.ts";
import { installCli } from "#test/support/agentClis.ts";
import { eventually } from "#test/support/deadline.ts";
import { BudgetDesk } from "./budgetDesk.ts";
import { judge, lateRequests } from "./budgetVerdict.ts";
import type { BudgetRun, Fault } from "./budgetVerdict.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";
import { quantile } from "./trend.ts";

export const budget: SoakRow = {
  name: "budget",
  purpose:
    "a hard stop ends the real Claude Code's spending within the requests in flight, also when the core is killed",
  run,
};

/** 100 runs are the promise. */
const ROUNDS = { short: 1, long: 25 };
const AT_ONCE = 4;
const FAULTS: readonly Fault[] = ["none", "killed in flight", "none", "killed after the stop", "none"];
const PATIENCE_MS = 90_000;
/** How often an agent that gave up on a lost answer is told to go on. */
const NUDGES = 8;
/** Idle so long it does not go on by itself. */
const NUDGE_AFTER_MS = 2500;

async function run(soak: Soak): Promise<SoakFinding> {
  const cli = await installCli("claude");
  if (cli === undefined) return { figures: {}, problems: [], skipped: "Claude Code could not be installed" };
  const desk = await BudgetDesk.open(soak, cli.binDir);
  const runs: BudgetRun[] = [];
  const problems: string[] = [];
  const broken = (found: readonly string[]): void => {
    problems.push(...found);
    for (const one of found) soak.say(one);
  };
  for (const round of soak.rounds(ROUNDS)) {
    const fault = soak.isShort ? "killed in flight" : (FAULTS[round % FAULTS.length] ?? "none");
    const group = Array.from({ length: AT_ONCE }, (_, half) => newRun(soak, `run-${round}-${half}`, fault));
    try {
      await spend(desk, round, group);
      broken((await Promise.all(group.map((one) => stoppedProblems(desk, one)))).flat());
      runs.push(...group);
      for (const one of group) soak.say(toldOf(desk, one));
    } catch (error) {
      const told = group.map((one) => `${one.id} limit ${one.limit}\n${desk.story(one.id)}`).join("\n");
      broken([`round ${round} (${fault}): ${String(error)}\n${told}`]);
      await desk.restart();
    }
    soak.say(`round ${round} (${fault}): ${runs.length} runs, ${problems.length} problems`);
    if (problems.length > 10) break;
  }
  broken(await stillStopped(desk, runs));
  return { figures: figuresOf(desk, runs), problems };
}

function newRun(soak: Soak, id: string, fault: Fault): BudgetRun {
  // What was lost with a core counts as its estimated size, some 20,000 tokens: there must be more than that.
  const least = fault === "killed in flight" ? 40_000 : 8000;
  return { id, fault, limit: least + 3000 * soak.random.below(5), killAt: 1 + soak.random.below(3) };
}

function toldOf(desk: BudgetDesk, { id, limit }: BudgetRun): string {
  const { overshoot, inFlight } = judge(desk.requestsOf(id), limit);
  return `${id} of ${limit}: ${overshoot} over, ${inFlight} in flight`;
}

function childOf({ id, limit, fault }: BudgetRun, cwd: string): string {
  return JSON.stringify({
    id,
    agent: "claude",
    cwd,
    gateway: true,
    prompt: promptOf({ id, fault }),
    restart: "permanent",
    backoff: { initial: "10ms" },
    budget: { tokens: limit, period: "day" },
  });
}

/** More requests than any of these budgets allows, each of them a moment under way. */
function promptOf({ id, fault }: Pick<BudgetRun, "id" | "fault">): string {
  const calls = Array.from({ length: 24 }, (_, n) => `[[tool Glob ${JSON.stringify({ pattern: `${n}*` })}]]`);
  // A core that is to die in the middle of an answer needs one that takes a while.
  const delayMs = fault === "killed in flight" ? 500 : 120;
  return `${id}; [[delay ${delayMs}]] ${calls.join("")} [[text done]]`;
}

/** Up, until both are stopped at their budgets, with the fault on the way. */
async function spend(desk: BudgetDesk, round: number, group: readonly BudgetRun[]): Promise<void> {
  const [cwd, name] = [join(desk.dir, "work"), `round-${round}`];
  await mkdir(cwd, { recursive: true });
  const file = await desk.app.fleet(name, fleetText({ name, children: group.map((one) => childOf(one, cwd)) }));
  const { code, stderr } = await desk.app.cli("up", file);
  if (code !== 0) throw new Error(`up: ${stderr}`);
  if (group[0]?.fault === "killed in flight") {
    const isUnderWay = ({ id, killAt }: BudgetRun): boolean => {
      const known = desk.requestsOf(id);
      return known.length >= killAt && known.some(({ endedAt }) => endedAt === undefined);
    };
    await eventually("a request is under way", () => group.some(isUnderWay), PATIENCE_MS);
    await desk.restart();
    const cut = group.flatMap(({ id }) => desk.requestsOf(id)).filter(({ cutOff }) => cutOff === true);
    if (cut.length === 0) throw new Error("no request was cut off by the kill");
  }
  await Promise.all(group.map((one) => untilStopped(desk, one)));
  if (group[0]?.fault === "killed after the stop") await desk.restart();
}

/** An agent that gave up on an answer that died with its core is told to go on, until its budget ends it. */
async function untilStopped(desk: BudgetDesk, one: BudgetRun): Promise<void> {
  let nudges = 0;
  let nudgedAt = performance.now();
  await eventually(
    `${one.id} is paused`,
    async () => {
      const node = await desk.node(one.id);
      if (node.state === "paused" && node.pid === undefined) return true;
      const isQuiet = desk.requestsOf(one.id).every(({ endedAt }) => endedAt !== undefined);
      if (node.state !== "idle" || !isQuiet || performance.now() - nudgedAt < NUDGE_AFTER_MS) return false;
      if (nudges === NUDGES) return false;
      nudgedAt = performance.now();
      nudges += 1;
      const sent = await desk.client.command("session.send", { id: one.id, text: `[[new]] ${promptOf(one)}` });
      if (!sent.ok && sent.error.code !== "budget_exhausted") throw new Error(sent.error.message);
      return false;
    },
    PATIENCE_MS,
  );
}

async function stoppedProblems(desk: BudgetDesk, one: BudgetRun): Promise<readonly string[]> {
  const node = await desk.node(one.id);
  const requests = desk.requestsOf(one.id);
  one.requests = requests.length;
  const problems: string[] = [];
  if (node.state !== "paused" || node.exitCause !== "budget_exhausted")
    problems.push(`is ${node.state}, ended by ${node.exitCause ?? "nothing"}`);
  if (node.generation !== 1) problems.push(`is in its life ${node.generation}`);
  for (const order of ["node.start", "node.restart"] as const) {
    const answer = await desk.client.command(order, { id: one.id });
    if (answer.ok || answer.error.code !== "budget_exhausted")
      problems.push(`${order} was answered ${answer.ok ? "ok" : answer.error.code}`);
  }
  if (requests.some(({ endedAt }) => endedAt === undefined)) problems.push("has a request under way after its stop");
  problems.push(...lateRequests(requests, one.limit));
  return problems.map((what) => `${one.id} (${one.fault}, ${one.limit} tokens) ${what}\n${desk.story(one.id)}`);
}

/** After all the kills of the others, too: no request more, no life more. */
async function stillStopped(desk: BudgetDesk, runs: readonly BudgetRun[]): Promise<readonly string[]> {
  await desk.restart();
  const problems: string[] = [];
  for (const { id, requests } of runs) {
    const node = await desk.node(id);
    const now = desk.requestsOf(id).length;
    const isStopped = node.state === "paused" && node.pid === undefined;
    if (!isStopped || node.generation !== 1 || now !== requests)
      problems.push(`${id} at the end: ${node.state}, life ${node.generation}, ${now} requests after ${requests}`);
  }
  const strays = desk.model.requests.filter(({ conversation }) => !/run-\d+-\d;/.test(conversation));
  if (strays.length > 0) problems.push(`${strays.length} requests are of no run`);
  return problems;
}

function figuresOf(desk: BudgetDesk, runs: readonly BudgetRun[]): Readonly<Record<string, number>> {
  const judged = runs.map(({ id, limit }) => judge(desk.requestsOf(id), limit));
  const over = judged.map(({ overshoot }) => overshoot).toSorted((a, b) => a - b);
  const count = (fault: Fault): number => runs.filter((one) => one.fault === fault).length;
  return {
    runs: runs.length,
    "killed in flight": count("killed in flight"),
    "killed after the stop": count("killed after the stop"),
    "kills of the core": desk.kills,
    requests: desk.model.requests.length,
    "cut off": desk.model.requests.filter(({ cutOff }) => cutOff === true).length,
    "overshoot min": over[0] ?? 0,
    "overshoot p50": quantile(over, 0.5),
    "overshoot p90": quantile(over, 0.9),
    "overshoot max": over.at(-1) ?? 0,
    "largest request": Math.max(0, ...judged.map(({ largest }) => largest)),
    "in flight at the stop, max": Math.max(0, ...judged.map(({ inFlight }) => inFlight)),
    "overshoot by one request": judged.filter(({ inFlight }) => inFlight === 1).length,
  };
}
