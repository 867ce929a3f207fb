/** The design's two breakpoints, for what CSS alone cannot decide. Where there is no layout, as in tests, all is wide. */
import { useSyncExternalStore } from "react";

/** Below 1000 px the layout stacks; 200 % zoom comes here, too. */
const NARROW = "(max-width: 999px)";
/** Below 1200 px the inspector is a sheet over the page. */
const SHEET = "(max-width: 1199px)";

export const isSheet = (): boolean => matches(SHEET);

export function useSheet(): boolean {
  return useSyncExternalStore(onSheet, isSheet);
}

export function useNarrow(): boolean {
  return useSyncExternalStore(onNarrow, () => matches(NARROW));
}

const onSheet = (changed: () => void) => onChange(SHEET, changed);
const onNarrow = (changed: () => void) => onChange(NARROW, changed);

function matches(query: string): boolean {
  return typeof matchMedia === "function" && matchMedia(query).matches;
}

function onChange(query: string, changed: () => void): () => void {
  if (typeof matchMedia !== "function") return () => {};
  const media = matchMedia(query);
  media.addEventListener("change", changed);
  return () => media.removeEventListener("change", changed);
}
