import { useEffect, useRef } from "react";

/** Agents change many times a second in a storm; the list is asked for again at most this often. */
const EVERY_MS = 2000;

/** Asks again after `changed` became another object, soon but not at once. */
export function useRefreshed(refetch: () => Promise<unknown>, changed: unknown): void {
  const isFirst = useRef(true);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void refetch();
    }, EVERY_MS);
  }, [changed, refetch]);
  useEffect(() => () => clearTimeout(timer.current), []);
}
