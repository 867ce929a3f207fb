import { useEffect, type ReactElement } from "react";
import { useStore } from "zustand";
import { AppProvider, type App } from "#renderer/state/AppContext.tsx";
import type { Gate } from "./connect.ts";
import { RefusedPage } from "./RefusedPage.tsx";
import { Shell } from "./Shell.tsx";
import { applyTheme, onSystemTheme, rememberedTheme } from "./theme.ts";

interface Props {
  readonly app: App;
  readonly gate: Gate;
}

/** The whole window. */
export function AppRoot({ app, gate }: Props): ReactElement {
  const refusal = useStore(gate, (state) => state.refusal);
  useEffect(() => {
    const apply = () => applyTheme(app.store.getState().settings?.theme ?? rememberedTheme());
    const offStore = app.store.subscribe((state, before) => {
      if (state.settings?.theme !== before.settings?.theme) apply();
    });
    const offSystem = onSystemTheme(apply);
    return () => {
      offStore();
      offSystem();
    };
  }, [app]);
  if (refusal !== undefined) return <RefusedPage refusal={refusal} />;
  return (
    <AppProvider app={app}>
      <Shell />
    </AppProvider>
  );
}
