import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { layoutTree, ROW_PX, type LayoutNode, type LayoutRow, type TreeLayout, type ZoomLevel } from "./layout.ts";
import { blastRadius, type BlastNode } from "./blastRadius.ts";
import { blastLine, escalationLine, linesWithin, rowAt, rowsWithin, shownRow, steadyScroll } from "./place.ts";

function agent(path: string): LayoutNode {
  return { path, kind: "agent", children: [] };
}
function supervisor(path: string, children: LayoutNode[], strategy = "one_for_one"): LayoutNode {
  return { path, kind: "supervisor", strategy, children };
}
function group(path: string, count: number, strategy?: string): LayoutNode {
  return supervisor(
    path,
    Array.from({ length: count }, (_, index) => agent(`${path}/${index}`)),
    strategy,
  );
}

/** Random trees to depth five, agents and supervisors mixed under any supervisor. */
const trees = fc
  .letrec<{ node: number | object; inner: object }>((tie) => ({
    node: fc.oneof({ maxDepth: 4, depthSize: "small" }, fc.constant(0), tie("inner")),
    inner: fc.record({ kids: fc.array(tie("node"), { maxLength: 14 }) }),
  }))
  .inner.map((raw) => build(raw, "f"));

function build(raw: unknown, path: string): LayoutNode {
  if (typeof raw !== "object" || raw === null || !("kids" in raw) || !Array.isArray(raw.kids)) return agent(path);
  return supervisor(
    path,
    raw.kids.map((kid: unknown, index) => build(kid, `${path}/${index}`)),
    path.length % 2 === 0 ? "rest_for_one" : "one_for_all",
  );
}

const inputs = fc.record({
  roots: fc
    .array(trees, { minLength: 1, maxLength: 3 })
    .map((roots) => roots.map((root, index) => rename(root, String(index)))),
  level: fc.constantFrom<ZoomLevel>(1, 2, 3),
  width: fc.integer({ min: 420, max: 2400 }),
});

function rename(node: LayoutNode, prefix: string): LayoutNode {
  return { ...node, path: `${prefix}${node.path}`, children: node.children.map((child) => rename(child, prefix)) };
}

function slantsOf(layout: TreeLayout): { dx: number; dy: number }[] {
  return layout.lines.flatMap((line) =>
    line.points.slice(1).map((point, index) => ({
      dx: point.x - (line.points[index]?.x ?? 0),
      dy: point.y - (line.points[index]?.y ?? 0),
    })),
  );
}

describe("every tree, at every level and width", () => {
  test("has only horizontal, vertical and exact 45 degree segments", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        for (const { dx, dy } of slantsOf(layoutTree(input)))
          expect(dx === 0 || dy === 0 || Math.abs(dx) === Math.abs(dy)).toBe(true);
      }),
    );
  });

  test("gives every row its own place: reading order goes down, and no two rows share a line except a name and its first agent", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { rows } = layoutTree(input);
        rows.slice(1).forEach((row, index) => {
          const above = rows[index];
          if (above === undefined) return;
          const isFirstOfBlock = above.kind === "block" && row.parent === above.path;
          if (isFirstOfBlock) expect(row.y).toBe(above.y);
          else expect(row.y - above.y).toBeGreaterThanOrEqual(ROW_PX);
          expect(row.x >= 0 && row.fork.x <= row.x + 8).toBe(true);
        });
      }),
    );
  });

  test("never lets the facts below a name run into the next supervisor", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { rows } = layoutTree(input);
        const names = rows.filter((row) => row.kind !== "agent");
        names.slice(1).forEach((row, index) => {
          const above = names[index];
          if (above?.kind === "block") expect(row.y - above.y).toBeGreaterThanOrEqual(64);
        });
      }),
    );
  });

  test("keeps room on every agent's line for the state it shows", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const layout = layoutTree(input);
        for (const { tick } of layout.rows)
          if (tick !== undefined) {
            expect(tick.x2).toBe(layout.columns.jointX);
            expect(tick.x2 - tick.x1).toBeGreaterThanOrEqual(24);
          }
      }),
    );
  });

  test("shows every node exactly once at level 1, with position and set size", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { rows } = layoutTree({ ...input, level: 1 });
        const count = (node: LayoutNode): number => 1 + node.children.reduce((sum, child) => sum + count(child), 0);
        expect(rows.length).toBe(input.roots.reduce((sum, root) => sum + count(root), 0));
        expect(new Set(rows.map((row) => row.path)).size).toBe(rows.length);
        for (const row of rows) expect(row.position >= 1 && row.position <= row.setSize).toBe(true);
      }),
    );
  });

  test("finds the rows of a window as a scan would", () => {
    fc.assert(
      fc.property(inputs, fc.integer({ min: 0, max: 3000 }), (input, top) => {
        const { rows } = layoutTree(input);
        const found = new Set(rowsWithin(rows, top, top + 600));
        for (const row of rows) if (row.y + 14 > top && row.y - 14 < top + 600) expect(found.has(row)).toBe(true);
      }),
    );
  });
});

