/** What the tray shows, as data: its silhouette, its tooltip and its menu. Pure; tray.ts draws it. */
import type { InboxItem } from "#shared/model/inbox.ts";
import type { NodeState } from "#shared/model/states.ts";
import { costWords } from "#shared/lib/amountWords.ts";
import { budgetId } from "#shared/model/budget.ts";
import { levelWords, spentOfWords } from "#shared/model/budgetWords.ts";
import { agentCounts, atLimit, hasState, type Overview, waiting } from "./overview.ts";

/** Names of the icon files; broken beats waiting beats running beats calm. */
export type TrayIcon = "broken" | "waiting" | "running" | "calm";

export type TrayAction =
  | { readonly type: "open" }
  | { readonly type: "openInbox"; readonly itemId?: string }
  | { readonly type: "openBudgets"; readonly scope?: string }
  | { readonly type: "pauseAll" }
  | { readonly type: "resumeAll" }
  | { readonly type: "emergencyStop" }
  | { readonly type: "settings" }
  | { readonly type: "toggleStartAtLogin" }
  | { readonly type: "quit"; readonly stopAgents: boolean };

export type TrayRow =
  | { readonly kind: "separator" }
  | { readonly kind: "text"; readonly label: string }
  | {
      readonly kind: "action";
      readonly label: string;
      readonly action: TrayAction;
      readonly accelerator?: string;
      readonly checked?: boolean;
    };

export interface TrayModel {
  readonly icon: TrayIcon;
  readonly tooltip: string;
  readonly rows: readonly TrayRow[];
}

export interface TrayContext {
  readonly nowMs: number;
  readonly startAtLogin: boolean;
}

const BROKEN: ReadonlySet<NodeState> = new Set(["gave_up", "escalated"]);
/** More than this would push the quick actions off the screen. */
const MOST_WAITING = 8;
const WAITING_LABEL_CHARS = 48;

export function trayModel(overview: Overview, context: TrayContext): TrayModel {
  const { running, total } = agentCounts(overview);
  const headline = total === 0 ? "No agents" : `${running} of ${total} agents running`;
  const items = waiting(overview);
  const trouble = keeperTrouble(overview);
  return {
    icon: trayIcon(overview),
    tooltip: ["Signalbox", headline, ...(items.length > 0 ? [needWords(items.length)] : []), ...trouble].join("\n"),
    rows: [
      ...[headline, ...trouble].map((label): TrayRow => ({ kind: "text", label })),
      { kind: "separator" },
      ...waitingRows(items, context.nowMs),
      ...moneyRows(overview),
      ...quickActions(overview),
      { kind: "separator" },
      {
        kind: "action",
        label: "Start at login",
        action: { type: "toggleStartAtLogin" },
        checked: context.startAtLogin,
      },
      { kind: "action", label: "Settings…", action: { type: "settings" }, accelerator: "CmdOrCtrl+," },
      { kind: "separator" },
      {
        kind: "action",
        label: "Quit, agents go on",
        action: { type: "quit", stopAgents: false },
        accelerator: "CmdOrCtrl+Q",
      },
      { kind: "action", label: "Quit and stop all agents", action: { type: "quit", stopAgents: true } },
    ],
  };
}

export function trayIcon(overview: Overview): TrayIcon {
  if (overview.keeper === "lost" || overview.keeper === "unreachable" || hasState(overview, BROKEN)) return "broken";
  if (overview.inbox.size > 0) return "waiting";
  return agentCounts(overview).running > 0 ? "running" : "calm";
}

function keeperTrouble(overview: Overview): string[] {
  if (overview.keeper === "unreachable") return ["The keeper does not answer; agents may still run"];
  return overview.keeper === "lost" ? ["The keeper was lost; its agents ended"] : [];
}

function waitingRows(items: readonly InboxItem[], nowMs: number): TrayRow[] {
  if (items.length === 0) return [];
  const shown = items.slice(0, MOST_WAITING).map((item): TrayRow => {
    const label = `${cut(`${nameOf(item.path)}: ${item.title}`)}  ${age(item.since, nowMs)}`;
    return { kind: "action", label, action: { type: "openInbox", itemId: item.id } };
  });
  const more = items.length - shown.length;
  const rest: TrayRow[] = more > 0 ? [{ kind: "action", label: `${more} more…`, action: { type: "openInbox" } }] : [];
  return [...shown, ...rest, { kind: "separator" }];
}

/** Today's spending, and what is at its limit. */
function moneyRows(overview: Overview): TrayRow[] {
  const whole = overview.budgets.get(budgetId("*", "day", "usd"));
  if ((overview.spentNanos ?? 0) === 0 && overview.budgets.size === 0) return [];
  const spent = costWords(overview.spentNanos ?? 0);
  const label = whole === undefined ? `${spent} spent today` : `${spent} of ${costWords(whole.allowance)} spent today`;
  const limits = atLimit(overview)
    .slice(0, MOST_WAITING)
    .map((budget): TrayRow => {
      const who = budget.scope === "*" ? "Everything" : nameOf(budget.scope);
      const what = `${cut(who)}: ${spentOfWords(budget)}, ${levelWords(budget).toLowerCase()}`;
      return { kind: "action", label: what, action: { type: "openBudgets", scope: budget.scope } };
    });
  return [{ kind: "action", label, action: { type: "openBudgets" } }, ...limits, { kind: "separator" }];
}

function quickActions(overview: Overview): TrayRow[] {
  const agents = [...overview.nodes.values()].filter((node) => node.kind === "agent");
  const areAllPaused =
    agents.some((node) => node.state === "paused") &&
    agentCounts(overview).running === agents.filter((node) => node.state === "paused").length;
  return [
    { kind: "action", label: "Open Signalbox", action: { type: "open" }, accelerator: "CmdOrCtrl+O" },
    { kind: "action", label: "Next waiting agent", action: { type: "openInbox" }, accelerator: "CmdOrCtrl+J" },
    areAllPaused
      ? { kind: "action", label: "Resume all agents", action: { type: "resumeAll" } }
      : { kind: "action", label: "Pause all agents", action: { type: "pauseAll" } },
    { kind: "action", label: "Emergency stop…", action: { type: "emergencyStop" }, accelerator: "CmdOrCtrl+Shift+." },
  ];
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function needWords(count: number): string {
  return count === 1 ? "1 thing needs you" : `${count} things need you`;
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length <= WAITING_LABEL_CHARS ? line : `${line.slice(0, WAITING_LABEL_CHARS - 1)}…`;
}

/** "now", "9m", "3h", "2d". */
function age(since: string, nowMs: number): string {
  const minutes = Math.max(0, Math.floor((nowMs - Date.parse(since)) / 60_000));
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes}m`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)}h` : `${Math.floor(minutes / (24 * 60))}d`;
}
