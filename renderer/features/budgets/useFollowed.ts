import { useEffect, useRef } from "react";

/** Requests end many times a second with twenty agents; sums and charts are asked for again at most this often. */
const EVERY_MS = 2000;

/** Asks again after `changed` became another object, soon but not at once. */
export function useFollowed(refetches: readonly (() => Promise<unknown>)[], changed: unknown): void {
  const latest = useRef(refetches);
  useEffect(() => {
    latest.current = refetches;
  });
  const seen = useRef(changed);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (seen.current === changed) return;
    seen.current = changed;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      for (const refetch of latest.current) void refetch();
    }, EVERY_MS);
  }, [changed]);
  useEffect(() => () => clearTimeout(timer.current), []);
}
