/** Everything the palette can do, as a list. Each entry runs what a button or key elsewhere runs, so nothing is only here. */
import { Activity, Brain, History, Play, RotateCcw, Search, Settings2, Square, type LucideIcon } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import type { App } from "#renderer/state/AppContext.tsx";
import { actionsFor, actOn, type NodeActionId } from "#renderer/state/nodeActions.ts";
import { NodeLamp } from "#renderer/state/StateWord.tsx";
import { openItems, subtree } from "#renderer/state/derive.ts";
import { isEnterSafe, lampOf, waiterOf, wishOf } from "#renderer/state/inboxItems.ts";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import type { NodePatch } from "#shared/contract/index.ts";
import { countdownWords, plural } from "#shared/lib/words.ts";
import { BROKEN_STATES, cliName, STATE_WORDS, WAITING_STATES } from "#shared/model/stateWords.ts";
import { showToast } from "#renderer/state/overlays.ts";

export type EntryGroup = "Commands" | "Agents and supervisors" | "Events and sessions";

export interface Entry {
  readonly id: string;
  readonly group: EntryGroup;
  readonly icon: ReactNode;
  readonly title: string;
  readonly hint: string;
  /** The key that does the same outside the palette. */
  readonly keys?: string;
  /** Sorted before equals. */
  readonly weight?: number;
  /** Set in mono: a pattern, not a sentence. */
  readonly isMono?: boolean;
  readonly run: () => void;
  /** What Tab offers. */
  readonly actions?: () => readonly Entry[];
}

export const entryIcon = (Icon: LucideIcon): ReactElement => <Icon size={16} strokeWidth={1.6} aria-hidden="true" />;

const ACTION_ICONS: Readonly<Record<NodeActionId, LucideIcon>> = {
  start: Play,
  pause: Square,
  resume: Play,
  restart: RotateCcw,
  restartFresh: RotateCcw,
  drain: Square,
  stop: Square,
  remove: Square,
};

/** Acts on one node: what can be done with it, and where it can be looked at. */
export function nodeEntries(app: App, node: NodePatch): readonly Entry[] {
  const { navigation } = app;
  const acts = actionsFor(node).map((action): Entry => ({
    id: `${action.id}:${node.path}`,
    group: "Commands",
    icon: entryIcon(ACTION_ICONS[action.id]),
    title: titleOf(action.id, action.label, node),
    hint: consequence(app, action.id, node),
    weight: weightOf(action.id, node),
    ...(action.keys === undefined ? {} : { keys: action.keys }),
    run: () => actOn(app, action.id, node.path),
  }));
  const look = (id: string, title: string, run: () => void): Entry => ({
    id: `${id}:${node.path}`,
    group: "Commands",
    icon: entryIcon(Search),
    title,
    hint: "",
    weight: -5,
    run,
  });
  const looks =
    node.kind === "agent"
      ? [
          look("terminal", `Open the terminal of ${node.id}`, () =>
            navigation.navigate({ page: "terminals", path: node.path }),
          ),
          look("session", `Open the session of ${node.id}`, () =>
            navigation.navigate({ page: "session", path: node.path }),
          ),
          look("write", `Write to ${node.id}`, () => navigation.navigate({ page: "messages", to: node.path })),
          look("search", `Search what ${node.id} printed`, () =>
            navigation.navigate({ page: "search", path: node.path }),
          ),
        ]
      : [];
  return [
    ...acts,
    ...looks,
    look("tree", `Show ${node.id} in the tree`, () => navigation.navigate({ page: "tree", path: node.path })),
    look("events", `Show events of ${node.id}`, () =>
      navigation.navigate({ page: "events", pattern: patternOf(node) }),
    ),
  ];
}

/** What is broken is most likely meant; what deletes is never offered first. */
function weightOf(id: NodeActionId, node: NodePatch): number {
  if (id === "remove") return -20;
  const isBroken = BROKEN_STATES.has(node.state) && (id === "start" || id === "restart");
  return (isBroken ? 12 : 0) + (WAITING_STATES.has(node.state) ? 4 : 0);
}

function titleOf(id: NodeActionId, label: string, node: NodePatch): string {
  if (id === "start" && node.state === "backoff") return `Restart ${node.id} now`;
  if (id === "restartFresh") return `Restart ${node.id} with a fresh session`;
  if (id === "drain") return `Stop ${node.id} after its turn`;
  if (id === "remove") return `Remove ${node.id} from the fleet file`;
  return `${label} ${node.id}`;
}

