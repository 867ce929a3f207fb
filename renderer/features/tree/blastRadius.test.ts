import { describe, expect, test } from "vitest";
import { blastRadius, type BlastNode } from "./blastRadius.ts";
import { blastLines, blastSentence } from "./blastWords.ts";

function agent(id: string, more: Partial<BlastNode> = {}): BlastNode {
  return {
    id,
    path: `shop/${id}`,
    kind: "agent",
    state: "busy",
    restart: "transient",
    cliSessionId: `${id}-1`,
    children: [],
    ...more,
  };
}
function supervisor(id: string, children: BlastNode[], more: Partial<BlastNode> = {}): BlastNode {
  return {
    id,
    path: `shop/${id}`,
    kind: "supervisor",
    state: "busy",
    strategy: "one_for_one",
    intensity: 5,
    restartsInWindow: 0,
    restart: "permanent",
    children,
    ...more,
  };
}
function shop(children: BlastNode[], more: Partial<BlastNode> = {}): BlastNode {
  return { ...supervisor("shop", children, more), path: "shop", restart: "temporary" };
}
function hits(root: BlastNode, id: string): Record<string, string> {
  return Object.fromEntries(
    [...(blastRadius(root, `shop/${id}`)?.effects ?? [])].map(([path, effect]) => [path.slice(5), effect]),
  );
}
function says(root: BlastNode, path: string): string {
  const radius = blastRadius(root, path);
  if (radius === undefined) return "";
  const { lead, rest } = blastSentence(radius);
  return `${lead} ${rest}`;
}

const fresh = { cliSessionId: undefined };
const five = [agent("planner"), agent("migrator"), agent("builder"), agent("tester"), agent("reviewer", fresh)];

describe("strategies", () => {
  test("one_for_one: only the one that failed", () => {
    const root = shop([supervisor("web", five, { restartsInWindow: 2 })]);
    expect(hits(root, "builder")).toEqual({ builder: "resumes" });
    expect(says(root, "shop/builder")).toBe(
      "If builder fails, it restarts alone and resumes its session. web would be at 3 of 5.",
    );
    expect(says(root, "shop/reviewer")).toBe(
      "If reviewer fails, it restarts alone with a fresh session. web would be at 3 of 5.",
    );
    expect(blastRadius(root, "shop/builder")?.reach).toEqual({ from: 2, to: 2, at: 2 });
  });

  test("simple_one_for_one: the same", () => {
    expect(hits(shop([supervisor("pool", five, { strategy: "simple_one_for_one" })]), "tester")).toEqual({
      tester: "resumes",
    });
  });

  test("rest_for_one: it and those started after it", () => {
    const root = shop([supervisor("checkout", five, { strategy: "rest_for_one", restartsInWindow: 1 })]);
    expect(hits(root, "migrator")).toEqual({
      migrator: "resumes",
      builder: "resumes",
      tester: "resumes",
      reviewer: "fresh",
    });
    expect(says(root, "shop/migrator")).toBe(
      "If migrator fails, 4 agents restart: it and the 3 started after it. 3 resume, 1 starts fresh. checkout would be at 2 of 5.",
    );
    expect(blastRadius(root, "shop/migrator")?.reach).toEqual({ from: 1, to: 4, at: 1 });
  });

  test("one_for_all: everybody, both directions", () => {
    const root = shop([supervisor("data", five, { strategy: "one_for_all" })]);
    expect(Object.keys(hits(root, "builder"))).toEqual(["planner", "migrator", "builder", "tester", "reviewer"]);
    expect(says(root, "shop/builder")).toBe(
      "If builder fails, 5 agents restart: all of data. 4 resume, 1 starts fresh. data would be at 1 of 5.",
    );
    expect(blastRadius(root, "shop/builder")?.reach).toEqual({ from: 0, to: 4, at: 2 });
  });

  test("rest_for_one over supervisors takes the whole subtree of later siblings", () => {
    const root = shop(
      [agent("api"), supervisor("builders", [agent("fixer"), agent("linter", { restart: "temporary" })])],
      { strategy: "rest_for_one" },
    );
    expect(hits(root, "api")).toEqual({ api: "resumes", fixer: "resumes", linter: "resumes" });
  });
});

