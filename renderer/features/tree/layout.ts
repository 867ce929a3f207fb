/**
 * Geometry of the supervision diagram: nested supervisors in, rows and polylines out.
 * Pure and O(n); knows structure, folding, zoom and width, never a node's state beyond "this one gave up".
 * Every slanted segment is exactly 45 degrees, because the row pitch is also the ladder's pitch.
 */
import { chooseColumns, type Columns } from "./columns.ts";
import { planTree, type PlanNode } from "./plan.ts";
import type { LayoutInput } from "./layoutInput.ts";

/** Screens are drawn on a 28 px pitch (design.md section 2). */
export const ROW_PX = 28;

export type { LayoutInput, LayoutNode, ZoomLevel } from "./layoutInput.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * `root` and `header`: facts beside the name, a trunk below its lamp. `block`: facts below the name, a ladder to its right.
 * `strip`: its agents are lamps on its line. `counts`: a lamp and a number per state on its line. `agent`: one row.
 */
export type RowKind = "root" | "header" | "block" | "strip" | "counts" | "agent";

export interface LayoutRow {
  readonly path: string;
  readonly kind: RowKind;
  readonly parent: string | undefined;
  /** From 1, as aria-level. */
  readonly depth: number;
  /** From 1, as aria-posinset. */
  readonly position: number;
  readonly setSize: number;
  /** Centre of the row. */
  readonly y: number;
  /** Left edge of lamp and name. */
  readonly x: number;
  /** Where its line leaves its supervisor's. */
  readonly fork: Point;
  /** The line between branch and joint that shows the state. */
  readonly tick?: { readonly x1: number; readonly x2: number };
  /** Start order, printed under rest_for_one. */
  readonly order?: number;
  /** Supervisors: whether children have rows. */
  readonly isOpen?: boolean;
  /** Agents below it, at any depth. */
  readonly agents: number;
  readonly strip?: {
    readonly x: number;
    readonly step: number;
    readonly end: number;
    readonly paths: readonly string[];
  };
}

/** `main`: 4 px. `branch`: trunk to name. `run`: name to ladder. `ladder`: the agents' diagonal. `spur`: one agent's way to it. */
export type LineKind = "main" | "trunk" | "branch" | "run" | "ladder" | "spur";

export interface LayoutLine {
  /** The node whose state styles it. */
  readonly owner: string;
  readonly kind: LineKind;
  readonly points: readonly Point[];
  readonly top: number;
  readonly bottom: number;
}

export interface TreeLayout {
  readonly rows: readonly LayoutRow[];
  readonly lines: readonly LayoutLine[];
  readonly columns: Columns;
  readonly height: number;
  readonly indexOf: ReadonlyMap<string, number>;
}

interface Draft {
  readonly rows: LayoutRow[];
  readonly lines: LayoutLine[];
  readonly columns: Columns;
  /** Centre of the next row. */
  y: number;
}

/** Where a supervisor's children leave from. */
interface Trunk {
  readonly x: number;
  readonly depth: number;
  readonly owner: PlanNode;
}

const ROOT_X = 30;
const ROOT_Y = 34;
const TO_FIRST_CHILD = 42;
const TO_FIRST_BLOCK = 54;
/** Below a supervisor of supervisors the rows stay as close as its 45 degree branch allows. */
const HEADER_TO_CHILD = 34;
const BLOCK_GAP = 26;
const SECTION_GAP = 12;
/** Name, strategy and levers stand below each other beside the ladder. */
const BLOCK_MIN_HEIGHT = 64;
/** The 45 degree way from a steep trunk to its row. */
const SPUR_PX = 10;
/** Room for the blast bar below the last row. */
const FOOT_PX = 72;

/** Lays the fleets out below each other. Rows come in reading order, which is also the order of `Up` and `Down`. */
export function layoutTree(input: LayoutInput): TreeLayout {
  const plan = planTree(input);
  const columns = chooseColumns(plan, input.width);
  const draft: Draft = { rows: [], lines: [], columns, y: ROOT_Y };
  for (const root of plan) placeRoot(draft, root, plan.length);
  return {
    rows: draft.rows,
    lines: draft.lines,
    columns,
    height: draft.y + FOOT_PX,
    indexOf: new Map(draft.rows.map((row, index) => [row.path, index])),
  };
}

