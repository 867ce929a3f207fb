/** The frame around every page: rail, page, status bar, what lies over them, and the keys that work everywhere. */
import { Suspense, useEffect, type ReactElement } from "react";
import { useAppState, useIsLive, useNavigation, useRoute } from "#renderer/state/hooks.ts";
import { routeOfPlace } from "#renderer/state/places.ts";
import { LoadingHeld, Skeleton } from "#renderer/ui/Skeleton.tsx";
import { ConnectionBanner } from "./ConnectionBanner.tsx";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { NewsReader } from "./NewsReader.tsx";
import { Overlays } from "./Overlays.tsx";
import { fetchPages, PageView } from "./pages.tsx";
import { Rail } from "./Rail.tsx";
import { StatusBar } from "./StatusBar.tsx";
import { Toasts } from "./Toasts.tsx";
import { useClippedTitles } from "./useClippedTitles.ts";
import { useGlobalKeys } from "./useGlobalKeys.ts";
import "./shell.css";

export function Shell(): ReactElement {
  const route = useRoute();
  const isLive = useIsLive();
  const hasTree = useAppState((state) => state.hasTree);
  const hasFleets = useAppState((state) => state.fleets.size > 0);
  useGlobalKeys();
  useClippedTitles();
  usePlaces();
  useEffect(() => {
    if (hasTree) fetchPages();
  }, [hasTree]);
  const isFirstRun = route.page === "home" && hasTree && !hasFleets;
  return (
    <div className="app">
      <Rail />
      <main className="main" id="main">
        <ConnectionBanner />
        <div className={isLive || !hasTree ? "main-page" : "main-page stale"}>
          <ErrorBoundary key={route.page}>
            <LoadingHeld value={isLive || !hasTree ? undefined : HELD}>
              <Suspense fallback={<Skeleton />}>
                <PageView name={isFirstRun ? "firstRun" : route.page} />
              </Suspense>
            </LoadingHeld>
          </ErrorBoundary>
        </div>
      </main>
      <StatusBar />
      <Toasts />
      <Overlays />
      <NewsReader />
    </div>
  );
}

const HELD = "Not loaded yet. It is shown as soon as Signalbox answers again.";

/** The desktop shell and notifications say where to go by the fragment; it is taken out again at once. */
function usePlaces(): void {
  const navigation = useNavigation();
  useEffect(() => {
    const follow = () => {
      const route = routeOfPlace(location.hash.slice(1));
      if (location.hash !== "") history.replaceState(history.state, "", location.pathname + location.search);
      if (route !== undefined) navigation.navigate(route);
    };
    follow();
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, [navigation]);
}
