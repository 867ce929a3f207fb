import { useSyncExternalStore } from "react";

const QUERY = "(max-width: 999px)";

/** Below 1000 px the layout stacks (design.md 2); 200 % zoom comes here, too. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => typeof matchMedia === "function" && matchMedia(QUERY).matches);
}

function subscribe(listener: () => void): () => void {
  if (typeof matchMedia !== "function") return () => {};
  const query = matchMedia(QUERY);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}
