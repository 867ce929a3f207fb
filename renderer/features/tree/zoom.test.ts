import { describe, expect, test } from "vitest";
import type { LayoutNode } from "./layout.ts";
import { defaultLevel, sizeOf } from "./zoom.ts";

function group(path: string, count: number): LayoutNode {
  const agents = Array.from({ length: count }, (_, at) => ({
    path: `${path}/${at}`,
    kind: "agent" as const,
    children: [],
  }));
  return { path, kind: "supervisor", children: agents };
}

/** Areas of ten groups of three agents. */
function fleet(areas: number): LayoutNode {
  const area = (at: number): LayoutNode => ({
    path: `f/${at}`,
    kind: "supervisor",
    children: Array.from({ length: 10 }, (_, index) => group(`f/${at}/${index}`, 3)),
  });
  return { path: "f", kind: "supervisor", children: Array.from({ length: areas }, (_, at) => area(at)) };
}

describe("the level a tree opens at", () => {
  test("is full rows up to 40 agents, then lamps on lines, then areas where the lines are more than two screens", () => {
    expect(defaultLevel(sizeOf([group("f", 40)]), 900)).toBe(1);
    expect(defaultLevel(sizeOf([group("f", 41)]), 900)).toBe(2);
    expect(defaultLevel(sizeOf([fleet(5)]), 900)).toBe(2);
    expect(defaultLevel(sizeOf([fleet(6)]), 900)).toBe(3);
  });

  test("goes by the window: what is two screens of a large one is four of the smallest", () => {
    expect(defaultLevel(sizeOf([fleet(3)]), 900)).toBe(2);
    expect(defaultLevel(sizeOf([fleet(3)]), 520)).toBe(3);
    // Nothing to fold.
    expect(defaultLevel(sizeOf([group("f", 200)]), 520)).toBe(2);
  });

  test("does not flip with every agent that comes and goes, nor while a window is dragged", () => {
    expect(defaultLevel(sizeOf([group("f", 38)]), 900, 2)).toBe(2);
    expect(defaultLevel(sizeOf([group("f", 34)]), 900, 2)).toBe(1);
    expect(defaultLevel(sizeOf([group("f", 38)]), 900, 1)).toBe(1);
    expect(defaultLevel(sizeOf([fleet(4)]), 700, 3)).toBe(3);
    expect(defaultLevel(sizeOf([fleet(4)]), 900, 3)).toBe(2);
    // What is shown stays what is shown while nothing changes.
    for (const now of [1, 2, 3] as const)
      for (const px of [520, 700, 900, 1400]) {
        const level = defaultLevel(sizeOf([fleet(4)]), px, now);
        expect(defaultLevel(sizeOf([fleet(4)]), px, level)).toBe(level);
      }
  });
});
