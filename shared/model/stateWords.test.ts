import { expect, test } from "vitest";
import { NODE_STATES } from "./states.ts";
import type { NodeState } from "./states.ts";
import { cliName, homeSentence, isRunning, STATE_WORDS, stateWords } from "./stateWords.ts";
import type { WordedNode } from "./stateWords.ts";

const now = new Date("2026-06-12T14:06:00").getTime();
const ago = (ms: number) => new Date(now - ms).toISOString();
const node = (state: NodeState, more: Partial<WordedNode> = {}): WordedNode => ({
  state,
  stateSince: ago(240_000),
  generation: 1,
  ...more,
});

const EXPECTED: Record<NodeState, string> = {
  starting: "Starting",
  idle: "Idle 4m",
  busy: "Busy 4m",
  waiting_permission: "Waiting for you 4m",
  waiting_answer: "Waiting for you 4m",
  rate_limited: "Rate-limited 4m",
  needs_login: "Needs you to sign in",
  paused: "Paused by you",
  backoff: "Restarting",
  stopping: "Stopping",
  stopped: "Stopped",
  done: "Done 14:02",
  crashed: "Crashed",
  gave_up: "Gave up",
  escalated: "Escalated 14:02",
};

test.each(NODE_STATES)("%s has its words", (state) => {
  expect(stateWords(node(state), now)).toBe(EXPECTED[state]);
  expect(STATE_WORDS[state]).not.toBe("");
});

test("words carry what is known: the life, the countdown, the end, the cause", () => {
  expect(stateWords(node("starting", { generation: 2 }), now)).toBe("Starting, life 2");
  expect(stateWords(node("backoff", { nextStartAt: new Date(now + 12_000).toISOString() }), now)).toBe(
    "Restart in 0:12",
  );
  expect(stateWords(node("rate_limited", { nextStartAt: new Date(now + 840_000).toISOString() }), now)).toBe(
    "Rate-limited to 14:20",
  );
  expect(stateWords(node("gave_up", { exitDetail: "Exit 1" }), now)).toBe("Gave up, exit 1");
  expect(stateWords(node("crashed", { exitDetail: "Killed by SIGKILL" }), now)).toBe("Crashed, killed by SIGKILL");
  expect(stateWords(node("paused", { pauseKind: "held" }), now)).toBe("Paused, no new work");
});

test.each([
  [{ needs: 4, broken: 2, running: 12, agents: 18 }, "4 things need you. 2 are broken. 12 of 18 agents are running."],
  [{ needs: 1, broken: 1, running: 1, agents: 18 }, "1 thing needs you. 1 is broken. 1 of 18 agents are running."],
  [{ needs: 0, broken: 0, running: 9, agents: 9 }, "Nothing needs you. 9 agents are running."],
  [{ needs: 0, broken: 0, running: 1, agents: 1 }, "Nothing needs you. 1 agent is running."],
  [{ needs: 0, broken: 0, running: 0, agents: 3 }, "Nothing needs you. No agent is running."],
  [{ needs: 0, broken: 0, running: 0, agents: 0 }, "No agents yet."],
])("Home says it in one sentence: %j", (counts, sentence) => expect(homeSentence(counts)).toBe(sentence));

test("running is alive and not held back", () => {
  expect(NODE_STATES.filter((state) => isRunning(state))).toEqual([
    "starting",
    "idle",
    "busy",
    "waiting_permission",
    "waiting_answer",
    "rate_limited",
    "needs_login",
  ]);
});

test("a CLI is called what its makers call it", () => {
  expect([cliName("claude"), cliName("aider"), cliName(undefined)]).toEqual(["Claude Code", "aider", ""]);
});
