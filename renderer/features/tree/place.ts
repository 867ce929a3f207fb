/** Finding things in a laid-out tree: what is on screen, where escalation and blast lines run, and keeping one's place. */
import type { BlastRadius } from "./blastRadius.ts";
import type { LayoutLine, LayoutRow, Point, TreeLayout } from "./layout.ts";

/** Names and facts of a block reach this far below its own row. */
const BLOCK_BELOW_PX = 52;
const CHEVRON_EVERY_PX = 92;

/** Rows that touch the window [top, bottom]; `rows` is sorted by y. O(log n + answer). */
export function rowsWithin(rows: readonly LayoutRow[], top: number, bottom: number): readonly LayoutRow[] {
  return rows.slice(firstAt(rows, top - BLOCK_BELOW_PX), firstAt(rows, bottom + 14));
}

export function linesWithin(lines: readonly LayoutLine[], top: number, bottom: number): readonly LayoutLine[] {
  return lines.filter((line) => line.bottom >= top - 4 && line.top <= bottom + 4);
}

function firstAt(rows: readonly LayoutRow[], y: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.y ?? Infinity) < y) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function rowAt(layout: TreeLayout, path: string | undefined): LayoutRow | undefined {
  const index = path === undefined ? undefined : layout.indexOf.get(path);
  return index === undefined ? undefined : layout.rows[index];
}

/** The row itself, or the nearest one above it in the tree that is on the page. */
export function shownRow(
  layout: TreeLayout,
  path: string | undefined,
  parentOf: (path: string) => string | undefined,
): LayoutRow | undefined {
  for (let at = path; at !== undefined; at = parentOf(at)) {
    const row = rowAt(layout, at);
    if (row !== undefined) return row;
  }
  return undefined;
}

/** A tree that was shown, scrolled to somewhere, and how it is to be shown now. */
export interface Change {
  readonly old: { readonly layout: TreeLayout; readonly scrollTop: number; readonly height: number };
  readonly layout: TreeLayout;
  /** Of the window onto it. */
  readonly height: number;
  readonly hovered: string | undefined;
  readonly selected: string | undefined;
  /** It was selected just now. */
  readonly isNew: boolean;
  readonly parentOf: (path: string) => string | undefined;
}

/** Scroll offset that loses neither what the eye is on nor a selection that was in view, or was made just now. */
export function steadyScroll(change: Change): number {
  const { old, layout, height, selected, isNew } = change;
  const kept = keptScroll(change);
  const row = rowAt(layout, selected);
  if (row === undefined) return kept;
  const hasLostIt = height < old.height && isWithin(rowAt(old.layout, selected), old);
  return isNew || hasLostIt ? revealScroll(row, kept, height) : kept;
}

/**
 * What the pointer or the selection is on stays at its height of the screen: the node itself where it has a row, else what
 * stands for it. Where neither is in view the first row stays, unless that is the top.
 */
function keptScroll({ old, layout, hovered, selected, parentOf }: Change): number {
  const { scrollTop, height } = old;
  if (old.layout === layout || old.layout.columns.width === 0) return scrollTop;
  const named = [hovered, selected].find((path) => isWithin(shownRow(old.layout, path, parentOf), old));
  const rows = scrollTop > 0 ? rowsWithin(old.layout.rows, scrollTop, scrollTop + height) : [];
  const path = named ?? rows.find((row) => isWithin(row, old))?.path;
  const before = shownRow(old.layout, path, parentOf);
  const after = shownRow(layout, path, parentOf);
  return before === undefined || after === undefined ? scrollTop : Math.max(0, scrollTop + after.y - before.y);
}

function isWithin(row: LayoutRow | undefined, { scrollTop, height }: Change["old"]): boolean {
  return row !== undefined && row.y >= scrollTop && row.y <= scrollTop + height;
}

/** Rows above and below one that just came into view. */
const MARGIN_PX = 60;

/** Scroll offset that shows the row, as near to `scrollTop` as can be. */
function revealScroll(row: LayoutRow, scrollTop: number, height: number): number {
  if (row.y < scrollTop + MARGIN_PX) return Math.max(0, row.y - MARGIN_PX);
  return row.y > scrollTop + height - 2 * MARGIN_PX ? row.y - height + 2 * MARGIN_PX : scrollTop;
}

export interface EscalationLine {
  readonly x: number;
  readonly from: number;
  readonly to: number;
  /** Tops of the chevrons, the receiver's first. */
  readonly chevrons: readonly number[];
}

/** The thin second line beside the trunk, from an escalated supervisor up to the one that received it. */
export function escalationLine(layout: TreeLayout, path: string): EscalationLine | undefined {
  const row = rowAt(layout, path);
  const receiver = rowAt(layout, row?.parent);
  if (row === undefined || receiver === undefined || row.kind === "agent") return undefined;
  const x = row.fork.x - 9;
  const from = row.fork.y - 4;
  const to = receiver.y + 12;
  const chevrons: number[] = [];
  for (let y = to; y < from - 6; y += CHEVRON_EVERY_PX) chevrons.push(y);
  return { x, from, to, chevrons };
}

export interface BlastLine {
  /** At the branch of the one that fails. */
  readonly ring: Point;
  /** The dashed line, from the first one hit to the last; at most one point where only one is hit. */
  readonly points: readonly Point[];
  /** Ends of the line away from the ring, each with a short stroke across. */
  readonly stops: readonly Point[];
}

/** Set off to the left of the trunk the hit rows leave from. */
const BLAST_OFFSET_PX = 8;

/** Straight or at 45 degrees, because the branches are. Undefined where the failing node has no row, or nothing left to lose. */
export function blastLine(
  layout: TreeLayout,
  { failing, supervisor, reach, isAlreadyDown }: BlastRadius,
): BlastLine | undefined {
  const ring = rowAt(layout, failing.path)?.fork;
  if (ring === undefined || isAlreadyDown) return undefined;
  const hit =
    reach === undefined || supervisor === undefined ? [] : supervisor.children.slice(reach.from, reach.to + 1);
  const points = hit.flatMap((child) => {
    const fork = rowAt(layout, child.path)?.fork;
    return fork === undefined ? [] : [{ x: fork.x - BLAST_OFFSET_PX, y: fork.y }];
  });
  const ends = points.length > 1 ? [points[0], points.at(-1)] : [];
  return {
    ring,
    points,
    stops: ends.filter((point) => point !== undefined && point.y !== ring.y).filter((point) => point !== undefined),
  };
}
