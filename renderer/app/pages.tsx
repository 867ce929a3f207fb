/** One component per page. Those with a terminal emulator or a large drawing are fetched after the first page is drawn. */
import { createElement, lazy, type ComponentType, type ReactElement } from "react";
import { FirstRunPage } from "#renderer/features/firstRun/FirstRunPage.tsx";
import { HomePage } from "#renderer/features/home/HomePage.tsx";
import { InboxPage } from "#renderer/features/inbox/InboxPage.tsx";
import { SearchPage } from "#renderer/features/search/SearchPage.tsx";
import { SettingsPage } from "#renderer/features/settings/SettingsPage.tsx";
import type { PageName } from "#renderer/state/navigation.ts";
import { Problem } from "#renderer/ui/Problem.tsx";

const FETCHED = {
  tree: async () => (await import("#renderer/features/tree/TreePage.tsx")).TreePage,
  terminals: async () => (await import("#renderer/features/terminals/TerminalsPage.tsx")).TerminalsPage,
  session: async () => (await import("#renderer/features/session/SessionPage.tsx")).SessionPage,
  sessions: async () => (await import("#renderer/features/sessions/SessionsPage.tsx")).SessionsPage,
  memory: async () => (await import("#renderer/features/memory/MemoryPage.tsx")).MemoryPage,
  messages: async () => (await import("#renderer/features/messages/MessagesPage.tsx")).MessagesPage,
  workflows: async () => (await import("#renderer/features/workflows/WorkflowsPage.tsx")).WorkflowsPage,
  events: async () => (await import("#renderer/features/events/EventsPage.tsx")).EventsPage,
  bus: async () => (await import("#renderer/features/bus/BusPage.tsx")).BusPage,
  registry: async () => (await import("#renderer/features/registry/RegistryPage.tsx")).RegistryPage,
  budgets: async () => (await import("#renderer/features/budgets/BudgetsPage.tsx")).BudgetsPage,
} satisfies Partial<Record<PageName, () => Promise<ComponentType>>>;

const PAGES: Readonly<Record<PageName, ComponentType>> = {
  home: HomePage,
  inbox: InboxPage,
  firstRun: FirstRunPage,
  search: SearchPage,
  settings: SettingsPage,
  tree: fetched(FETCHED.tree),
  terminals: fetched(FETCHED.terminals),
  session: fetched(FETCHED.session),
  sessions: fetched(FETCHED.sessions),
  memory: fetched(FETCHED.memory),
  messages: fetched(FETCHED.messages),
  workflows: fetched(FETCHED.workflows),
  events: fetched(FETCHED.events),
  budgets: fetched(FETCHED.budgets),
  bus: fetched(FETCHED.bus),
  registry: fetched(FETCHED.registry),
};

function fetched(page: () => Promise<ComponentType>): ComponentType {
  return lazy(async () => ({ default: await page().catch(() => Unfetched) }));
}

/** Fetches every page while the core is there: without it, those never opened before must open all the same. */
export function fetchPages(): void {
  for (const page of Object.values(FETCHED)) void page().catch(() => undefined);
}

/** The core is away, or serves another version by now. */
function Unfetched(): ReactElement {
  return (
    <Problem title="This page could not be fetched." action="Load again" onAction={() => location.reload()}>
      Its files come from Signalbox; it opens as soon as that answers again.
    </Problem>
  );
}

/** The page of that name. */
export function PageView({ name }: { readonly name: PageName }): ReactElement {
  return createElement(PAGES[name]);
}