function placeRoot(draft: Draft, root: PlanNode, rootCount: number): void {
  const y = draft.y;
  const isOpen = root.form !== "strip" && root.form !== "counts";
  draft.rows.push({
    path: root.path,
    kind: isOpen ? "root" : "counts",
    parent: undefined,
    depth: 1,
    position: root.position,
    setSize: rootCount,
    y,
    x: ROOT_X - 8,
    fork: { x: ROOT_X, y },
    isOpen,
    agents: root.agents,
  });
  if (!isOpen || root.children.length === 0) {
    draft.y = y + ROW_PX + BLOCK_GAP;
    return;
  }
  const first = root.children[0];
  draft.y = y + (root.form === "block" || first?.form === "block" ? TO_FIRST_BLOCK : TO_FIRST_CHILD);
  if (root.form === "block") placeRootLadder(draft, root, y);
  else placeChildren(draft, { x: ROOT_X, depth: 1, owner: root }, y);
  draft.y += SECTION_GAP;
}

/** A fleet with agents only: its main line itself turns into the ladder. */
function placeRootLadder(draft: Draft, root: PlanNode, rootY: number): void {
  const reach = draft.columns.branch(1);
  const y = draft.y;
  const turn = { x: ROOT_X, y: y - reach };
  addLine(draft, { owner: root.path, kind: "main", points: [{ x: ROOT_X, y: rootY }, turn] });
  addLine(draft, {
    owner: root.path,
    kind: "run",
    points: [turn, { x: ROOT_X + reach, y }, { x: draft.columns.ladderX, y }],
  });
  placeLadder(draft, root, 1);
  draft.y = y + root.children.length * ROW_PX + BLOCK_GAP;
}

function placeChildren(draft: Draft, trunk: Trunk, fromY: number): void {
  const { owner, x, depth } = trunk;
  const line = draft.lines.length;
  owner.children.forEach((child, index) => {
    const previous = owner.children[index - 1];
    if (previous !== undefined && isTall(child) && !isTall(previous)) draft.y += SECTION_GAP;
    placeChild(draft, child, trunk);
  });
  const last = draft.rows.findLast((row) => row.parent === owner.path);
  if (last === undefined) return;
  const points = [{ x, y: fromY }, last.fork];
  draft.lines.splice(line, 0, spanned({ owner: owner.path, kind: depth === 1 ? "main" : "trunk", points }));
}

function isTall(node: PlanNode): boolean {
  return node.form === "block" || node.form === "header";
}

function placeChild(draft: Draft, child: PlanNode, trunk: Trunk): void {
  const { columns, y } = draft;
  const reach = columns.branch(trunk.depth);
  const fork = { x: trunk.x, y: y - reach };
  const corner = { x: trunk.x + reach, y };
  if (child.form === "agent") {
    addLine(draft, { owner: child.path, kind: "spur", points: [fork, corner, { x: columns.ladderX, y }] });
    addAgent(draft, child, { owner: trunk.owner, depth: trunk.depth + 1, fork, tickFrom: columns.ladderX, y });
    draft.y += ROW_PX;
    return;
  }
  const x = columns.nameX(trunk.depth + 1);
  addLine(draft, { owner: child.path, kind: "branch", points: [fork, corner, { x: x + 2, y }] });
  placeSupervisor(draft, child, { parent: trunk.owner, depth: trunk.depth + 1, x, fork });
}

interface Place {
  readonly parent: PlanNode;
  readonly depth: number;
  readonly x: number;
  readonly fork: Point;
}

