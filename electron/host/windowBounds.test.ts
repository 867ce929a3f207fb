import { expect, test } from "vitest";
import { initialWindow } from "./windowBounds.ts";

const laptop = { x: 0, y: 25, width: 1512, height: 920 };
const external = { x: 1512, y: 0, width: 2560, height: 1400 };
const remembered = { x: 1700, y: 60, width: 1200, height: 800, isMaximized: false };

test("the window comes back where it was", () => {
  expect(initialWindow(remembered, [laptop, external])).toEqual(remembered);
});

test("a window on a screen that is gone comes back in the middle of the first one, at its size", () => {
  expect(initialWindow(remembered, [laptop])).toEqual({ x: 156, y: 85, width: 1200, height: 800, isMaximized: false });
});

test("a title bar above the screen or too little of it counts as gone", () => {
  expect(initialWindow({ ...remembered, x: 100, y: -40 }, [laptop]).y).toBe(85);
  expect(initialWindow({ ...remembered, x: 1480, y: 60 }, [laptop]).x).toBe(156);
});

test("no window is larger than its screen or smaller than the layout", () => {
  expect(initialWindow({ ...remembered, x: 0, y: 30, width: 9000, height: 10 }, [laptop])).toEqual({
    x: 0,
    y: 30,
    width: 1512,
    height: 520,
    isMaximized: false,
  });
});

test.each([undefined, null, "text", { x: "1" }, { ...remembered, width: 1.5 }])(
  "nonsense on disk (%j) means the first start",
  (nonsense) => {
    expect(initialWindow(nonsense, [laptop])).toEqual({ x: 36, y: 35, width: 1440, height: 900, isMaximized: false });
  },
);
