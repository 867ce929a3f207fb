/** The columns of the diagram: where names, ladders and joints stand, from what is visible and how wide the page is. */
import type { PlanNode } from "./plan.ts";

export interface Columns {
  /** Left edge of a supervisor's lamp at this depth (root 1). */
  nameX(depth: number): number;
  /** Length of the 45 degree branch that leaves a trunk of this depth, in x and y. */
  branch(depth: number): number;
  /** Lamps of a strip stand this far apart. */
  stripStep(count: number): number;
  /** Where ladders and strips begin. */
  readonly ladderX: number;
  /** Rungs a ladder may have before it bends into a steep trunk. */
  readonly rungs: number;
  /** Where every agent's line ends. */
  readonly jointX: number;
  /** Where the facts of one-line supervisors begin. */
  readonly factsX: number;
  readonly width: number;
}

interface Shape {
  deepestName: number;
  /** Deepest supervisor whose name shares a line with a ladder, strip or counts. */
  deepestLine: number;
  largestLadder: number;
  largestStrip: number;
}

const ROW_PX = 28;
const FIRST_NAME_X = 58;
const INDENT_PX = 34;
const MIN_INDENT_PX = 22;
/** After the last rung, room for the widest state on a line: a cut needs 26 px. */
const AFTER_LADDER_PX = 34;

/** A bent ladder holds many rows on its shortest line; they get a little more of it. */
const AFTER_BEND_PX = 20;

/** Wide pages name supervisors in full and have ladders of eight; narrow ones and 200 % zoom give the names the room. */
function allowance(width: number): { readonly name: number; readonly rungs: number } {
  if (width >= 760) return { name: 178, rungs: 8 };
  if (width >= 600) return { name: 164, rungs: 4 };
  return { name: 132, rungs: 3 };
}

export function chooseColumns(plan: readonly PlanNode[], width: number): Columns {
  const shape: Shape = { deepestName: 1, deepestLine: 0, largestLadder: 1, largestStrip: 0 };
  for (const root of plan) measure(shape, root, 1);
  const room = allowance(width);
  const indent = Math.max(
    MIN_INDENT_PX,
    Math.min(INDENT_PX, Math.floor((width * 0.22) / Math.max(1, shape.deepestName - 2))),
  );
  const nameX = (depth: number): number => (depth <= 1 ? 22 : FIRST_NAME_X + (depth - 2) * indent);
  const branch = (depth: number): number => (depth <= 1 ? 20 : indent - 16);
  const ladderX =
    shape.deepestLine === 0 ? nameX(shape.deepestName) + 62 : nameX(Math.max(2, shape.deepestLine)) + room.name;
  const longest = Math.max(3, Math.min(room.rungs, shape.largestLadder));
  const stripRoom = Math.max(120, width - ladderX - 230);
  const stripStep = (count: number): number =>
    Math.max(9, Math.min(count > 13 ? 17 : 21, Math.floor(stripRoom / Math.max(1, count))));
  const stripEnd = shape.largestStrip === 0 ? 0 : ladderX + 8 + widestStrip(shape.largestStrip, stripStep);
  return {
    nameX,
    branch,
    stripStep,
    ladderX,
    rungs: room.rungs,
    jointX: ladderX + (longest - 1) * ROW_PX + AFTER_LADDER_PX + (shape.largestLadder > room.rungs ? AFTER_BEND_PX : 0),
    factsX: Math.min(Math.max(stripEnd + 20, ladderX + 250), Math.max(ladderX + 140, width - 210)),
    width,
  };
}

/** Thirteen lamps far apart may be longer than fourteen close together. */
function widestStrip(count: number, step: (count: number) => number): number {
  return Math.max(count * step(count), Math.min(13, count) * step(Math.min(13, count)));
}

function measure(shape: Shape, node: PlanNode, depth: number): void {
  if (node.form === "agent") return;
  shape.deepestName = Math.max(shape.deepestName, depth);
  if (node.form === "block") shape.largestLadder = Math.max(shape.largestLadder, node.children.length);
  if (node.form === "strip") shape.largestStrip = Math.max(shape.largestStrip, node.children.length);
  if (node.form !== "header" && depth > 1) shape.deepestLine = Math.max(shape.deepestLine, depth);
  if (node.form === "header") for (const child of node.children) measure(shape, child, depth + 1);
}

export interface TextColumns {
  readonly name: number;
  readonly cli: number;
  readonly word: number;
  readonly hasDetail: boolean;
  /** What it spent today, and its budget's bar. */
  readonly hasSpend: boolean;
  /** Room for what a failure does, or the count of restarts, after the state; else the former takes the state's place. */
  readonly hasTail: boolean;
}

/** Mean width of a character of a name, 13 px Inter at weight 520. */
const NAME_CHAR_PX = 7.2;
/** "Rate-limited to 14:20", "Waiting for you 2m". */
const WORD_PX = 138;
/** "Crashed, killed by SIGKILL", where there is room. */
const ROOMY_WORD_PX = 172;
const ROOMY_PX = 640;
const CLI_PX = 78;
/** "starts fresh" with its icon, or "3 restarts". */
const EFFECT_PX = 80;
/** "$12.40" and a short bar. */
const SPEND_PX = 110;
/** Less of a sentence says nothing. */
const DETAIL_PX = 110;
/** Lamp, padding and the gaps between columns. */
const GAPS_PX = 52;

/** What an agent's row shows in `room` px after its joint: state and name never go; the detail goes first, then the CLI. */
export function textColumns(room: number, longestName: number): TextColumns {
  const wanted = Math.min(200, Math.max(104, Math.ceil(longestName * NAME_CHAR_PX) + 8));
  const name = Math.min(wanted, Math.max(90, room - 170));
  const widest = room >= ROOMY_PX ? ROOMY_WORD_PX : WORD_PX;
  const word = Math.max(90, Math.min(widest, room - name - GAPS_PX));
  const afterWord = room - name - widest - GAPS_PX;
  return {
    name,
    word,
    cli: afterWord >= CLI_PX + EFFECT_PX ? CLI_PX : 0,
    hasSpend: afterWord >= CLI_PX + EFFECT_PX + SPEND_PX,
    hasDetail: afterWord >= CLI_PX + EFFECT_PX + SPEND_PX + DETAIL_PX,
    hasTail: afterWord >= EFFECT_PX,
  };
}
