/**
 * An xterm instance dressed for this product: fonts, theme, renderer, links, copy keys, and deaf to queries. Live views
 * and replays both draw on one; bytes come and go only through its `terminal`.
 */
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { WebglAddon } from "@xterm/addon-webgl";
import { Terminal, type ITerminalOptions } from "@xterm/xterm";
import type { Settings } from "#shared/model/settings.ts";
import { isMac } from "#renderer/ui/platform.ts";
import { copyKeys } from "./copyKeys.ts";
import { createFind, type TerminalFind } from "./terminalFind.ts";
import { hasHardwareWebgl } from "./hardware.ts";
import { swallowReplies } from "./replyFilter.ts";
import { onThemeChange, readTheme } from "./terminalTheme.ts";
import "@xterm/xterm/css/xterm.css";
import "./terminal.css";

/** Lines above the screen that stay in memory; the recording holds the rest. */
const SCROLLBACK_LINES = 5000;
const FONT_FAMILY = '"JetBrains Mono Variable", "JetBrains Mono", ui-monospace, monospace';
/** Smallest type a letterboxed terminal is drawn with. */
const MIN_FONT_PX = 6;

export interface TerminalLook {
  readonly fontSize: number;
  readonly renderer: Settings["terminalRenderer"];
  readonly screenReader: boolean;
}

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

export interface Screen {
  readonly terminal: Terminal;
  readonly find: TerminalFind;
  /** The size that fills the element at the chosen font; undefined while it is not laid out. */
  proposeSize(): Size | undefined;
  /** Draws `size` within the element, in smaller type where it does not fit. */
  letterbox(size: Size): void;
  setLook(look: TerminalLook): void;
  dispose(): void;
}

export interface ScreenOptions {
  readonly look: TerminalLook;
  readonly readOnly: boolean;
  /** A link was opened with Cmd or Ctrl. */
  readonly onLink: (uri: string) => void;
}

export function createScreen(element: HTMLElement, { look, readOnly, onLink }: ScreenOptions): Screen {
  const open = (event: MouseEvent, uri: string) => {
    if (isMac() ? event.metaKey : event.ctrlKey) onLink(uri);
  };
  const terminal = new Terminal({
    ...baseOptions(look),
    disableStdin: readOnly,
    linkHandler: { activate: open, allowNonHttpProtocols: true },
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(search);
  terminal.loadAddon(new Unicode11Addon());
  terminal.loadAddon(new WebLinksAddon(open));
  terminal.unicode.activeVersion = "11";
  const silenced = swallowReplies(terminal);
  terminal.open(element);
  copyKeys(terminal);
  const dropRenderer = { current: attachRenderer(terminal, look.renderer) };
  const offTheme = onThemeChange(() => (terminal.options.theme = readTheme()));
  remeasureWhenFontArrives(terminal);
  let current = look;
  return {
    terminal,
    find: createFind(terminal, search),
    proposeSize() {
      terminal.options.fontSize = current.fontSize;
      const size = fit.proposeDimensions();
      return size === undefined || !Number.isFinite(size.cols) || !Number.isFinite(size.rows)
        ? undefined
        : { cols: Math.max(2, size.cols), rows: Math.max(1, size.rows) };
    },
    letterbox(size) {
      if (size.cols !== terminal.cols || size.rows !== terminal.rows) terminal.resize(size.cols, size.rows);
      terminal.options.fontSize = current.fontSize;
      const room = fit.proposeDimensions();
      if (room === undefined) return;
      const share = Math.min(1, room.cols / size.cols, room.rows / size.rows);
      terminal.options.fontSize = Math.max(MIN_FONT_PX, Math.floor(current.fontSize * share * 4) / 4);
    },
    setLook(next) {
      if (next.renderer !== current.renderer) {
        dropRenderer.current();
        dropRenderer.current = attachRenderer(terminal, next.renderer);
      }
      current = next;
      terminal.options.fontSize = next.fontSize;
      terminal.options.screenReaderMode = next.screenReader;
    },
    dispose() {
      offTheme();
      for (const handler of silenced) handler.dispose();
      terminal.dispose();
    },
  };
}

function baseOptions(look: TerminalLook): ITerminalOptions {
  return {
    allowProposedApi: true,
    scrollback: SCROLLBACK_LINES,
    fontFamily: FONT_FAMILY,
    fontSize: look.fontSize,
    fontWeight: "400",
    fontWeightBold: 650,
    lineHeight: 1.12,
    cursorBlink: false,
    cursorInactiveStyle: "outline",
    macOptionIsMeta: true,
    screenReaderMode: look.screenReader,
    // A program's own colours stay readable on both grounds.
    minimumContrastRatio: 4.5,
    theme: readTheme(),
    overviewRuler: { width: 10 },
  };
}

/** WebGL where it pays; the DOM otherwise and after a lost context. Returns what takes it off again. */
function attachRenderer(terminal: Terminal, wanted: TerminalLook["renderer"]): () => void {
  if (wanted === "dom" || (wanted === "auto" && !hasHardwareWebgl())) return () => {};
  try {
    const webgl = new WebglAddon();
    let isOn = true;
    const drop = () => {
      if (isOn) webgl.dispose();
      isOn = false;
    };
    webgl.onContextLoss(drop);
    terminal.loadAddon(webgl);
    return drop;
  } catch {
    // No WebGL 2 at all: the DOM renderer is already there.
    return () => {};
  }
}

/** Cells are measured when the terminal opens; a font that arrives later must be measured again. */
function remeasureWhenFontArrives(terminal: Terminal): void {
  const font = `${terminal.options.fontSize ?? 12}px "JetBrains Mono Variable"`;
  if (!("fonts" in document) || document.fonts.check(font)) return;
  void document.fonts.load(font).then(() => {
    if (terminal.element === undefined || !terminal.element.isConnected) return;
    terminal.options.fontFamily = "monospace";
    terminal.options.fontFamily = FONT_FAMILY;
  });
}
