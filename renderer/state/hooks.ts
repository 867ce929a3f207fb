/** How components read the window's state. Each hook redraws its component only when what it returns changed. */
import { useEffect, useRef, useSyncExternalStore } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import type { AppStatus, NodePatch, QueryOutput } from "#shared/contract/index.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import type { HomeCounts } from "#shared/model/stateWords.ts";
import { stateWords } from "#shared/model/stateWords.ts";
import { settingsSchema } from "#shared/model/settings.ts";
import type { Settings } from "#shared/model/settings.ts";
import type { NodeState } from "#shared/model/states.ts";
import type { ConnectionState } from "#shared/rpc/reconnectingClient.ts";
import { useApp } from "./AppContext.tsx";
import type { AppState } from "./appStore.ts";
import { countAgents, homeCounts, openItems, type StateCounts } from "./derive.ts";
import type { KeyBinding, KeyLayer } from "./keys.ts";
import type { Navigation, Route } from "./navigation.ts";
import { onTick } from "./ticker.ts";
import type { FleetEntry } from "./treeSlice.ts";

/** Any part of the state; the selector must return the same object while nothing changed. */
export function useAppState<T>(selector: (state: AppState) => T): T {
  return useStore(useApp().store, selector);
}

export function useNode(path: string | undefined): NodePatch | undefined {
  return useAppState((state) => (path === undefined ? undefined : state.nodes.get(path)));
}

export function useNodeState(path: string): NodeState | undefined {
  return useAppState((state) => state.nodes.get(path)?.state);
}

export function useParent(path: string): string | undefined {
  return useAppState((state) => state.parents.get(path));
}

export function useFleets(): readonly FleetEntry[] {
  return useAppState(useShallow((state) => [...state.fleets.values()]));
}

export function useInbox(): readonly InboxItem[] {
  return useAppState((state) => state.inbox);
}

export function useOpenInbox(): readonly InboxItem[] {
  return useAppState((state) => openItems(state.inbox));
}

export function useConnection(): ConnectionState {
  return useAppState((state) => state.connection);
}

/** False while the core does not answer: what is shown is old, and what needs the core is disabled. */
export function useIsLive(): boolean {
  return useAppState((state) => state.connection.status === "connected");
}

export function useStatus(): AppStatus | undefined {
  return useAppState((state) => state.status);
}

export function useInfo(): QueryOutput<"app.info"> | undefined {
  return useAppState((state) => state.info);
}

const DEFAULTS: Settings = settingsSchema.parse({});

export function useSettings(): Settings {
  return useAppState((state) => state.settings ?? DEFAULTS);
}

export function useStateCounts(): StateCounts {
  return useAppState((state) => countAgents(state.nodes));
}

export function useHomeCounts(): HomeCounts {
  return useAppState(useShallow((state) => homeCounts(state.nodes, state.inbox)));
}

export function useNavigation(): Navigation {
  return useApp().navigation;
}

export function useRoute(): Route {
  return useStore(useApp().navigation.store, ({ entries, index }) => entries[index] ?? { page: "home" });
}

/** A text made from the time; looked at every second, drawn only when it changed. `now`: ms since 1970. */
export function useNowText(make: (now: number) => string): string {
  return useSyncExternalStore(onTick, () => make(Date.now()));
}

/** A number made from the time, for a ring that empties; drawn when it changed. */
export function useNowNumber(make: (now: number) => number): number {
  return useSyncExternalStore(onTick, () => make(Date.now()));
}

/** "Busy 4m", "Restart in 0:12"; counts by itself. */
export function useStateWords(node: NodePatch): string {
  return useNowText((now) => stateWords(node, now));
}

/** Share of a backoff that is left, 1 to 0; undefined in other states. */
export function useBackoffShare(node: NodePatch): number | undefined {
  const share = useNowNumber((now) => backoffShare(node, now) ?? -1);
  return share < 0 ? undefined : share;
}

/** In whole seconds, as the words beside it count. */
export function backoffShare(
  node: Pick<NodePatch, "state" | "stateSince" | "nextStartAt">,
  now: number,
): number | undefined {
  if (node.state !== "backoff" || node.nextStartAt === undefined) return undefined;
  const end = Date.parse(node.nextStartAt);
  const total = end - Date.parse(node.stateSince);
  if (!(total > 0)) return 0;
  const leftMs = Math.ceil((end - now) / 1000) * 1000;
  return Math.min(1, Math.max(0, leftMs / total));
}

/** Keys of a page or dialog while it is mounted. `name` heads them in the list under `?`. */
export function useKeys(name: string, bindings: readonly KeyBinding[], layer: KeyLayer = "page"): void {
  const { keys } = useApp();
  const latest = useRef(bindings);
  useEffect(() => {
    latest.current = bindings;
  });
  useEffect(() => keys.register({ name, layer, bindings: () => latest.current }), [keys, name, layer]);
}
