import { describe, expect, test } from "vitest";
import { bigFleet, downFleet, sampleFleet } from "#test/support/demoCore/sampleFleets.ts";
import { applyTreeItem, EMPTY_TREE } from "./treeSlice.ts";

const now = Date.UTC(2026, 5, 12, 14, 6);
const started = applyTreeItem(EMPTY_TREE, { type: "snapshot", fleets: [sampleFleet(now), downFleet(now)] });

describe("fleets as a normalised map", () => {
  test("a snapshot gives every node its place", () => {
    expect([...started.fleets.keys()]).toEqual(["fleet", "shop"]);
    expect(started.children.get("fleet")).toEqual([
      "fleet/checkout-api",
      "fleet/web-app",
      "fleet/data-pipeline",
      "fleet/docs",
      "fleet/ops",
    ]);
    expect(started.parents.get("fleet/ingest")).toBe("fleet/data-pipeline");
    expect(started.children.has("fleet/ingest")).toBe(false);
    expect(started.nodes.get("fleet/ingest")?.state).toBe("gave_up");
  });

  test("a change touches only its node", () => {
    const planner = started.nodes.get("fleet/planner");
    if (planner === undefined) throw new Error("sample without planner");
    const after = applyTreeItem(started, { type: "nodes", nodes: [{ ...planner, state: "busy" }] });
    expect(after.nodes.get("fleet/planner")?.state).toBe("busy");
    const touched = [...after.nodes].filter(([path, node]) => started.nodes.get(path) !== node).map(([path]) => path);
    expect(touched).toEqual(["fleet/planner"]);
    expect(after.children).toBe(started.children);
  });

  test("a patch that changes nothing keeps the node's identity, and an unknown node is left to its fleet", () => {
    const planner = started.nodes.get("fleet/planner");
    if (planner === undefined) throw new Error("sample without planner");
    const after = applyTreeItem(started, {
      type: "nodes",
      nodes: [{ ...planner }, { ...planner, path: "fleet/nobody" }],
    });
    expect(after.nodes.get("fleet/planner")).toBe(planner);
    expect(after.nodes.has("fleet/nobody")).toBe(false);
  });

  test("a fleet told anew replaces its nodes and keeps the rest and what is equal", () => {
    const fleet = sampleFleet(now);
    const smaller = { ...fleet, root: { ...fleet.root, children: fleet.root.children.slice(0, 1) } };
    const after = applyTreeItem(started, { type: "fleet", fleet: smaller });
    expect(after.nodes.has("fleet/ingest")).toBe(false);
    expect(after.parents.has("fleet/ingest")).toBe(false);
    expect(after.nodes.get("fleet/planner")).toBe(started.nodes.get("fleet/planner"));
    expect(after.children.get("fleet/checkout-api")).toBe(started.children.get("fleet/checkout-api"));
    expect(after.nodes.has("shop/api")).toBe(true);
  });

  test("a removed fleet leaves nothing behind", () => {
    const after = applyTreeItem(started, { type: "fleet_removed", name: "shop" });
    expect([...after.fleets.keys()]).toEqual(["fleet"]);
    expect([...after.nodes.keys()].some((path) => path.startsWith("shop"))).toBe(false);
  });

  test("a hundred changes among a thousand nodes are applied in well under a frame each", () => {
    let tree = applyTreeItem(EMPTY_TREE, { type: "snapshot", fleets: [bigFleet(1000, now)] });
    const workers = [...tree.nodes.values()].filter((node) => node.kind === "agent").slice(0, 100);
    const startedAt = performance.now();
    for (const worker of workers)
      tree = applyTreeItem(tree, { type: "nodes", nodes: [{ ...worker, state: "paused" }] });
    expect(performance.now() - startedAt).toBeLessThan(500);
    expect([...tree.nodes.values()].filter((node) => node.state === "paused").length).toBeGreaterThanOrEqual(100);
  });
});
