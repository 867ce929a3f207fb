/** One component per page. Those with a terminal emulator or a large drawing are fetched when they are first opened. */
import { createElement, lazy, type ComponentType, type ReactElement } from "react";
import { FirstRunPage } from "#renderer/features/firstRun/FirstRunPage.tsx";
import { HomePage } from "#renderer/features/home/HomePage.tsx";
import { InboxPage } from "#renderer/features/inbox/InboxPage.tsx";
import { SearchPage } from "#renderer/features/search/SearchPage.tsx";
import { SettingsPage } from "#renderer/features/settings/SettingsPage.tsx";
import type { PageName } from "#renderer/state/navigation.ts";

const PAGES: Readonly<Record<PageName, ComponentType>> = {
  home: HomePage,
  inbox: InboxPage,
  firstRun: FirstRunPage,
  search: SearchPage,
  settings: SettingsPage,
  tree: lazy(async () => ({ default: (await import("#renderer/features/tree/TreePage.tsx")).TreePage })),
  terminals: lazy(async () => ({
    default: (await import("#renderer/features/terminals/TerminalsPage.tsx")).TerminalsPage,
  })),
  session: lazy(async () => ({ default: (await import("#renderer/features/session/SessionPage.tsx")).SessionPage })),
  sessions: lazy(async () => ({
    default: (await import("#renderer/features/sessions/SessionsPage.tsx")).SessionsPage,
  })),
  events: lazy(async () => ({ default: (await import("#renderer/features/events/EventsPage.tsx")).EventsPage })),
};

/** The page of that name. */
export function PageView({ name }: { readonly name: PageName }): ReactElement {
  return createElement(PAGES[name]);
}
