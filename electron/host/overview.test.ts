import { expect, test } from "vitest";
import { aFleet, aNode, anInboxItem } from "#test/support/hostFixtures.ts";
import { agentCounts, EMPTY_OVERVIEW, waiting, withInbox, withStatus, withTree } from "./overview.ts";

const paths = (overview: ReturnType<typeof withTree>) => [...overview.nodes.keys()];
const snapshot = withTree(EMPTY_OVERVIEW, {
  type: "snapshot",
  fleets: [
    aFleet("shop", [aNode("shop/api", { state: "busy" }), aNode("shop/old", { state: "done" })]),
    aFleet("shopper", [aNode("shopper/x")]),
  ],
});

test("a snapshot replaces everything that was known", () => {
  const later = withTree(snapshot, { type: "snapshot", fleets: [aFleet("lab")] });
  expect(paths(later)).toEqual(["lab"]);
});

test("a delta changes the nodes it names and leaves the others", () => {
  const later = withTree(snapshot, { type: "nodes", nodes: [aNode("shop/api", { state: "crashed" })] });
  expect(paths(later)).toEqual(paths(snapshot));
  expect(later.nodes.get("shop/api")?.state).toBe("crashed");
});

test("removing a fleet takes its nodes and not those of a fleet whose name begins the same", () => {
  expect(paths(withTree(snapshot, { type: "fleet_removed", name: "shop" }))).toEqual(["shopper", "shopper/x"]);
});

test("a changed fleet loses the children it no longer has", () => {
  const later = withTree(snapshot, { type: "fleet", fleet: aFleet("shop", [aNode("shop/new")]) });
  expect(paths(later).sort()).toEqual(["shop", "shop/new", "shopper", "shopper/x"]);
});

test("counts are of agents, and running means a living process", () => {
  expect(agentCounts(snapshot)).toEqual({ running: 2, total: 3 });
});

test("only open items wait, the longest wait first", () => {
  const first = withInbox(snapshot, {
    type: "snapshot",
    items: [
      anInboxItem("b", { since: "2026-11-20T12:05:00.000Z" }),
      anInboxItem("a"),
      anInboxItem("c", { status: "snoozed" }),
    ],
  });
  expect(waiting(first).map((item) => item.id)).toEqual(["a", "b"]);
  const answered = withInbox(first, { type: "item", item: anInboxItem("a", { status: "answered" }) });
  expect(waiting(answered).map((item) => item.id)).toEqual(["b"]);
});

test("the keeper's state comes from the status stream", () => {
  expect(withStatus(snapshot, { keeper: "lost", store: "ok", lastSeq: 1, interrupted: [] }).keeper).toBe("lost");
});