test("a ladder's rungs step by the row pitch, and its joints stand in one column", () => {
  const layout = layoutTree({
    roots: [supervisor("f", [group("f/a", 5, "rest_for_one"), group("f/b", 3)])],
    level: 1,
    width: 880,
  });
  const rungs = layout.rows.filter((row) => row.parent === "f/a");
  expect(rungs.map((row) => row.order)).toEqual([1, 2, 3, 4, 5]);
  expect(rungs.map((row) => row.fork.x - layout.columns.ladderX)).toEqual([0, 28, 56, 84, 112]);
  expect(new Set(layout.rows.flatMap((row) => row.tick?.x2 ?? []))).toEqual(new Set([layout.columns.jointX]));
});

test("a group that outgrows the ladder bends into a steep trunk and leaves the rungs above the bend in place", () => {
  const at = (count: number): TreeLayout =>
    layoutTree({ roots: [supervisor("f", [group("f/a", count)])], level: 1, width: 1200 });
  const forks = (layout: TreeLayout): unknown[] =>
    layout.rows.filter((row) => row.parent === "f/a").map((row) => row.fork);
  expect(forks(at(20)).slice(0, 8)).toEqual(forks(at(8)));
  const ladder = at(20).lines.find((line) => line.kind === "ladder");
  expect(ladder?.points).toHaveLength(4);
});

describe("semantic zoom", () => {
  const roots = [supervisor("f", [supervisor("f/x", [group("f/x/a", 4), group("f/x/b", 3)]), group("f/c", 2)])];
  const kinds = (level: ZoomLevel, more = {}): Record<string, string> =>
    Object.fromEntries(layoutTree({ roots, level, width: 1000, ...more }).rows.map((row) => [row.path, row.kind]));

  test("level 2 draws a supervisor as one line with lamps, level 3 an area as one line with counts", () => {
    expect(kinds(2)).toEqual({ f: "root", "f/x": "header", "f/x/a": "strip", "f/x/b": "strip", "f/c": "strip" });
    expect(kinds(3)).toEqual({ f: "root", "f/x": "counts", "f/c": "counts" });
  });

  test("what gave up opens itself and all above it, and nothing else", () => {
    expect(kinds(3, { urgent: new Set(["f/x/b/1"]) })).toMatchObject({
      "f/x": "header",
      "f/x/a": "counts",
      "f/x/b": "block",
      "f/x/b/1": "agent",
      "f/c": "counts",
    });
  });

  test("a person's own folding wins, both ways", () => {
    expect(
      kinds(2, {
        urgent: new Set(["f/x/b/1"]),
        folds: new Map([
          ["f/x", false],
          ["f/c", true],
        ]),
      }),
    ).toMatchObject({ "f/x": "counts", "f/c": "block" });
  });

  test("a matched agent is brought into view", () => {
    expect(kinds(3, { matches: new Set(["f/c/1"]) })).toMatchObject({ "f/c": "block", "f/c/1": "agent" });
  });

  test("keeps the place: the selected row, or whatever now stands for it, stays at its height", () => {
    const before = layoutTree({ roots, level: 1, width: 1000 });
    const after = layoutTree({ roots, level: 2, width: 1000 });
    const parentOf = (path: string): string | undefined =>
      path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : undefined;
    const row = rowAt(before, "f/x/b/2");
    const stands = shownRow(after, "f/x/b/2", parentOf);
    expect(stands?.path).toBe("f/x/b");
    const heightOf = (at: LayoutRow | undefined, scrollTop: number): number => (at?.y ?? 0) - scrollTop;
    const scene = { height: 400, hovered: undefined, selected: "f/x/b/2", isNew: false, parentOf };
    const folded = steadyScroll({ ...scene, old: { layout: before, scrollTop: 200, height: 400 }, layout: after });
    expect(heightOf(stands, folded)).toBe(heightOf(row, 200));
    // And back: the agent itself comes to stand where its supervisor's line was, not somewhere below it.
    const opened = steadyScroll({ ...scene, old: { layout: after, scrollTop: 26, height: 400 }, layout: before });
    expect(heightOf(row, opened)).toBe(heightOf(stands, 26));
    // A window that becomes too low for it scrolls to it; one that was scrolled away from it does not.
    const lower = steadyScroll({
      ...scene,
      old: { layout: before, scrollTop: 0, height: 400 },
      layout: before,
      height: 150,
    });
    expect(heightOf(row, lower)).toBeLessThan(150);
    const away = { layout: before, scrollTop: 0, height: 200 };
    expect(steadyScroll({ ...scene, old: away, layout: before, height: 150 })).toBe(0);
  });
});