function placeSupervisor(draft: Draft, node: PlanNode, place: Place): void {
  const { y, columns } = draft;
  const kind = node.form === "header" || node.form === "block" || node.form === "strip" ? node.form : "counts";
  const strip = kind === "strip" ? stripOf(node, columns) : undefined;
  draft.rows.push({
    path: node.path,
    kind,
    parent: place.parent.path,
    depth: place.depth,
    position: node.position,
    setSize: place.parent.children.length,
    y,
    x: place.x,
    fork: place.fork,
    isOpen: kind === "header" || kind === "block",
    agents: node.agents,
    ...(place.parent.strategy === "rest_for_one" ? { order: node.position } : {}),
    ...(strip === undefined ? {} : { strip }),
  });
  if (kind === "header") {
    draft.y = y + (node.children[0]?.form === "block" ? TO_FIRST_CHILD : HEADER_TO_CHILD);
    placeChildren(draft, { x: place.x + 8, depth: place.depth, owner: node }, y);
    draft.y += SECTION_GAP;
    return;
  }
  addLine(draft, {
    owner: node.path,
    kind: "run",
    points: [
      { x: place.x + 2, y },
      { x: columns.ladderX, y },
    ],
  });
  if (kind !== "block") {
    draft.y = y + ROW_PX;
    return;
  }
  placeLadder(draft, node, place.depth);
  draft.y = y + Math.max(node.children.length * ROW_PX, BLOCK_MIN_HEIGHT) + BLOCK_GAP;
}

/** Lamps sit closer where there are many; chooseColumns has made sure they fit. */
function stripOf(node: PlanNode, columns: Columns): NonNullable<LayoutRow["strip"]> {
  const step = columns.stripStep(node.children.length);
  const x = columns.ladderX + 8;
  return { x, step, end: x + node.children.length * step, paths: node.children.map((child) => child.path) };
}

/**
 * Agents leave on a 45 degree ladder, one row each. A group larger than the ladder bends into a steep trunk after the last
 * rung that fits: the rungs above the bend keep their place, however large the group grows.
 */
function placeLadder(draft: Draft, node: PlanNode, depth: number): void {
  const { ladderX, rungs } = draft.columns;
  const y = draft.y;
  const count = node.children.length;
  if (count === 0) return;
  const bend = Math.min(count, rungs) - 1;
  const bendAt = { x: ladderX + bend * ROW_PX, y: y + bend * ROW_PX };
  const points: Point[] = bend === 0 ? [{ x: ladderX, y }] : [{ x: ladderX, y }, bendAt];
  if (count > rungs) {
    const lastY = y + (count - 1) * ROW_PX;
    points.push({ x: bendAt.x, y: lastY - SPUR_PX }, { x: bendAt.x + SPUR_PX, y: lastY });
  }
  if (points.length > 1) addLine(draft, { owner: node.path, kind: "ladder", points });
  node.children.forEach((child, index) => {
    const rowY = y + index * ROW_PX;
    const isRung = index <= bend;
    const fork = isRung ? { x: ladderX + index * ROW_PX, y: rowY } : { x: bendAt.x, y: rowY - SPUR_PX };
    const tickFrom = isRung ? fork.x : fork.x + SPUR_PX;
    if (!isRung && index < count - 1)
      addLine(draft, { owner: child.path, kind: "spur", points: [fork, { x: tickFrom, y: rowY }] });
    addAgent(draft, child, { owner: node, depth: depth + 1, fork, tickFrom, y: rowY });
  });
}

interface AgentPlace {
  readonly owner: PlanNode;
  readonly depth: number;
  readonly fork: Point;
  readonly tickFrom: number;
  readonly y: number;
}

function addAgent(draft: Draft, node: PlanNode, place: AgentPlace): void {
  const { jointX } = draft.columns;
  draft.rows.push({
    path: node.path,
    kind: "agent",
    parent: place.owner.path,
    depth: place.depth,
    position: node.position,
    setSize: place.owner.children.length,
    y: place.y,
    x: jointX + 12,
    fork: place.fork,
    tick: { x1: place.tickFrom, x2: jointX },
    agents: 1,
    ...(place.owner.strategy === "rest_for_one" ? { order: node.position } : {}),
  });
}

function addLine(draft: Draft, line: Omit<LayoutLine, "top" | "bottom">): void {
  draft.lines.push(spanned(line));
}

function spanned(line: Omit<LayoutLine, "top" | "bottom">): LayoutLine {
  const ys = line.points.map((point) => point.y);
  return { ...line, top: Math.min(...ys), bottom: Math.max(...ys) };
}
