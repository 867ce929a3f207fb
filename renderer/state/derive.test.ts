import { expect, test } from "vitest";
import { sampleFleet } from "#test/support/demoCore/sampleFleets.ts";
import { sampleInbox } from "#test/support/demoCore/sampleRecords.ts";
import { countAgents, homeCounts, sortInbox, subtree, waitingAgents } from "./derive.ts";
import { applyTreeItem, EMPTY_TREE } from "./treeSlice.ts";

const now = Date.UTC(2026, 5, 12, 14, 6);
const tree = applyTreeItem(EMPTY_TREE, { type: "snapshot", fleets: [sampleFleet(now)] });

test("agents are counted by state, supervisors are not, the most urgent state first", () => {
  const counts = countAgents(tree.nodes);
  expect([...counts][0]).toEqual(["gave_up", 1]);
  expect(counts.get("busy")).toBe(5);
  expect(counts.has("escalated")).toBe(false);
  expect(countAgents(tree.nodes)).toBe(counts);
});

test("Home counts what waits in the inbox and what is broken or runs in the tree", () => {
  expect(homeCounts(tree.nodes, sampleInbox(now))).toEqual({ needs: 5, broken: 3, running: 12, agents: 20 });
});

test("the inbox puts what an agent waits for first, then what broke; settled items come last, newest first", () => {
  expect(sortInbox(sampleInbox(now).toReversed()).map((item) => item.id)).toEqual([
    "perm-1",
    "q-1",
    "login-1",
    "esc-1",
    "letter:412",
    "a-4",
    "a-3",
    "a-1",
    "a-2",
  ]);
});

test("those that wait longest come first in the round", () => {
  expect(waitingAgents(tree.nodes).map((node) => node.id)).toEqual(["a11y-fixer", "translator-de", "test-writer"]);
});

test("a subtree holds the node itself and everything below, in the tree's order", () => {
  expect(subtree(tree, "fleet/data-pipeline")).toEqual([
    "fleet/data-pipeline",
    "fleet/ingest",
    "fleet/transform",
    "fleet/loader",
  ]);
});
