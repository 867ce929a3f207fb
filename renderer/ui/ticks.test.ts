import { expect, test } from "vitest";
import { NODE_STATES } from "#shared/model/states.ts";
import { tickStrokes } from "./ticks.ts";

/** States that mean the same to the eye: a person is wanted. */
const SAME = [["waiting_permission", "waiting_answer", "needs_login"]];

test("every state has its own line, without its colour", () => {
  const shapes = new Map(
    NODE_STATES.map((state) => [state, JSON.stringify(tickStrokes(state, { x1: 0, x2: 120, y: 0 }))]),
  );
  const merged = NODE_STATES.filter((state) => !SAME.some((group) => group.indexOf(state) > 0));
  // Idle and done differ in weight alone: done is faint.
  expect(new Set(merged.map((state) => shapes.get(state))).size).toBe(merged.length);
});

test("on the shortest line every stroke stays between branch and joint", () => {
  for (const state of NODE_STATES) {
    for (const { d } of tickStrokes(state, { x1: 100, x2: 130, y: 0 })) {
      const xs = [...d.matchAll(/[MH](-?\d+(?:\.\d+)?)/g)].map((match) => Number(match[1]));
      for (const x of xs) expect(x >= 100 && x <= 130, `${state}: ${d}`).toBe(true);
    }
  }
});
