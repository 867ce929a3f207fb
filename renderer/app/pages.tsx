/** One component per page. The heavy ones are fetched when they are first opened. */
import { createElement, lazy, type ComponentType, type ReactElement } from "react";
import { HomePage } from "#renderer/features/home/HomePage.tsx";
import { InboxPage } from "#renderer/features/inbox/InboxPage.tsx";
import { FirstRunPage } from "#renderer/features/firstRun/FirstRunPage.tsx";
import { SearchPage } from "#renderer/features/search/SearchPage.tsx";
import { SettingsPage } from "#renderer/features/settings/SettingsPage.tsx";
import type { PageName } from "#renderer/state/navigation.ts";
import { Problem } from "#renderer/ui/Problem.tsx";

type Loaded = Readonly<Record<string, ComponentType>>;
const files = import.meta.glob<Loaded>("../features/{tree,terminals,session,sessions,events}/*Page.tsx");

function fetched(folder: string, name: string): ComponentType {
  return lazy(async () => {
    const found = await files[`../features/${folder}/${name}.tsx`]?.();
    return { default: found?.[name] ?? Missing };
  });
}

function Missing(): ReactElement {
  return <Problem title="This page is not part of this build." />;
}

const PAGES: Readonly<Record<PageName, ComponentType>> = {
  home: HomePage,
  inbox: InboxPage,
  firstRun: FirstRunPage,
  search: SearchPage,
  settings: SettingsPage,
  tree: fetched("tree", "TreePage"),
  terminals: fetched("terminals", "TerminalsPage"),
  session: fetched("session", "SessionPage"),
  sessions: fetched("sessions", "SessionsPage"),
  events: fetched("events", "EventsPage"),
};

/** The page of that name. */
export function PageView({ name }: { readonly name: PageName }): ReactElement {
  return createElement(PAGES[name]);
}
