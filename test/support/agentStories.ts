/**
 * What must be true of every agent CLI in the running app, as stories of one agent: what the tree and the inbox said is
 * held against what the model was asked. A story throws when a promise breaks, with everything that was seen.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

import type { NodeState } from "#shared/model/states.ts";
import type { AgentDesk, Sighting } from "./agentDesk.ts";
import { placeLauncher } from "./agentDrives.ts";
import type { FakeRequest } from "./fakeModelTurn.ts";

/** The resumed conversation that dies sooner counts as one that did not come up (SETTLE_WINDOW_MS of the sessions). */
const SETTLED_MS = 10_500;
/** On an idle machine the tree follows within a second; a busy one must not make it a lie for longer than this. */
const LAG_BOUND_MS = 15_000;

type Figures = Readonly<Record<string, number>>;

interface Story {
  readonly name: string;
  /** The promise. */
  readonly promise: string;
  run(desk: AgentDesk): Promise<Figures>;
}

const say = (words: string): string => `[[new]] ${words}`;
const LONG = `[[delay 200]] [[text ${"word ".repeat(300)}]]`;

/** The agent's turn is over: that many requests were answered, and the tree says idle. */
async function turnOver(desk: AgentDesk, requests: number): Promise<void> {
  await desk.eventually(`${requests} requests are answered and the agent is idle`, () => {
    const turns = desk.turns;
    return turns.length >= requests && turns.every((turn) => turn.endedAt !== undefined) && desk.node.state === "idle";
  });
}

async function longAnswer(desk: AgentDesk): Promise<FakeRequest> {
  const before = desk.turns.length;
  await desk.send(say(LONG));
  const request = await desk.eventually("the model answers", () => desk.turns[before]);
  await desk.until("it works", (node) => node.state === "busy");
  return request;
}

export const statesStory: Story = {
  name: "states",
  promise: "says what it does while it does it: starting, busy, waiting, interrupted, idle",
  async run(desk) {
    await desk.up(say("hello [[delay 100]] [[text one two three four five six]]"));
    await turnOver(desk, 1);
    await desk.send(say(`${desk.drive.shell("touch made")} [[text all-done]]`));
    const item = await desk.item("permission");
    await desk.until("it waits", (node) => node.state === "waiting_permission");
    await desk.check(item.body === "touch made", `the inbox shows ${item.body}`);
    await desk.answer(item, "allow");
    await turnOver(desk, 3);
    await desk.check(existsSync(join(desk.place.cwd, "made")), "what was allowed was done");
    await question(desk);
    const cut = await longAnswer(desk);
    for (let press = 0; press < desk.drive.interruptPresses; press += 1) await desk.app.cli("key", "coder", "esc");
    await desk.eventually("the answer is cut off", () => cut.endedAt !== undefined);
    await desk.until("it is idle again", (node) => node.state === "idle");
    await desk.check(desk.open.length === 0, "nothing waits in the inbox");
    return lags(desk);
  },
};

async function question(desk: AgentDesk): Promise<void> {
  const asked = desk.turns.length;
  await desk.send(say(`${desk.drive.question} [[text answered]]`));
  const item = await desk.item("question");
  await desk.until("it waits for an answer", (node) => node.state === "waiting_answer");
  const blue = item.options.find((option) => option.label.startsWith("Blue"));
  await desk.check(blue !== undefined, "the question's own answers can be chosen in the inbox");
  await desk.answer(item, blue?.id ?? "");
  await turnOver(desk, asked + 2);
}

/** How late the tree was, at worst. */
async function lags(desk: AgentDesk): Promise<Figures> {
  const busy: number[] = [];
  const over: number[] = [];
  for (const [index, turn] of desk.turns.entries()) {
    const next = desk.turns[index + 1]?.at ?? Number.POSITIVE_INFINITY;
    busy.push(lagOf(desk.sightings, { from: turn.at, to: (turn.endedAt ?? turn.at) + LAG_BOUND_MS }, ["busy"]));
    const end = turn.endedAt ?? turn.at;
    const after: readonly NodeState[] = ["idle", "waiting_permission", "waiting_answer"];
    if (next - end > 1_000) over.push(lagOf(desk.sightings, { from: end, to: end + LAG_BOUND_MS }, after));
  }
  const figures = { "busy lag ms": Math.max(0, ...busy), "idle or waiting lag ms": Math.max(0, ...over) };
  for (const [name, ms] of Object.entries(figures)) await desk.check(ms < LAG_BOUND_MS, `${name} is ${ms}`);
  return figures;
}

/** Ms from `from` until the tree said one of these; 0 when it said so already. */
function lagOf(
  sightings: readonly Sighting[],
  within: { from: number; to: number },
  states: readonly NodeState[],
): number {
  const then = sightings.findLast((one) => one.at <= within.from);
  if (then !== undefined && states.includes(then.state)) return 0;
  const first = sightings.find((one) => one.at > within.from && states.includes(one.state));
  return first === undefined || first.at > within.to ? LAG_BOUND_MS : first.at - within.from;
}

