/** The moment of a run that is shown: live, or one of its past played from the stored events at any speed. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useNowNumber } from "#renderer/state/hooks.ts";
import type { Run } from "#shared/model/workflow.ts";
import { frameAt, framesOf, SPEEDS, wallAt, type Frame, type Speed } from "./replay.ts";

/** 20 pictures a second (AI-28). */
const FRAME_MS = 50;
const MOST_EVENTS = 1000;

export interface Theatre {
  readonly frames: readonly Frame[];
  /** Undefined: live. */
  readonly atMs: number | undefined;
  readonly endMs: number;
  readonly isPlaying: boolean;
  readonly speed: Speed;
  /** What is shown now, and its clock. */
  readonly run: Run;
  readonly now: number;
  readonly frame: number;
  readonly problem: string | undefined;
  readonly again: () => void;
  readonly toggle: () => void;
  readonly setSpeed: (speed: Speed) => void;
  readonly goTo: (atMs: number) => void;
  readonly step: (by: 1 | -1) => void;
  readonly goLive: () => void;
}

export function useTheatre(live: Run): Theatre {
  const { frames, problem, again } = useFrames(live);
  const [atMs, setAtMs] = useState<number>();
  const [isPlaying, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<Speed>(1);
  const endMs = frames.at(-1)?.atMs ?? 0;
  const place = useRef(0);
  const liveNow = useNowNumber((now) => Math.floor(now / 1000) * 1000);
  const goTo = useCallback(
    (target: number) => {
      place.current = Math.min(endMs, Math.max(0, target));
      setAtMs(place.current);
    },
    [endMs],
  );
  useEffect(() => {
    if (!isPlaying) return;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      place.current = Math.min(endMs, place.current + (now - last) * speed);
      last = now;
      setAtMs(place.current);
      if (place.current >= endMs) setPlaying(false);
    }, FRAME_MS);
    return () => clearInterval(timer);
  }, [isPlaying, speed, endMs]);
  const frame = atMs === undefined ? frames.length - 1 : frameAt(frames, atMs);
  const shown = atMs === undefined ? undefined : frames[frame];
  return {
    frames,
    atMs,
    endMs,
    isPlaying,
    speed,
    run: shown?.run ?? live,
    now: atMs === undefined ? liveNow : wallAt(frames, atMs),
    frame,
    problem,
    again,
    setSpeed,
    goTo,
    toggle: () => {
      if (!isPlaying && (atMs === undefined || atMs >= endMs)) goTo(0);
      setPlaying(!isPlaying);
    },
    step: (by) => {
      setPlaying(false);
      goTo(frames[Math.min(frames.length - 1, Math.max(0, frame + by))]?.atMs ?? 0);
    },
    goLive: () => {
      setPlaying(false);
      setAtMs(undefined);
    },
  };
}

/** Read anew from the log whenever the run changed. */
function useFrames(live: Run): Pick<Theatre, "frames" | "problem" | "again"> {
  const { id, fleet } = live.head;
  const changes = live.head.revision + live.entries.reduce((sum, { revision }) => sum + revision, 0);
  const stored = useCoreQuery(
    "events.read",
    { pattern: `ws.${fleet}.workflow.${id}.>`, from: 0, limit: MOST_EVENTS, order: "asc" },
    { key: String(changes) },
  );
  const frames = useMemo(() => framesOf(stored.data?.events ?? []), [stored.data]);
  return { frames, problem: stored.error?.message, again: () => void stored.refetch() };
}

export function nextSpeed(speed: Speed): Speed {
  return SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length] ?? 1;
}
