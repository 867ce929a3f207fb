/** The lives of one agent on one line: where each lies, what the pauses between them take, and back from a place to a time. Pure. */
import type { Life } from "#shared/model/node.ts";

export interface StripLife {
  readonly life: Life;
  readonly startMs: number;
  readonly endMs: number;
  readonly x0: number;
  readonly x1: number;
}

export interface StripGap {
  readonly x0: number;
  readonly x1: number;
  readonly ms: number;
}

export interface Strip {
  /** Oldest first. */
  readonly lives: readonly StripLife[];
  readonly gaps: readonly StripGap[];
  readonly width: number;
}

/** A pause never takes more than this share of the strip, however long it was: the lives are what one looks at. */
const MAX_GAP_SHARE = 0.08;
/** Short lives stay wide enough to be hit. */
const MIN_LIFE_PX = 24;
const MIN_GAP_PX = 8;

/** `now` ends a life that still runs. */
export function layOut(lives: readonly Life[], width: number, now: number): Strip {
  const spans = lives
    .toSorted((left, right) => left.generation - right.generation)
    .map((life) => {
      const startMs = Date.parse(life.startedAt);
      return {
        life,
        startMs,
        endMs: Math.max(startMs + 1, life.endedAt === undefined ? now : Date.parse(life.endedAt)),
      };
    });
  if (spans.length === 0) return { lives: [], gaps: [], width };
  const pauses = spans.slice(1).map((span, index) => Math.max(0, span.startMs - (spans[index]?.endMs ?? span.startMs)));
  const lived = spans.reduce((sum, span) => sum + span.endMs - span.startMs, 0);
  const maxGapPx = Math.max(MIN_GAP_PX, width * Math.min(MAX_GAP_SHARE, 0.3 / Math.max(1, pauses.length)));
  const gapPx = pauses.map((pause) => Math.min(maxGapPx, MIN_GAP_PX + (pause / Math.max(1, lived)) * width));
  const room = Math.max(0, width - gapPx.reduce((sum, px) => sum + px, 0));
  const minPx = Math.min(MIN_LIFE_PX, room / spans.length);
  const free = room - minPx * spans.length;
  let x = 0;
  const placed = spans.map((span, index): StripLife => {
    const x0 = x;
    const x1 = x0 + minPx + ((span.endMs - span.startMs) / lived) * free;
    x = x1 + (gapPx[index] ?? 0);
    return { ...span, x0, x1 };
  });
  const gaps = placed
    .slice(1)
    .map((next, index): StripGap => ({ x0: placed[index]?.x1 ?? 0, x1: next.x0, ms: pauses[index] ?? 0 }));
  return { lives: placed, gaps, width };
}

export function xOf({ startMs, endMs, x0, x1 }: StripLife, ms: number): number {
  return x0 + Math.min(1, Math.max(0, (ms - startMs) / (endMs - startMs))) * (x1 - x0);
}

/** The life and the time under a place; a place in a pause belongs to the nearer end. */
export function placeAt(strip: Strip, x: number): { readonly life: Life; readonly ms: number } | undefined {
  const nearest = strip.lives.toSorted((left, right) => distance(left, x) - distance(right, x))[0];
  if (nearest === undefined) return undefined;
  const share = Math.min(1, Math.max(0, (x - nearest.x0) / Math.max(1e-9, nearest.x1 - nearest.x0)));
  return { life: nearest.life, ms: nearest.startMs + share * (nearest.endMs - nearest.startMs) };
}

function distance({ x0, x1 }: StripLife, x: number): number {
  return x < x0 ? x0 - x : x > x1 ? x - x1 : 0;
}

/** Ticks closer than this would be one smear: they merge. */
const TICK_PX = 4;

/** Places of event ticks, merged where they are nearer than 4 px. */
export function mergeTicks(xs: readonly number[]): readonly number[] {
  const ticks: number[] = [];
  for (const x of xs.toSorted((left, right) => left - right)) {
    const last = ticks.at(-1);
    if (last === undefined || x - last >= TICK_PX) ticks.push(x);
  }
  return ticks;
}

const STEPS_MS = [
  1_000, 5_000, 15_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000, 86_400_000,
];
const LABEL_PX = 76;

/** Times worth a label below the strip: round ones, at least 76 px apart. */
export function timeLabels(strip: Strip): readonly { readonly x: number; readonly ms: number }[] {
  const labels: { x: number; ms: number }[] = [];
  for (const life of strip.lives) {
    const pxPerMs = (life.x1 - life.x0) / (life.endMs - life.startMs);
    const step = STEPS_MS.find((candidate) => candidate * pxPerMs >= LABEL_PX);
    if (step === undefined) continue;
    for (let ms = Math.ceil(life.startMs / step) * step; ms <= life.endMs; ms += step) {
      const x = xOf(life, ms);
      const last = labels.at(-1);
      if ((last === undefined || x - last.x >= LABEL_PX) && x > 20 && x < strip.width - 20) labels.push({ x, ms });
    }
  }
  return labels;
}
