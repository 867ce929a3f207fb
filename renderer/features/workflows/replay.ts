/**
 * A run from its stored events alone: what it looked like after each of them, and when each is shown. Long silences are
 * shortened and bursts stretched, so that a person can follow: 0.5 to 2 s an event at speed 1. Pure.
 */
import type { StoredEvent } from "#shared/model/event.ts";
import { entrySchema, runHeadSchema, runSchema } from "#shared/model/workflow.ts";
import type { Run } from "#shared/model/workflow.ts";

export const SPEEDS = [0.5, 1, 2, 4, 8, 16] as const;
export type Speed = (typeof SPEEDS)[number];
const LEAST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 2000;

export interface Frame {
  readonly event: StoredEvent;
  readonly run: Run;
  /** On the replay's own line of time. */
  readonly atMs: number;
  /** As it was, ms since 1970. */
  readonly wallMs: number;
}

/** One frame for each event that can be read, from the run's beginning on. */
export function framesOf(events: readonly StoredEvent[]): readonly Frame[] {
  const frames: Frame[] = [];
  let run: Run | undefined;
  for (const event of events) {
    run = after(run, event);
    if (run === undefined) continue;
    const wallMs = Date.parse(event.time);
    const last = frames.at(-1);
    const pause = last === undefined ? 0 : Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, wallMs - last.wallMs));
    frames.push({ event, run, wallMs, atMs: (last?.atMs ?? 0) + pause });
  }
  return frames;
}

/** The run after one more event; undefined before it began. */
export function after(run: Run | undefined, { type, data }: StoredEvent): Run | undefined {
  if (type === "workflow.started") return runSchema.safeParse(data).data ?? run;
  if (run === undefined) return undefined;
  const head = runHeadSchema.safeParse(data["head"]).data;
  if (head !== undefined) return { ...run, head };
  const entry = entrySchema.safeParse(data["entry"]).data;
  if (entry === undefined) return run;
  return { ...run, entries: run.entries.map((one) => (one.step === entry.step ? entry : one)) };
}

/** The last frame that is shown by then. */
export function frameAt(frames: readonly Frame[], atMs: number): number {
  let index = 0;
  while (index + 1 < frames.length && (frames[index + 1]?.atMs ?? Infinity) <= atMs) index += 1;
  return index;
}

/** The wall clock of that moment, between the frames. */
export function wallAt(frames: readonly Frame[], atMs: number): number {
  const index = frameAt(frames, atMs);
  const here = frames[index];
  const next = frames[index + 1];
  if (here === undefined) return 0;
  if (next === undefined) return here.wallMs;
  const share = (atMs - here.atMs) / Math.max(1, next.atMs - here.atMs);
  return here.wallMs + share * (next.wallMs - here.wallMs);
}
