/** What a screen answers, reports and refuses; installed on the parser of one headless terminal. */
import type { Terminal } from "@xterm/headless";
import type { ScreenHint } from "#core/ports/screens.ts";

const MAX_TEXT = 1024;
const MAX_PARAMS = 16;
const MAX_PARAM = 8 * 1024;
const STATUS_KEY = /^[A-Za-z][\w-]{0,31}$/;
/** OSC 10 to 12: text, background and cursor of our dark theme, so that a program can choose readable colours. */
const COLOURS: readonly (readonly [code: number, rgb: string])[] = [
  [10, "e6e6/e9e9/eeee"],
  [11, "1010/1313/1818"],
  [12, "e6e6/e9e9/eeee"],
];

export interface ScreenMargins {
  readonly top: number;
  readonly bottom: number;
}

export interface ScreenModes {
  cursorHidden: boolean;
  margins: ScreenMargins | undefined;
  sgrMouse: boolean;
  cursorStyle: number;
  /** G0 shows line drawing characters (ESC ( 0). */
  lineDrawing: boolean;
  /** Where ESC 7 was, from 0. */
  savedCursor: { readonly x: number; readonly y: number } | undefined;
}

export function defaultModes(): ScreenModes {
  return {
    cursorHidden: false,
    margins: undefined,
    sgrMouse: false,
    cursorStyle: 0,
    lineDrawing: false,
    savedCursor: undefined,
  };
}

export interface HandlerSinks {
  readonly modes: ScreenModes;
  readonly reply: (text: string) => void;
  readonly hint: (hint: ScreenHint) => void;
}

export function installHandlers(terminal: Terminal, sinks: HandlerSinks): void {
  terminal.onData(sinks.reply);
  terminal.onBinary(sinks.reply);
  terminal.onBell(() => sinks.hint({ type: "bell" }));
  terminal.onTitleChange((title) => sinks.hint({ type: "title", title: plain(title) }));
  answerQueries(terminal, sinks);
  refuseEchoes(terminal);
  reportNotifications(terminal, sinks.hint);
  followModes(terminal, sinks.modes);
}

function answerQueries(terminal: Terminal, { reply, hint }: HandlerSinks): void {
  terminal.parser.registerOscHandler(7501, (payload) => {
    // The program asks whether anyone listens; the same bytes mean yes (agents.md section 4).
    if (payload === "?") reply("\x1b]7501;?\x1b\\");
    else hint({ type: "status", params: statusParams(payload) });
    return true;
  });
  for (const [code, rgb] of COLOURS) {
    terminal.parser.registerOscHandler(code, (payload) => {
      if (payload === "?") reply(`\x1b]${code};rgb:${rgb}\x1b\\`);
      return true;
    });
  }
}

/** Clipboard, title reports and settings reports would type text of the agent's choosing back into the agent. */
function refuseEchoes(terminal: Terminal): void {
  const refuse = (): boolean => true;
  terminal.parser.registerOscHandler(52, refuse);
  terminal.parser.registerDcsHandler({ intermediates: "$", final: "q" }, refuse);
  terminal.parser.registerDcsHandler({ intermediates: "+", final: "q" }, refuse);
  terminal.parser.registerCsiHandler({ final: "t" }, refuse);
}

function reportNotifications(terminal: Terminal, hint: HandlerSinks["hint"]): void {
  const notify = (text: string): void => {
    if (text !== "") hint({ type: "notification", text });
  };
  terminal.parser.registerOscHandler(9, (payload) => {
    // `9;4;…` and the like are ConEmu's progress and settings, not words for a person.
    if (!/^\d{1,2}(;|$)/.test(payload)) notify(plain(payload));
    return true;
  });
  terminal.parser.registerOscHandler(777, (payload) => {
    const [kind, title = "", ...body] = payload.split(";");
    if (kind === "notify") notify(plain([title, body.join(";")].filter((part) => part !== "").join(": ")));
    return true;
  });
}

/** Modes the serializer does not write; seen on their way, handled by the terminal as ever. */
function followModes(terminal: Terminal, modes: ScreenModes): void {
  const set = (value: boolean) => (params: readonly (number | number[])[]) => {
    if (params.includes(25)) modes.cursorHidden = !value;
    if (params.includes(1006)) modes.sgrMouse = value;
    return false;
  };
  terminal.parser.registerCsiHandler({ prefix: "?", final: "h" }, set(true));
  terminal.parser.registerCsiHandler({ prefix: "?", final: "l" }, set(false));
  terminal.parser.registerCsiHandler({ intermediates: " ", final: "q" }, ([style]) => {
    modes.cursorStyle = typeof style === "number" && style <= 6 ? style : 0;
    return false;
  });
  terminal.parser.registerCsiHandler({ final: "r" }, (params) => {
    const [first, second] = params;
    const top = typeof first === "number" && first > 0 ? first : 1;
    const asked = typeof second === "number" && second > 0 ? second : terminal.rows;
    const bottom = Math.min(asked, terminal.rows);
    if (bottom > top) modes.margins = top === 1 && bottom === terminal.rows ? undefined : { top, bottom };
    return false;
  });
  for (const final of ["0", "A", "B"]) {
    terminal.parser.registerEscHandler({ intermediates: "(", final }, () => {
      modes.lineDrawing = final === "0";
      return false;
    });
  }
  const save = (): boolean => {
    const { cursorX, cursorY } = terminal.buffer.active;
    modes.savedCursor = { x: Math.min(cursorX, terminal.cols - 1), y: cursorY };
    return false;
  };
  terminal.parser.registerEscHandler({ final: "7" }, save);
  terminal.parser.registerCsiHandler({ final: "s" }, save);
  const reset = (): boolean => {
    Object.assign(modes, defaultModes());
    return false;
  };
  terminal.parser.registerEscHandler({ final: "c" }, reset);
  terminal.parser.registerCsiHandler({ intermediates: "!", final: "p" }, reset);
}

/** `state=blocked:kind=permission:msg=<base64>`; values are passed on undecoded. */
function statusParams(payload: string): Readonly<Record<string, string>> {
  const params: Record<string, string> = {};
  for (const part of payload.split(":").slice(0, MAX_PARAMS)) {
    const equals = part.indexOf("=");
    const key = part.slice(0, Math.max(0, equals));
    const value = part.slice(equals + 1);
    if (STATUS_KEY.test(key) && value.length <= MAX_PARAM) params[key] = value;
  }
  return params;
}

/** One line a person can be shown: no control characters, no overlong text. */
function plain(text: string): string {
  return text
    .slice(0, MAX_TEXT)
    .replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trim();
}
