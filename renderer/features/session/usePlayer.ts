/**
 * Playing a recording: the moment shown, play and hold, speed, stepping from event to event. Pauses in which nothing was
 * printed are skipped, as nobody watches an empty screen.
 */
import { useCallback, useEffect, useRef, useState } from "react";
import type { RecordingClock } from "#renderer/terminal/recordingClock.ts";
import type { Replay } from "#renderer/terminal/replay.ts";

export const SPEEDS = [1, 2, 4, 8, 16, 32, 64] as const;
export type Speed = (typeof SPEEDS)[number];

export interface Player {
  /** Shown moment, ms since 1970. */
  readonly ms: number;
  readonly isPlaying: boolean;
  readonly speed: Speed;
  /** Share read while going somewhere far; undefined otherwise. */
  readonly progress: number | undefined;
  readonly toggle: () => void;
  readonly nextSpeed: () => void;
  readonly goTo: (ms: number) => void;
}

const FRAME_MS = 50;
/** A pause longer than this is skipped. */
const MAX_PAUSE_MS = 1500;

/** The next moment to show after `passedMs` of a person's time. Pure. */
export function advance(
  clock: RecordingClock,
  at: { readonly ms: number; readonly passedMs: number; readonly speed: number },
): number {
  const next = at.ms + at.passedMs * at.speed;
  const output = clock.nextOutputAt(next);
  return Math.min(clock.endMs, output - next > MAX_PAUSE_MS * at.speed ? output : next);
}

/** `startMs`: where to begin. A replay that arrives later begins there, too. */
export function usePlayer(replay: Replay | undefined, clock: RecordingClock, startMs: number): Player {
  const [ms, setMs] = useState(startMs);
  const [isPlaying, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<Speed>(1);
  const [progress, setProgress] = useState<number>();
  const now = useRef(startMs);
  const latestClock = useRef(clock);
  useEffect(() => {
    latestClock.current = clock;
  });
  const goTo = useCallback(
    (target: number) => {
      const { startMs: first, endMs } = latestClock.current;
      now.current = Math.min(endMs, Math.max(first, target));
      setMs(now.current);
      const wanted = latestClock.current.offsetAt(now.current);
      void replay
        ?.show(wanted, (share) => setProgress(share < 1 ? share : undefined))
        .then(() => setProgress(undefined));
    },
    [replay],
  );
  useEffect(() => goTo(startMs), [goTo, startMs]);
  useEffect(() => {
    if (!isPlaying || replay === undefined) return;
    let last = performance.now();
    const timer = setInterval(() => {
      const at = performance.now();
      const passedMs = at - last;
      last = at;
      if (replay.isBusy) return;
      now.current = advance(latestClock.current, { ms: now.current, passedMs, speed });
      setMs(now.current);
      void replay.show(latestClock.current.offsetAt(now.current));
      if (now.current >= latestClock.current.endMs) setPlaying(false);
    }, FRAME_MS);
    return () => clearInterval(timer);
  }, [isPlaying, replay, speed]);
  return {
    ms,
    isPlaying,
    speed,
    progress,
    goTo,
    toggle() {
      if (!isPlaying && now.current >= clock.endMs) goTo(clock.startMs);
      setPlaying(!isPlaying);
    },
    nextSpeed: () => setSpeed(SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length] ?? 1),
  };
}
