import { describe, expect, test } from "vitest";
import type { BlastNode } from "./blastRadius.ts";
import { actionFor, consequenceOf, topmost } from "./consequence.ts";
import { steer } from "./steer.ts";

function agent(id: string, state: BlastNode["state"], cliSessionId?: string): BlastNode {
  return { id, path: `shop/${id}`, kind: "agent", state, cliSessionId, children: [] };
}
const web: BlastNode = {
  id: "web",
  path: "shop/web",
  kind: "supervisor",
  state: "busy",
  children: [agent("a", "busy", "1"), agent("b", "paused"), agent("c", "stopped")],
};

describe("what an act reaches", () => {
  test.each([
    ["stop", 2, "Stop 2 agents of web?"],
    ["pause", 1, "Pause a?"],
    ["resume", 1, "Resume b?"],
    ["start", 1, "Start c?"],
    ["restart", 3, "Restart 3 agents of web?"],
  ] as const)("%s", (action, agents, title) => {
    expect(consequenceOf(action, [web])).toMatchObject({ agents, title, isDanger: action === "stop" });
  });

  test("restarting says who resumes and that it does not count", () => {
    expect(consequenceOf("restart", [web]).body).toBe(
      "1 resumes, 2 start fresh. What they are doing now is interrupted. A restart by you does not count toward intensity.",
    );
  });

  test("a node below another chosen one is not asked twice", () => {
    const parents = new Map([
      ["shop/a", "shop/web"],
      ["shop/web", "shop"],
    ]);
    expect(topmost(["shop/web", "shop/a", "shop/x"], (path) => parents.get(path))).toEqual(["shop/web", "shop/x"]);
  });

  test("P resumes only when all that live are paused, R starts what does not run", () => {
    expect(actionFor("P", web)).toBe("pause");
    expect(actionFor("P", agent("b", "paused"))).toBe("resume");
    expect(actionFor("R", agent("c", "gave_up"))).toBe("start");
    expect(actionFor("R", agent("d", "backoff"))).toBe("restart");
  });
});

describe("arrow keys", () => {
  const rows = [
    { path: "f", parent: undefined, isOpen: true },
    { path: "f/a", parent: "f", isOpen: true },
    { path: "f/a/1", parent: "f/a" },
    { path: "f/b", parent: "f", isOpen: false },
  ];
  test.each([
    [undefined, "down", { type: "select", path: "f" }],
    ["f/a/1", "down", { type: "select", path: "f/b" }],
    ["f/b", "down", undefined],
    ["f", "up", undefined],
    ["f/a", "right", { type: "select", path: "f/a/1" }],
    ["f/b", "right", { type: "fold", path: "f/b", isOpen: true }],
    ["f/a/1", "right", undefined],
    ["f/a", "left", { type: "fold", path: "f/a", isOpen: false }],
    ["f/b", "left", { type: "select", path: "f" }],
    ["f", "left", undefined],
    ["f/a", "end", { type: "select", path: "f/b" }],
    ["f/b", "home", { type: "select", path: "f" }],
  ] as const)("at %s, %s", (at, key, expected) => {
    expect(steer(rows, at, key)).toEqual(expected);
  });
});
