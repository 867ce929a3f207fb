/**
 * Everything the window knows. Server state comes only from streams, each beginning with a snapshot; the rest is what
 * the person selected, filtered or opened. Pages read it through the hooks of this folder.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { AppStatus, QueryOutput } from "#shared/contract/index.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import type { Machine } from "#shared/model/machine.ts";
import type { Settings } from "#shared/model/settings.ts";
import type { ConnectionState, ReconnectingClient } from "#shared/rpc/reconnectingClient.ts";
import { sortInbox } from "./derive.ts";
import { applyMachinesItem } from "./machinesSlice.ts";
import type { Overlay, Toast } from "./overlayKinds.ts";
import { applyMailItem, EMPTY_MAIL, type MailSlice } from "./mailSlice.ts";
import { applyTreeItem, EMPTY_TREE, type TreeSlice } from "./treeSlice.ts";
import { applyBudgetsItem, applyUsageItem, EMPTY_USAGE, type UsageSlice } from "./usageSlice.ts";

export interface AppState extends TreeSlice, UsageSlice, MailSlice {
  readonly connection: ConnectionState;
  /** When the connection was lost, ms since 1970; undefined while it holds. Retries do not reset it. */
  readonly lostAt: number | undefined;
  /** The first tree has arrived. */
  readonly hasTree: boolean;
  readonly machines: readonly Machine[];
  readonly inbox: readonly InboxItem[];
  readonly status: AppStatus | undefined;
  readonly settings: Settings | undefined;
  readonly info: QueryOutput<"app.info"> | undefined;

  /** Path of the node the inspector and the single-letter keys are about. */
  readonly selected: string | undefined;
  /** All selected paths, `selected` among them; more than one only in the outline. */
  readonly selection: ReadonlySet<string>;
  /** Shared by diagram and outline. */
  readonly filter: string;
  readonly overlay: Overlay | undefined;
  readonly toasts: readonly Toast[];
}

export type AppStore = StoreApi<AppState>;

const NO_SELECTION: ReadonlySet<string> = new Set();

/** Follows the core's state streams for as long as the page lives. */
export function createAppStore(client: ReconnectingClient): AppStore {
  const store = createStore<AppState>(() => ({
    ...EMPTY_TREE,
    ...EMPTY_USAGE,
    ...EMPTY_MAIL,
    connection: client.state,
    lostAt: undefined,
    hasTree: false,
    machines: [],
    inbox: [],
    status: undefined,
    settings: undefined,
    info: undefined,
    selected: undefined,
    selection: NO_SELECTION,
    filter: "",
    overlay: undefined,
    toasts: [],
  }));
  client.onState((connection) => {
    store.setState((state) => ({ connection, lostAt: lostAt(state, connection) }));
    if (connection.status === "connected") void loadInfo(client, store);
  });
  if (client.state.status === "connected") void loadInfo(client, store);
  followAll(client, store);
  return store;
}

function lostAt(state: AppState, next: ConnectionState): number | undefined {
  if (next.status === "connected") return undefined;
  return state.lostAt ?? (state.connection.status === "connected" ? next.since : undefined);
}

async function loadInfo(client: ReconnectingClient, store: AppStore): Promise<void> {
  const info = await client.query("app.info", {});
  if (info.ok) store.setState({ info: info.value });
}

function followAll(client: ReconnectingClient, store: AppStore): void {
  client.open(
    "tree",
    {},
    {
      onItem: (item) =>
        store.setState((state) => ({
          ...applyTreeItem(state, item),
          ...(item.type === "snapshot" ? { hasTree: true } : {}),
        })),
    },
  );
  client.open(
    "machines",
    {},
    { onItem: (item) => store.setState(({ machines }) => ({ machines: applyMachinesItem(machines, item) })) },
  );
  client.open(
    "inbox",
    {},
    {
      onItem: (item) =>
        store.setState(({ inbox }) => ({
          inbox: sortInbox(item.type === "snapshot" ? item.items : putItem(inbox, item.item)),
        })),
    },
  );
  client.open("status", {}, { onItem: (status) => store.setState({ status }) });
  client.open("settings", {}, { onItem: (settings) => store.setState({ settings }) });
  client.open("usage", {}, { onItem: (item) => store.setState((state) => applyUsageItem(state, item)) });
  client.open("messages", {}, { onItem: (item) => store.setState((state) => applyMailItem(state, item)) });
  client.open("budgets", {}, { onItem: (item) => store.setState((state) => applyBudgetsItem(state, item)) });
}

function putItem(inbox: readonly InboxItem[], item: InboxItem): readonly InboxItem[] {
  return [...inbox.filter((other) => other.id !== item.id), item];
}

/** Selects one node, or nothing. */
export function select(store: AppStore, path: string | undefined): void {
  if (store.getState().selected === path && store.getState().selection.size <= 1) return;
  store.setState({ selected: path, selection: path === undefined ? NO_SELECTION : new Set([path]) });
}

/** Adds a node to the selection or takes it out. */
export function toggleSelected(store: AppStore, path: string): void {
  const selection = new Set(store.getState().selection);
  if (!selection.delete(path)) selection.add(path);
  store.setState({ selection, selected: selection.has(path) ? path : [...selection].at(-1) });
}
