/** The application menu. Keys a terminal needs stay with the page: outside macOS only zoom keys are taken here. */
import { Menu, type MenuItemConstructorOptions } from "electron";

export type MenuAction =
  | "settings"
  | "nextWaiting"
  | "pauseAll"
  | "resumeAll"
  | "emergencyStop"
  | "quit"
  | "quitAndStop";

export interface MenuDeps {
  readonly platform: NodeJS.Platform;
  readonly isPackaged: boolean;
  readonly onAction: (action: MenuAction) => void;
  /** A place of the page. */
  readonly onGo: (place: string) => void;
}

const PLACES = [
  ["Home", "/"],
  ["Inbox", "/inbox"],
  ["Tree", "/tree"],
  ["Sessions", "/sessions"],
  ["Events", "/events"],
] as const;

export function setApplicationMenu(deps: MenuDeps): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(deps)));
}

export function menuTemplate(deps: MenuDeps): MenuItemConstructorOptions[] {
  const isMac = deps.platform === "darwin";
  return [
    ...(isMac ? [macAppMenu(deps)] : []),
    fileMenu(deps, isMac),
    ...(isMac ? [editMenu()] : []),
    viewMenu(deps),
    goMenu(deps),
    agentsMenu(deps),
    windowMenu(isMac),
  ];
}

const ITEMS: Readonly<Record<MenuAction, { readonly label: string; readonly accelerator?: string }>> = {
  settings: { label: "Settings…", accelerator: "CmdOrCtrl+," },
  nextWaiting: { label: "Next waiting agent", accelerator: "CmdOrCtrl+J" },
  pauseAll: { label: "Pause all agents" },
  resumeAll: { label: "Resume all agents" },
  emergencyStop: { label: "Emergency stop…", accelerator: "CmdOrCtrl+Shift+." },
  quit: { label: "Quit, agents go on", accelerator: "CmdOrCtrl+Q" },
  quitAndStop: { label: "Quit and stop all agents" },
};

/** Its key is printed, not taken: the page hears it, and a focused terminal may have it. */
function act(deps: MenuDeps, action: MenuAction): MenuItemConstructorOptions {
  return { id: action, ...ITEMS[action], registerAccelerator: false, click: () => deps.onAction(action) };
}

function macAppMenu(deps: MenuDeps): MenuItemConstructorOptions {
  return {
    label: "Signalbox",
    submenu: [
      { role: "about" },
      { type: "separator" },
      act(deps, "settings"),
      { type: "separator" },
      { role: "services" },
      { role: "hide" },
      { role: "hideOthers" },
      { role: "unhide" },
      { type: "separator" },
      ...quitItems(deps),
    ],
  };
}

function fileMenu(deps: MenuDeps, isMac: boolean): MenuItemConstructorOptions {
  const close: MenuItemConstructorOptions = isMac
    ? { role: "close" }
    : { role: "close", accelerator: "", registerAccelerator: false };
  const rest = isMac ? [] : [act(deps, "settings"), { type: "separator" } as const, ...quitItems(deps)];
  return { label: "File", submenu: [close, ...rest] };
}

function quitItems(deps: MenuDeps): MenuItemConstructorOptions[] {
  return [act(deps, "quit"), act(deps, "quitAndStop")];
}

/** Only macOS needs it, for Cmd+C and its kin; elsewhere its Ctrl+C would take the interrupt key from terminals. */
function editMenu(): MenuItemConstructorOptions {
  return { role: "editMenu" };
}

function viewMenu(deps: MenuDeps): MenuItemConstructorOptions {
  const developer: MenuItemConstructorOptions[] = deps.isPackaged
    ? []
    : [{ type: "separator" }, { role: "toggleDevTools" }];
  return {
    label: "View",
    submenu: [
      { role: "resetZoom" },
      { role: "zoomIn" },
      { role: "zoomOut" },
      { type: "separator" },
      { role: "togglefullscreen" },
      ...developer,
    ],
  };
}

function goMenu(deps: MenuDeps): MenuItemConstructorOptions {
  return { label: "Go", submenu: PLACES.map(([label, place]) => ({ label, click: () => deps.onGo(place) })) };
}

function agentsMenu(deps: MenuDeps): MenuItemConstructorOptions {
  return {
    label: "Agents",
    submenu: [
      act(deps, "nextWaiting"),
      { type: "separator" },
      act(deps, "pauseAll"),
      act(deps, "resumeAll"),
      act(deps, "emergencyStop"),
    ],
  };
}

function windowMenu(isMac: boolean): MenuItemConstructorOptions {
  return {
    label: "Window",
    submenu: isMac ? [{ role: "minimize" }, { role: "zoom" }, { role: "front" }] : [{ role: "minimize" }],
  };
}
