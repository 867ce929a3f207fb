/** The one window: sandboxed, at its remembered place, hidden instead of closed while the app lives in the tray. */
import { BrowserWindow, nativeTheme, screen } from "electron";
import { PAGE_ORIGIN } from "#shared/rpc/desktopPort.ts";
import type { JsonFile } from "./jsonFile.ts";
import { initialWindow, MINIMUM_SIZE } from "./windowBounds.ts";

export interface MainWindowDeps {
  readonly preload: string;
  readonly icon: string;
  readonly memory: JsonFile;
  /** Asked at every attempt to close: true hides the window instead. */
  readonly staysInTray: () => boolean;
}

export interface MainWindow {
  /** Shows the window, at a place of the page (`/inbox/i-1`) when given. */
  open(place?: string): void;
  /** The person has it in front of them. */
  isWatched(): boolean;
}

/** design.md, surface-canvas: what shows before the page has painted. */
const CANVAS = { dark: "#111617", light: "#F7F8F7" } as const;

export function createMainWindow(deps: MainWindowDeps): MainWindow {
  let window: BrowserWindow | undefined;
  return {
    open(place) {
      if (window === undefined || window.isDestroyed()) window = createWindow(deps, place);
      else goTo(window, place);
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    },
    isWatched: () => window !== undefined && !window.isDestroyed() && window.isVisible() && window.isFocused(),
  };
}

function createWindow(deps: MainWindowDeps, place = "/"): BrowserWindow {
  const areas = [screen.getPrimaryDisplay(), ...screen.getAllDisplays()].map((display) => display.workArea);
  const { isMaximized, ...box } = initialWindow(deps.memory.read(), areas);
  const window = new BrowserWindow({
    ...box,
    minWidth: MINIMUM_SIZE.width,
    minHeight: MINIMUM_SIZE.height,
    title: "Signalbox",
    icon: deps.icon,
    show: false,
    autoHideMenuBar: true,
    backgroundColor: nativeTheme.shouldUseDarkColors ? CANVAS.dark : CANVAS.light,
    webPreferences: {
      preload: deps.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      spellcheck: false,
      // Terminals must go on drawing while another window is in front.
      backgroundThrottling: false,
    },
  });
  if (isMaximized) window.maximize();
  window.on("close", (event) => {
    deps.memory.write({ ...window.getNormalBounds(), isMaximized: window.isMaximized() });
    if (!deps.staysInTray()) return;
    event.preventDefault();
    window.hide();
  });
  window.webContents.on("render-process-gone", (_event, details) => {
    if (details.reason !== "clean-exit") window.webContents.reload();
  });
  void window.loadURL(`${PAGE_ORIGIN}/#${place}`);
  return window;
}

/** The page's places are its hash, so that going there needs no channel of its own. */
function goTo(window: BrowserWindow, place: string | undefined): void {
  if (place === undefined) return;
  void window.webContents.executeJavaScript(`location.hash = ${JSON.stringify(place)}; undefined`);
}