describe("restart types", () => {
  test("a temporary agent is not restarted and takes nobody with it", () => {
    const root = shop([
      supervisor("all", [agent("a"), agent("once", { restart: "temporary" })], { strategy: "one_for_all" }),
    ]);
    expect(hits(root, "once")).toEqual({ once: "ends" });
    expect(says(root, "shop/once")).toBe(
      "If once fails, it is not restarted: its restart type is temporary. No other agent is hit.",
    );
  });

  test("a temporary bystander is terminated and not restarted", () => {
    const root = shop([
      supervisor("all", [agent("a"), agent("once", { restart: "temporary" }), agent("b")], { strategy: "one_for_all" }),
    ]);
    expect(hits(root, "a")).toEqual({ a: "resumes", once: "ends", b: "resumes" });
    expect(says(root, "shop/a")).toBe(
      "If a fails, 2 agents restart: all of all. 2 resume, 1 is not restarted. all would be at 1 of 5.",
    );
  });
});

describe("intensity", () => {
  test("the last restart that is left is still taken", () => {
    expect(
      blastRadius(shop([supervisor("web", five, { intensity: 3, restartsInWindow: 2 })]), "shop/builder")?.givesUp,
    ).toEqual([]);
  });

  test("with none left the supervisor gives up and a permanent one is restarted by its parent", () => {
    const root = shop(
      [supervisor("data", [agent("in"), agent("out", fresh)], { intensity: 3, restartsInWindow: 3 }), agent("other")],
      { restartsInWindow: 1 },
    );
    expect(hits(root, "in")).toEqual({ in: "resumes", out: "fresh" });
    expect(says(root, "shop/in")).toBe(
      "If in fails, data gives up: 3 of 3 restarts are used. 2 agents stop. shop then restarts data. 1 resumes, 1 starts fresh. shop would be at 2 of 5.",
    );
  });

  test("a transient supervisor that gave up left in an orderly way, so nobody restarts it", () => {
    const root = shop([
      supervisor("data", [agent("in"), agent("out")], { intensity: 0, restart: "transient" }),
      agent("other"),
    ]);
    expect(hits(root, "in")).toEqual({ in: "stops", out: "stops" });
    expect(says(root, "shop/in")).toBe(
      "If in fails, data gives up: 0 of 0 restarts are used. 2 agents stop. data stays down until you restart it, because it is transient.",
    );
  });

  test("climbs as far as restarts are used up, to the top that stays down", () => {
    const root = shop([supervisor("data", [agent("in")], { intensity: 1, restartsInWindow: 1 }), agent("other")], {
      intensity: 1,
      restartsInWindow: 1,
    });
    expect(hits(root, "in")).toEqual({ in: "stops", other: "stops" });
    expect(says(root, "shop/in")).toContain(
      "shop has no restart left either and gives up too. shop stays down until you start it.",
    );
  });

  test("the parent's strategy decides who goes with the supervisor", () => {
    const root = shop(
      [
        agent("first"),
        supervisor("data", [agent("in")], { restartsInWindow: 5 }),
        supervisor("web", [agent("ui", fresh)]),
      ],
      { strategy: "rest_for_one" },
    );
    expect(hits(root, "in")).toEqual({ in: "resumes", ui: "fresh" });
  });
});

describe("supervisors", () => {
  test("one that gives up stops its agents and is restarted by its parent", () => {
    expect(says(shop([supervisor("web", five)]), "shop/web")).toBe(
      "If web gives up, 5 agents stop. shop then restarts web. 4 resume, 1 starts fresh. shop would be at 1 of 5.",
    );
  });

  test("the top of a fleet stays down", () => {
    expect(says(shop([supervisor("web", five)]), "shop")).toBe(
      "If shop gives up, 5 agents stop. shop stays down until you start it.",
    );
  });

  test("one that has given up cannot fail again", () => {
    const root = shop([
      supervisor("data", [agent("in", { state: "gave_up" }), agent("out", { state: "stopped" })], {
        state: "escalated",
      }),
    ]);
    expect(says(root, "shop/out")).toBe("data gave up. out stays down until you restart data.");
    expect(says(root, "shop/data")).toBe("data gave up. Its 2 agents stay down until you restart data.");
  });
});

test("the inspector names who resumes and who starts fresh", () => {
  const radius = blastRadius(shop([supervisor("checkout", five, { strategy: "rest_for_one" })]), "shop/migrator");
  expect(radius && blastLines(radius, 18)).toEqual({
    headline: "4 of 18 agents restart",
    lines: ["migrator, builder and tester resume.", "reviewer starts fresh.", "checkout would be at 1 of 5."],
  });
});

test("a path that is not in the fleet has no blast radius", () => {
  expect(blastRadius(shop([]), "shop/nobody")).toBeUndefined();
});
