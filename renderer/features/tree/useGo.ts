/** The ways out of the tree: a node's terminal, its session, its events (design.md 2, navigation map). */
import { useMemo } from "react";
import { useApp, type App } from "#renderer/state/AppContext.tsx";

export interface Go {
  /** Agents only; a supervisor has no terminal. */
  readonly terminal: (path: string) => void;
  readonly session: (path: string) => void;
  readonly events: (path: string) => void;
  readonly firstRun: () => void;
}

export function useGo(): Go {
  const app = useApp();
  return useMemo<Go>(() => {
    const isAgent = (path: string): boolean => app.store.getState().nodes.get(path)?.kind === "agent";
    return {
      terminal: (path) => isAgent(path) && app.navigation.navigate({ page: "terminals", path }),
      session: (path) => isAgent(path) && app.navigation.navigate({ page: "session", path }),
      events: (path) => app.navigation.navigate({ page: "events", pattern: eventPattern(app, path) }),
      firstRun: () => app.navigation.navigate({ page: "firstRun" }),
    };
  }, [app]);
}

/** Everything this node's events carry as subject; for the top of a fleet the fleet's whole. */
function eventPattern(app: App, path: string): string {
  return subjectPattern(path, app.store.getState().nodes.get(path)?.kind ?? "agent");
}

export function subjectPattern(path: string, kind: "agent" | "supervisor"): string {
  const slash = path.indexOf("/");
  return slash < 0 ? `ws.${path}.>` : `ws.${path.slice(0, slash)}.${kind}.${path.slice(slash + 1)}.>`;
}
