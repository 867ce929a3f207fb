/**
 * Geometry of a workflow's picture, in the language of the supervision diagram: a line runs down through the steps in the
 * order of their needs, others leave it at 45 degrees, and a plan B is a siding around its step. Pure.
 */
import type { StepSpec } from "#shared/model/workflowFile.ts";

export const STEP_PX = 64;
const LANE_PX = 30;
const LEFT = 30;
const TOP = 40;
/** What the line before the joint needs for every shape. */
const TICK_PX = 62;
/** A siding leaves and returns at 45 degrees, half a lane aside. */
const SIDING_PX = 14;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface StepPlace {
  readonly id: string;
  readonly lane: number;
  /** Its point on the line. */
  readonly at: Point;
  /** From the line to the joint. */
  readonly tick: { readonly x1: number; readonly x2: number; readonly y: number };
  /** Around the step, where it has another way. */
  readonly siding: readonly Point[] | undefined;
}

export interface Way {
  readonly from: string;
  readonly to: string;
  readonly points: readonly Point[];
}

export interface PictureLayout {
  readonly steps: readonly StepPlace[];
  readonly ways: readonly Way[];
  /** Where lamps and names begin. */
  readonly textX: number;
  readonly height: number;
}

export function layoutPicture(steps: readonly StepSpec[]): PictureLayout {
  const ordered = inOrder(steps);
  const lanes = lanesOf(ordered);
  const lanesUsed = Math.max(0, ...lanes.values()) + 1;
  const jointX = LEFT + (lanesUsed - 1) * LANE_PX + SIDING_PX + TICK_PX;
  const places = ordered.map((step, index): StepPlace => {
    const lane = lanes.get(step.id) ?? 0;
    const at = { x: LEFT + lane * LANE_PX, y: TOP + index * STEP_PX };
    const siding = step.planB === undefined ? undefined : sidingAround(at);
    return { id: step.id, lane, at, tick: { x1: at.x, x2: jointX, y: at.y }, siding };
  });
  const byId = new Map(places.map((place) => [place.id, place]));
  const ways = ordered.flatMap((step) =>
    step.needs.flatMap((need) => {
      const from = byId.get(need);
      const to = byId.get(step.id);
      return from === undefined || to === undefined ? [] : [{ from: need, to: step.id, points: wayBetween(from, to) }];
    }),
  );
  return { steps: places, ways, textX: jointX + 10, height: TOP + ordered.length * STEP_PX };
}

/** Needs come first; otherwise the order of the file. */
export function inOrder(steps: readonly StepSpec[]): readonly StepSpec[] {
  const placed: StepSpec[] = [];
  let rest = [...steps];
  while (rest.length > 0) {
    const next = rest.find(({ needs }) => needs.every((need) => placed.some(({ id }) => id === need))) ?? rest[0];
    if (next === undefined) break;
    placed.push(next);
    rest = rest.filter((step) => step !== next);
  }
  return placed;
}

/** The first that follows a step goes on in its lane; every other one gets the next lane that is free for as long. */
function lanesOf(ordered: readonly StepSpec[]): ReadonlyMap<string, number> {
  const lanes = new Map<string, number>();
  const taken = new Set<string>();
  ordered.forEach(({ id, needs }, index) => {
    const before = needs.find((need) => !taken.has(need));
    if (before !== undefined) {
      taken.add(before);
      lanes.set(id, lanes.get(before) ?? 0);
      return;
    }
    lanes.set(id, freeLane(ordered.slice(0, index), lanes, ordered.slice(index)));
  });
  return lanes;
}

function freeLane(
  earlier: readonly StepSpec[],
  lanes: ReadonlyMap<string, number>,
  later: readonly StepSpec[],
): number {
  const busy = new Set(
    earlier.filter(({ id }) => later.some(({ needs }) => needs.includes(id))).map(({ id }) => lanes.get(id) ?? 0),
  );
  // The step before it may still have its own way down in this lane.
  const last = earlier.at(-1);
  if (last !== undefined) busy.add(lanes.get(last.id) ?? 0);
  let lane = 0;
  while (busy.has(lane)) lane += 1;
  return lane;
}

/** Down the one lane, and over to the other at exactly 45 degrees: right after its beginning, or just before its end. */
function wayBetween({ at: from }: StepPlace, { at: to }: StepPlace): readonly Point[] {
  const aside = Math.abs(to.x - from.x);
  if (aside === 0) return [from, to];
  return to.x > from.x ? [from, { x: to.x, y: from.y + aside }, to] : [from, { x: from.x, y: to.y - aside }, to];
}

function sidingAround({ x, y }: Point): readonly Point[] {
  const reach = 24;
  return [
    { x, y: y - reach },
    { x: x + SIDING_PX, y: y - reach + SIDING_PX },
    { x: x + SIDING_PX, y: y + reach - SIDING_PX },
    { x, y: y + reach },
  ];
}

export function polyline(points: readonly Point[]): string {
  return points.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${x} ${y}`).join("");
}