test("the escalation line runs beside the trunk from the supervisor up to the one that received it", () => {
  const layout = layoutTree({ roots: [supervisor("f", [group("f/a", 5), group("f/b", 5)])], level: 1, width: 900 });
  const line = escalationLine(layout, "f/b");
  const receiver = rowAt(layout, "f");
  if (line === undefined || receiver === undefined) throw new Error("both rows are on the page");
  expect(line.x).toBe(receiver.fork.x - 9);
  expect(line.to).toBe(receiver.y + 12);
  expect(line.from).toBeGreaterThan(line.to);
  expect(line.chevrons[0]).toBe(line.to);
});

test("the blast line follows the ladder at 45 degrees and the trunk straight down, and stops at the last one hit", () => {
  const children = Array.from({ length: 12 }, (_, index): BlastNode => ({
    id: String(index),
    path: `f/${index}`,
    kind: "agent",
    state: "busy",
    children: [],
  }));
  const fleet: BlastNode = {
    id: "f",
    path: "f",
    kind: "supervisor",
    state: "busy",
    strategy: "rest_for_one",
    intensity: 3,
    children,
  };
  const layout = layoutTree({ roots: [fleet], level: 1, width: 1200 });
  const radius = blastRadius(fleet, "f/3");
  const line = radius && blastLine(layout, radius);
  expect(line?.points).toHaveLength(9);
  expect(line?.stops).toEqual([line?.points.at(-1)]);
  expect(line?.ring).toEqual(rowAt(layout, "f/3")?.fork);
  line?.points.slice(1).forEach((point, index) => {
    const dx = point.x - (line.points[index]?.x ?? 0);
    expect(dx === 0 || dx === point.y - (line.points[index]?.y ?? 0)).toBe(true);
  });
});

test("1,000 nodes are laid out in a few milliseconds, and a window holds only what it shows", () => {
  const roots = [
    supervisor(
      "f",
      Array.from({ length: 10 }, (_, area) =>
        supervisor(
          `f/${area}`,
          Array.from({ length: 8 }, (__, index) => group(`f/${area}/${index}`, 12)),
        ),
      ),
    ),
  ];
  layoutTree({ roots, level: 1, width: 1200 });
  const began = performance.now();
  const layout = layoutTree({ roots, level: 1, width: 1200 });
  expect(performance.now() - began).toBeLessThan(100);
  expect(layout.rows.length).toBe(1051);
  expect(rowsWithin(layout.rows, 9000, 9800).length).toBeLessThan(60);
  expect(linesWithin(layout.lines, 9000, 9800).length).toBeLessThan(40);
});
