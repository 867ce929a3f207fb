/** What agents and people remember, and the contexts that agents share. */
import type { ReactElement } from "react";
import { useRoute } from "#renderer/state/hooks.ts";
import { ContextsTab } from "./ContextsTab.tsx";
import { ContextView } from "./ContextView.tsx";
import { MemoriesTab } from "./MemoriesTab.tsx";
import "./memory.css";

export function MemoryPage(): ReactElement {
  const route = useRoute();
  const asked = route.page === "memory" ? route : undefined;
  if (asked?.context !== undefined) return <ContextView key={asked.context} id={asked.context} />;
  return asked?.tab === "contexts" ? <ContextsTab /> : <MemoriesTab />;
}
