/** What a list was read at is behind what the window knows: it is read again, but a storm must not become a storm of questions. */
import { useEffect, useRef } from "react";

/** A list may be this far behind. */
export const REFRESH_MS = 3_000;

/** Calls `refetch` some time after `version` became another number; several changes in that time are one. */
export function useFreshened(version: number | undefined, refetch: () => unknown): void {
  const latest = useRef(refetch);
  const seen = useRef<number>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    latest.current = refetch;
  });
  useEffect(() => {
    if (version === undefined || seen.current === version) return;
    seen.current = version;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      latest.current();
    }, REFRESH_MS);
  }, [version]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
