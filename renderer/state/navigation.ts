/** Where the person is. Routes live in memory; the browser's history holds only their index, so Back and Forward work. */
import { createStore, type StoreApi } from "zustand/vanilla";

export type Route =
  | { readonly page: "home" }
  | { readonly page: "inbox"; readonly id?: string }
  | { readonly page: "tree"; readonly path?: string }
  /** With a path: that agent's terminal in focus. */
  | { readonly page: "terminals"; readonly path?: string }
  | { readonly page: "sessions" }
  /** One child's lives; a session and an offset in it open the replay there. */
  | { readonly page: "session"; readonly path: string; readonly sessionId?: string; readonly offset?: number }
  /** With both parties' names: their conversation. With a receiver: a message to it is about to be written; "" is to anybody. */
  | { readonly page: "messages"; readonly between?: string; readonly to?: string }
  /** With a run: its picture. */
  | { readonly page: "workflows"; readonly run?: string }
  | { readonly page: "events"; readonly pattern?: string; readonly seq?: number }
  /** With a scope: narrowed to it, with its budgets beside; with an entry: the ledger at it. */
  | { readonly page: "budgets"; readonly scope?: string; readonly entry?: number }
  /** With a name: that stream or that message in the inspector. */
  | { readonly page: "bus"; readonly tab?: BusTab; readonly name?: string; readonly pattern?: string }
  /** With a context: that one. With a text: what is found by it. */
  | { readonly page: "memory"; readonly tab?: MemoryTab; readonly context?: string; readonly text?: string }
  /** A server, a tool of it to try, or a call in the inspector; or the dialog that adds a server. */
  | {
      readonly page: "registry";
      readonly tab?: RegistryTab;
      readonly server?: string;
      readonly tool?: string;
      readonly call?: string;
      readonly isAdding?: boolean;
    }
  | { readonly page: "search"; readonly text?: string; readonly path?: string }
  | { readonly page: "settings" }
  | { readonly page: "firstRun" };

export type BusTab = "streams" | "live" | "dead" | "catalogue";
export type MemoryTab = "memories" | "contexts";
export type RegistryTab = "servers" | "templates" | "calls";
export type PageName = Route["page"];

export interface NavigationState {
  readonly entries: readonly Route[];
  readonly index: number;
}

export interface Navigation {
  readonly store: StoreApi<NavigationState>;
  readonly current: () => Route;
  navigate(route: Route): void;
  /** Changes the current entry without a new one: typing a filter is no step. */
  replace(route: Route): void;
  back(): void;
  forward(): void;
}

/** The part of `window` this uses. */
export interface HistoryPort {
  readonly history: Pick<History, "pushState" | "replaceState" | "back" | "forward">;
  addEventListener(type: "popstate", listener: (event: PopStateEvent) => void): void;
}

const MAX_ENTRIES = 100;
const HOME: Route = { page: "home" };

export function createNavigation(port: HistoryPort | undefined): Navigation {
  const store = createStore<NavigationState>(() => ({ entries: [HOME], index: 0 }));
  const current = (): Route => {
    const { entries, index } = store.getState();
    return entries[index] ?? HOME;
  };
  const go = (index: number) =>
    store.setState(({ entries }) => ({ index: Math.min(Math.max(index, 0), entries.length - 1) }));
  port?.history.replaceState({ index: 0 }, "");
  port?.addEventListener("popstate", (event) => {
    const state: unknown = event.state;
    if (typeof state === "object" && state !== null && "index" in state && typeof state.index === "number")
      go(state.index);
  });
  return {
    store,
    current,
    navigate(route) {
      if (sameRoute(route, current())) return;
      store.setState(({ entries, index }) => {
        const kept = [...entries.slice(0, index + 1), route].slice(-MAX_ENTRIES);
        return { entries: kept, index: kept.length - 1 };
      });
      port?.history.pushState({ index: store.getState().index }, "");
    },
    replace(route) {
      store.setState(({ entries, index }) => ({ entries: entries.with(index, route) }));
    },
    back: () => (port === undefined ? go(store.getState().index - 1) : port.history.back()),
    forward: () => (port === undefined ? go(store.getState().index + 1) : port.history.forward()),
  };
}

function sameRoute(left: Route, right: Route): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
