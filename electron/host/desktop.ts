/** Joins the core's streams with tray, notifications and menu, and carries out what is chosen there. No product logic. */
import { app, dialog } from "electron";
import type { CommandName, CommandInput } from "#shared/contract/index.ts";
import { type Settings, settingsSchema } from "#shared/model/settings.ts";
import type { RpcClient } from "#shared/rpc/client.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { setApplicationMenu } from "./menu.ts";
import { createDesktopNotifier } from "./notifications.ts";
import {
  agentCounts,
  EMPTY_OVERVIEW,
  type Overview,
  waiting,
  withInbox,
  withBudgets,
  withStatus,
  withUsage,
  withTree,
} from "./overview.ts";
import { createTray, type TrayView } from "./tray.ts";
import { type TrayAction, trayModel } from "./trayModel.ts";
import type { MainWindow } from "./window.ts";

export interface DesktopDeps {
  readonly core: RpcClient;
  readonly window: MainWindow;
  readonly lifecycle: Lifecycle;
  readonly iconDir: string;
  /** The person's own choice, read at every change of it. */
  readonly onSettings: (settings: Settings) => void;
}

/** Ages in the menu count minutes. */
const REDRAW_EVERY_MS = 60_000;

export function startDesktop(deps: DesktopDeps): { readonly tray: TrayView } {
  const { core, window } = deps;
  let overview: Overview = EMPTY_OVERVIEW;
  let settings = settingsSchema.parse({});
  const act = (action: TrayAction) => void perform(action, () => overview, deps);
  const tray = createTray({ iconDir: deps.iconDir, platform: process.platform, onAction: act });
  const notifier = createDesktopNotifier({
    settings: () => settings,
    isWatching: () => window.isWatched(),
    onOpen: (place) => window.open(place),
  });
  const draw = () =>
    tray.draw(trayModel(overview, { nowMs: Date.now(), startAtLogin: app.getLoginItemSettings().openAtLogin }));
  const changed = (next: Overview) => {
    overview = next;
    draw();
    notifier.update(overview);
  };
  core.open("tree", {}, { onItem: (item) => changed(withTree(overview, item)) });
  core.open("inbox", {}, { onItem: (item) => changed(withInbox(overview, item)) });
  core.open("status", {}, { onItem: (status) => changed(withStatus(overview, status)) });
  core.open("usage", {}, { onItem: (item) => changed(withUsage(overview, item)) });
  core.open("budgets", {}, { onItem: (item) => changed(withBudgets(overview, item)) });
  core.open(
    "settings",
    {},
    {
      onItem: (item) => {
        settings = item;
        deps.onSettings(item);
      },
    },
  );
  setInterval(draw, REDRAW_EVERY_MS).unref();
  setApplicationMenu({
    platform: process.platform,
    isPackaged: app.isPackaged,
    onGo: (place) => window.open(place),
    onAction: (action) => act(MENU_ACTIONS[action]),
  });
  return { tray };
}

const MENU_ACTIONS = {
  settings: { type: "settings" },
  nextWaiting: { type: "openInbox" },
  pauseAll: { type: "pauseAll" },
  resumeAll: { type: "resumeAll" },
  emergencyStop: { type: "emergencyStop" },
  quit: { type: "quit", stopAgents: false },
  quitAndStop: { type: "quit", stopAgents: true },
} as const satisfies Record<string, TrayAction>;

async function perform(action: TrayAction, overview: () => Overview, deps: DesktopDeps): Promise<void> {
  switch (action.type) {
    case "open":
      return deps.window.open();
    case "openInbox":
      return openInbox(action.itemId ?? waiting(overview())[0]?.id, deps.window);
    case "openBudgets":
      return openBudgets(action.scope, deps.window);
    case "settings":
      return deps.window.open("/settings");
    case "toggleStartAtLogin":
      return app.setLoginItemSettings({ openAtLogin: !app.getLoginItemSettings().openAtLogin });
    case "pauseAll":
      return order(deps.core, "app.pauseAll", {});
    case "resumeAll":
      return order(deps.core, "app.resumeAll", {});
    case "emergencyStop":
      return emergencyStop(overview(), deps.core);
    case "quit":
      return quit(action.stopAgents, deps);
  }
}

function openBudgets(scope: string | undefined, window: MainWindow): void {
  window.open(scope === undefined ? "/budgets" : `/budgets/${encodeURIComponent(scope)}`);
}

function openInbox(itemId: string | undefined, window: MainWindow): void {
  window.open(itemId === undefined ? "/inbox" : `/inbox/${encodeURIComponent(itemId)}`);
}

function quit(stopAgents: boolean, { core, lifecycle }: DesktopDeps): Promise<void> {
  return lifecycle.quit(stopAgents ? () => order(core, "app.quit", { stopAgents: true }) : undefined);
}

async function emergencyStop(overview: Overview, core: RpcClient): Promise<void> {
  const { running } = agentCounts(overview);
  const { response } = await dialog.showMessageBox({
    type: "warning",
    message: running === 1 ? "Stop the running agent?" : `Stop all ${running} running agents?`,
    detail: "Supervisors will not restart them. Sessions are kept.",
    buttons: ["Stop all", "Cancel"],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
  });
  if (response === 0) await order(core, "app.estop", {});
}

/** A refusal is shown: there may be no window to show it. */
async function order<K extends CommandName>(core: RpcClient, name: K, input: CommandInput<K>): Promise<void> {
  const result = await core.command(name, input);
  if (!result.ok && result.error.code !== "disconnected") dialog.showErrorBox("Signalbox", result.error.message);
}