export const killsStory: Story = {
  name: "kills",
  promise:
    "killed in the middle of an answer, a tool call and a permission dialog it is taken up with its conversation",
  async run(desk) {
    await desk.up(say("remember the word heliotrope [[text noted]]"));
    await turnOver(desk, 1);
    await killed(desk, "an answer", () => longAnswer(desk));
    // An update put the CLI at another path meanwhile.
    await placeLauncher(join(desk.dir, "bin"), desk.drive.cli, `exec "${desk.cliPath}" "$@"`);
    await killed(desk, "a tool call", async () => {
      await desk.send(say(`${desk.drive.shell("touch begun; sleep 60; touch ended")} [[text all-done]]`));
      await desk.answer(await desk.item("permission"), "allow");
      await desk.eventually("the tool runs", () => existsSync(join(desk.place.cwd, "begun")));
    });
    await killed(desk, "a permission dialog", async () => {
      await desk.send(say(`${desk.drive.shell("touch never")} [[text all-done]]`));
      await desk.item("permission");
    });
    const before = desk.turns.length;
    await desk.send(say("go on [[text going-on]]"));
    await turnOver(desk, before + 1);
    const { conversation = "" } = desk.turns.at(-1) ?? {};
    await desk.check(conversation.includes("heliotrope"), "the conversation is kept");
    await desk.check(!existsSync(join(desk.place.cwd, "ended")), "the tool was ended with its agent");
    await desk.check(!existsSync(join(desk.place.cwd, "never")), "what nobody allowed was not done");
    const briefings = desk.turns.filter((turn) => turn.prompt.includes("[[text noted]]")).length;
    await desk.check(briefings === 1, `the briefing was sent ${briefings} times`);
    return { lives: desk.node.generation };
  },
};

async function settled(desk: AgentDesk): Promise<void> {
  const { startedAt = "" } = desk.node;
  await desk.eventually("the settle window is over", () => Date.now() - Date.parse(startedAt) > SETTLED_MS);
}

/** kill -9 in that moment; the next life takes the conversation up, asks nothing and spends nothing by itself. */
async function killed(desk: AgentDesk, moment: string, begin: () => Promise<unknown>): Promise<void> {
  await settled(desk);
  await begin();
  const { generation, cliSessionId } = desk.node;
  const spent = desk.turns.length;
  desk.killAgent();
  const next = await desk.until(
    `resumed after ${moment}`,
    (node) => node.generation === generation + 1 && node.state === "idle",
  );
  await desk.check(next.mode === "resumed", `after ${moment} it is ${String(next.mode)}`);
  await desk.check(next.cliSessionId === cliSessionId, `after ${moment} it is the same conversation`);
  await desk.check(next.exitCause === "crashed", `after ${moment} the cause is ${String(next.exitCause)}`);
  await desk.check(next.exitDetail === "Killed by SIGKILL", `after ${moment} it says ${String(next.exitDetail)}`);
  await desk.check(desk.open.length === 0, `after ${moment} nothing waits in the inbox`);
  await desk.check(desk.turns.length === spent, `after ${moment} nothing was spent`);
}

const goneStory: Story = {
  name: "gone",
  promise: "whose conversation is gone, or never was, starts fresh with its briefing once, and the tree says so",
  async run(desk) {
    await desk.up(say("the briefing [[text briefed]]"), { resume: desk.drive.unknownSession });
    await turnOver(desk, 1);
    const fresh = await desk.until("fresh after the stale id", (node) => node.cliSessionId !== undefined);
    await desk.check(fresh.mode === "fresh", `it is ${String(fresh.mode)}`);
    await desk.check(/gone/.test(fresh.exitDetail ?? ""), `it says ${String(fresh.exitDetail)}`);
    await desk.drive.forgetSessions(desk.place);
    desk.killAgent();
    await turnOver(desk, 2);
    const { node } = desk;
    await desk.check(node.mode === "fresh", `it is ${String(node.mode)}`);
    await desk.check(/gone/.test(node.exitDetail ?? ""), `it says ${String(node.exitDetail)}`);
    await desk.check(desk.turns.length === 2, `the briefing was sent ${desk.turns.length} times`);
    return { lives: node.generation };
  },
};

const troublesStory: Story = {
  name: "troubles",
  promise: "out of quota, signed out or cut off it says which, and goes on when told after that is over",
  async run(desk) {
    const { drive, model } = desk;
    await desk.up(say("remember the word heliotrope [[text noted]]"));
    await turnOver(desk, 1);
    model.setTrouble(drive.limit(undefined));
    await desk.send(say("one [[text first]]"));
    await desk.until("a limit is a limit", (node) => node.state === "rate_limited");
    const limit = await desk.item("rate_limited");
    // Some ask whether to go on trying.
    const stop = limit.options.find((option) => option.label === "Stop");
    if (stop !== undefined) await desk.answer(limit, stop.id);
    model.setTrouble(drive.unauthorized);
    await desk.send(say("two [[text second]]"));
    await desk.until("a lost login is a lost login", (node) => node.state === "needs_login");
    model.setTrouble(undefined);
    const before = desk.turns.length;
    await desk.send(say("three [[text third]]"));
    await turnOver(desk, before + 1);
    await desk.check(desk.turns.at(-1)?.conversation.includes("heliotrope") === true, "the conversation is kept");
    await desk.check(desk.open.length === 0, "nothing waits in the inbox");
    await desk.check(desk.node.restarts === 0, "nothing was restarted");
    return {};
  },
};

export const STORIES: readonly Story[] = [statesStory, killsStory, goneStory, troublesStory];