/** What it skips, takes with it, or costs. */
function consequence(app: App, id: NodeActionId, node: NodePatch): string {
  if (id === "start" && node.nextStartAt !== undefined)
    return `skips the ${countdownWords(Date.parse(node.nextStartAt) - Date.now())} wait`;
  if (node.kind === "supervisor") {
    const { nodes } = app.store.getState();
    const agents = subtree(app.store.getState(), node.path).filter((path) => nodes.get(path)?.kind === "agent").length;
    return `${node.strategy ?? "supervisor"}, ${plural(agents, "agent")}`;
  }
  if (id === "restartFresh") return "its conversation starts anew";
  return STATE_WORDS[node.state].toLowerCase();
}

export function patternOf(node: Pick<NodePatch, "path" | "kind">): string {
  const [fleet = "", id] = node.path.split("/");
  return id === undefined ? `ws.${fleet}.>` : `ws.${fleet}.${node.kind}.${id}.>`;
}

/** Agents and supervisors themselves: Enter shows one, Tab lists what can be done. */
export function placeEntries(app: App): readonly Entry[] {
  const { nodes, children } = app.store.getState();
  return [...nodes.values()].map((node): Entry => {
    const about =
      node.kind === "agent"
        ? `${STATE_WORDS[node.state].toLowerCase()}, ${cliName(node.agent)}`
        : `${node.strategy ?? ""}, ${plural(children.get(node.path)?.length ?? 0, "child", "children")}`;
    return {
      id: `node:${node.path}`,
      group: "Agents and supervisors",
      icon: <NodeLamp node={node} size={15} />,
      title: node.id,
      hint: node.path.includes("/") ? `${about}, ${node.path.split("/")[0] ?? ""}` : about,
      run: () =>
        app.navigation.navigate(
          node.kind === "agent" ? { page: "terminals", path: node.path } : { page: "tree", path: node.path },
        ),
      actions: () => nodeEntries(app, node),
    };
  });
}

/** Answers that may be given without a second look, and the way to the others. */
export function inboxEntries(app: App): readonly Entry[] {
  return openItems(app.store.getState().inbox).flatMap((item) => {
    const name = waiterOf(item);
    const icon = <Lamp state={lampOf(item)} size={15} />;
    const open: Entry = {
      id: `inbox:${item.id}`,
      group: "Commands",
      icon,
      title: `Review ${name}`,
      hint: wishOf(item),
      weight: 5,
      run: () => app.navigation.navigate({ page: "inbox", id: item.id }),
    };
    const answers = item.options
      .filter((option) => !option.takesText && isEnterSafe(item, option))
      .map((option): Entry => ({
        id: `answer:${item.id}:${option.id}`,
        group: "Commands",
        icon,
        title: `${option.label}: ${name}`,
        hint: item.body,
        run: () => void answer(app, item.id, option.id),
      }));
    return [open, ...answers];
  });
}

async function answer(app: App, id: string, option: string): Promise<void> {
  const result = await app.client.command("inbox.answer", { id, option });
  if (!result.ok) showToast(app.store, { kind: "error", text: result.error.message });
}

/** The typed text as a pattern, as a search, and what was looked at before. */
export function eventEntries(app: App, text: string): readonly Entry[] {
  const { navigation } = app;
  if (text === "") {
    return [
      {
        id: "events",
        group: "Events and sessions",
        icon: entryIcon(Activity),
        title: "All events",
        hint: "live",
        keys: "g e",
        run: () => navigation.navigate({ page: "events" }),
      },
      {
        id: "sessions",
        group: "Events and sessions",
        icon: entryIcon(History),
        title: "All sessions",
        hint: "every life on record",
        keys: "g s",
        run: () => navigation.navigate({ page: "sessions" }),
      },
    ];
  }
  const pattern = /[.*>]/.test(text) ? text : `ws.*.*.${text}.>`;
  return [
    {
      id: "pattern",
      group: "Events and sessions",
      icon: entryIcon(Activity),
      title: pattern,
      hint: "use as event pattern",
      isMono: true,
      run: () => navigation.navigate({ page: "events", pattern }),
    },
    {
      id: "search",
      group: "Events and sessions",
      icon: entryIcon(Search),
      title: `Search for “${text}”`,
      hint: "in everything agents printed, and in events",
      run: () => navigation.navigate({ page: "search", text }),
    },
    {
      id: "memories",
      group: "Events and sessions",
      icon: entryIcon(Brain),
      title: `Search memories for “${text}”`,
      hint: "in what agents and people remember",
      run: () => navigation.navigate({ page: "memory", tab: "memories", text }),
    },
  ];
}

export const settingsIcon = entryIcon(Settings2);
