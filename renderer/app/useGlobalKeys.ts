/** Keys that work on every page (design.md 8). */
import { useApp } from "#renderer/state/AppContext.tsx";
import { openItems, waitingAgents } from "#renderer/state/derive.ts";
import { useKeys } from "#renderer/state/hooks.ts";
import type { KeyBinding } from "#renderer/state/keys.ts";
import type { Route } from "#renderer/state/navigation.ts";
import type { App } from "#renderer/state/AppContext.tsx";
import { openOverlay } from "#renderer/state/overlays.ts";

export function useGlobalKeys(): void {
  const app = useApp();
  const { navigation, store } = app;
  const go = (keys: string, label: string, route: Route): KeyBinding => ({
    keys,
    label,
    run: () => navigation.navigate(route),
  });
  useKeys(
    "Everywhere",
    [
      { keys: "mod+k", label: "Command palette", reserved: true, run: () => openOverlay(store, { kind: "palette" }) },
      {
        keys: "mod+shift+.",
        label: "Emergency stop",
        reserved: true,
        run: () => openOverlay(store, { kind: "emergencyStop" }),
      },
      { keys: "mod+j", label: "Next agent that waits", reserved: true, run: () => nextWaiting(app) },
      go("g h", "Home", { page: "home" }),
      go("g i", "Inbox", { page: "inbox" }),
      go("g t", "Tree", { page: "tree" }),
      go("g l", "Terminals", { page: "terminals" }),
      go("g s", "Sessions", { page: "sessions" }),
      go("g w", "Workflows", { page: "workflows" }),
      go("g m", "Messages", { page: "messages" }),
      go("g b", "Budgets", { page: "budgets" }),
      go("g e", "Events", { page: "events" }),
      go("g u", "Bus", { page: "bus" }),
      go("g d", "Dead letters", { page: "bus", tab: "dead" }),
      go("g r", "Registry", { page: "registry" }),
      go("g y", "Memory", { page: "memory" }),
      go("g f", "Search everything printed", { page: "search" }),
      go("mod+,", "Settings", { page: "settings" }),
      { keys: "alt+left", label: "Back", run: () => navigation.back() },
      { keys: "alt+right", label: "Forward", run: () => navigation.forward() },
      { keys: "?", label: "Keys of this page", run: () => openOverlay(store, { kind: "keys" }) },
    ],
    "app",
  );
}

/** Round the open inbox items of agents; an agent that waits without an item is shown in its terminal. */
function nextWaiting({ navigation, store }: App): void {
  const { inbox, nodes } = store.getState();
  const items = openItems(inbox).filter(
    (item) => item.kind === "permission" || item.kind === "question" || item.kind === "needs_login",
  );
  const route = navigation.current();
  const at = route.page === "inbox" ? items.findIndex((item) => item.id === route.id) : -1;
  const next = items[(at + 1) % Math.max(1, items.length)];
  if (next !== undefined) return navigation.navigate({ page: "inbox", id: next.id });
  const agent = waitingAgents(nodes)[0];
  if (agent !== undefined) navigation.navigate({ page: "terminals", path: agent.path });
}
