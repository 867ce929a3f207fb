import { expect, test } from "vitest";
import type { NodePatch } from "#shared/contract/index.ts";
import type { NodeState } from "#shared/model/states.ts";
import { endWords } from "./endWords.ts";
import { gridFor, shownPaths, togglePicked } from "./shown.ts";

const agent = (path: string, state: NodeState): NodePatch => ({
  id: path,
  path,
  kind: "agent",
  state,
  stateSince: "",
  health: "healthy",
  restarts: 0,
  generation: 1,
  sessionId: path,
});

test("free tiles go to those who need a person first, ended ones last", () => {
  const agents = [
    agent("done", "done"),
    agent("idle", "idle"),
    agent("waits", "waiting_permission"),
    agent("busy", "busy"),
  ];
  expect(shownPaths(agents, [], 4)).toEqual(["waits", "busy", "idle", "done"]);
  expect(shownPaths(agents, ["idle", "gone"], 2)).toEqual(["idle", "waits"]);
});

test("a full screen gives its last tile to the newly picked", () => {
  expect(togglePicked(["a", "b"], "c", 2)).toEqual(["a", "c"]);
  expect(togglePicked(["a", "b"], "a", 2)).toEqual(["b"]);
});

test("every tile has a place, in narrow windows, too", () => {
  expect(gridFor(9, 7, false)).toEqual({ columns: 3, rows: 3 });
  expect(gridFor(4, 4, true)).toEqual({ columns: 1, rows: 4 });
  expect(gridFor(6, 2, false)).toEqual({ columns: 2, rows: 1 });
});

test("an ended life says how", () => {
  expect([endWords(3, "Exit 0"), endWords(1, ""), endWords(2, "SIGKILL")]).toEqual([
    "Life 3 ended, exit 0",
    "Life 1 ended",
    "Life 2 ended, SIGKILL",
  ]);
});
