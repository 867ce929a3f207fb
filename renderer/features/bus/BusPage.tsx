/** The bus: its streams and consumers, what passes by, and the catalogue of everything that is said on it. */
import type { ReactElement } from "react";
import { useRoute } from "#renderer/state/hooks.ts";
import type { BusTab } from "#renderer/state/navigation.ts";
import { CatalogueTab } from "./CatalogueTab.tsx";
import { DeadLettersTab } from "./DeadLettersTab.tsx";
import { LiveTab } from "./LiveTab.tsx";
import { StreamsTab } from "./StreamsTab.tsx";
import "./bus.css";

const TABS: Readonly<Record<BusTab, () => ReactElement>> = {
  streams: StreamsTab,
  live: LiveTab,
  dead: DeadLettersTab,
  catalogue: CatalogueTab,
};

export function BusPage(): ReactElement {
  const route = useRoute();
  const Tab = TABS[(route.page === "bus" ? route.tab : undefined) ?? "streams"];
  return <Tab />;
}
