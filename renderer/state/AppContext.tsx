/** Hands the client, the stores and the keys to every component. Made once, in main.tsx; tests make their own. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createContext, useContext, useEffect, type ReactElement, type ReactNode } from "react";
import type { ReconnectingClient } from "#shared/rpc/reconnectingClient.ts";
import { createAppStore, type AppStore } from "./appStore.ts";
import { createKeyRegistry, type KeyRegistry } from "./keys.ts";
import { createNavigation, type HistoryPort, type Navigation } from "./navigation.ts";

export interface App {
  readonly client: ReconnectingClient;
  readonly store: AppStore;
  readonly navigation: Navigation;
  readonly keys: KeyRegistry;
  readonly queries: QueryClient;
}

export interface AppOptions {
  /** The browser's history; without it routes live in memory alone. */
  readonly history?: HistoryPort;
}

export function createApp(client: ReconnectingClient, { history }: AppOptions = {}): App {
  const queries = new QueryClient({
    // The core is on this machine and says by streams what changed; asking again on focus would only flicker.
    // It answers without a network, too: a laptop on a train must not have its pages wait for one.
    defaultOptions: {
      queries: { retry: false, refetchOnWindowFocus: false, staleTime: 5_000, networkMode: "always" },
    },
  });
  client.onState((state) => {
    if (state.status === "connected") void queries.invalidateQueries();
  });
  return {
    client,
    store: createAppStore(client),
    navigation: createNavigation(history),
    keys: createKeyRegistry(),
    queries,
  };
}

const AppContext = createContext<App | undefined>(undefined);

export function AppProvider({ app, children }: { readonly app: App; readonly children: ReactNode }): ReactElement {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || !app.keys.handle(event)) return;
      event.preventDefault();
      event.stopPropagation();
    };
    // Before the page's own listeners: a focused terminal must not see the reserved keys.
    window.addEventListener("keydown", onKeyDown, { capture: true });
    return () => window.removeEventListener("keydown", onKeyDown, { capture: true });
  }, [app]);
  return (
    <AppContext value={app}>
      <QueryClientProvider client={app.queries}>{children}</QueryClientProvider>
    </AppContext>
  );
}

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error("AppProvider is missing above this component");
  return app;
}
