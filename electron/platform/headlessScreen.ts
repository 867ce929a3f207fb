/**
 * One headless terminal: parses a session's bytes, answers its queries, keeps its screen. All its input is untrusted:
 * it never echoes back text an agent chose, never reads or writes a clipboard, and survives any garbage.
 * Invariant: `offset` is a place where nothing is half said, so a snapshot can be continued with the bytes after it.
 */
import { SerializeAddon } from "@xterm/addon-serialize";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { Terminal } from "@xterm/headless/lib-headless/xterm-headless.mjs";
import type { ScreenHint, ScreenSnapshot } from "#core/ports/screens.ts";
import { GroundTracker } from "./groundTracker.ts";
import { defaultModes, installHandlers } from "./screenHandlers.ts";
import type { ScreenModes } from "./screenHandlers.ts";

/** What a viewer gets with a snapshot; all older history comes from the segments. */
const SCROLLBACK = 200;
/** More cells than any display has, few enough that a hostile size costs no memory. */
const MAX_COLS = 1000;
const MAX_ROWS = 500;
/** A sequence longer than this is garbage or an image: parse it as it comes. */
const MAX_HELD_BYTES = 64 * 1024;
/** Answers to one chunk; a program that asks more than this is not waiting for answers. */
const MAX_REPLY = 16 * 1024;
const MAX_HINTS = 32;

export interface ScreenSize {
  readonly cols: number;
  readonly rows: number;
}

export interface ScreenOutput {
  readonly reply: string;
  readonly hints: readonly ScreenHint[];
}

interface Emulator {
  readonly terminal: Terminal;
  readonly serializer: SerializeAddon;
  readonly write: (bytes: Uint8Array) => void;
  readonly modes: ScreenModes;
}

export function clampSize({ cols, rows }: ScreenSize): ScreenSize {
  const clamp = (value: number, low: number, high: number): number =>
    Number.isFinite(value) ? Math.min(high, Math.max(low, Math.trunc(value))) : low;
  return { cols: clamp(cols, 2, MAX_COLS), rows: clamp(rows, 1, MAX_ROWS) };
}

export class HeadlessScreen {
  #emulator: Emulator;
  #tracker = new GroundTracker();
  #held: Uint8Array = new Uint8Array(0);
  #offset: number;
  #isLive = false;
  #reply = "";
  #hints: ScreenHint[] = [];

  constructor(size: ScreenSize, offset = 0) {
    this.#offset = offset;
    this.#emulator = this.#newEmulator(clampSize(size));
  }

  /** Bytes of the log beginning at `at`; `fresh` starts over with an empty terminal there. */
  feed(at: number, bytes: Uint8Array, { live, fresh }: { live: boolean; fresh: boolean }): ScreenOutput {
    if (fresh) this.#startOver(at);
    const joined = this.#held.length === 0 ? bytes : concat(this.#held, bytes);
    const safeEnd = this.#tracker.push(bytes);
    const open = safeEnd < 0 ? joined.length : bytes.length - safeEnd;
    const end = open > MAX_HELD_BYTES ? joined.length : joined.length - open;
    this.#isLive = live;
    if (end > 0) this.#parse(joined.subarray(0, end));
    this.#offset = at + bytes.length - (joined.length - end);
    this.#held = new Uint8Array(joined.subarray(end));
    const output = { reply: this.#reply, hints: this.#hints };
    this.#reply = "";
    this.#hints = [];
    return output;
  }

  /** Draws what stood on the screen at its offset, such as a snapshot of an earlier one. */
  draw(bytes: Uint8Array): void {
    this.#isLive = false;
    this.#parse(bytes);
  }

  resize(size: ScreenSize): void {
    const { cols, rows } = clampSize(size);
    const { terminal, modes } = this.#emulator;
    if (terminal.cols === cols && terminal.rows === rows) return;
    modes.margins = undefined;
    try {
      terminal.resize(cols, rows);
    } catch {
      this.#replaceEmulator({ cols, rows });
    }
  }

  snapshot(): ScreenSnapshot {
    const { terminal, serializer } = this.#emulator;
    const { cols, rows } = terminal;
    const text = serializer.serialize({ scrollback: SCROLLBACK }) + this.#unserializedModes();
    return { bytes: Buffer.from(text, "utf8"), offset: this.#offset, cols, rows };
  }

  text(): string {
    const buffer = this.#emulator.terminal.buffer.active;
    const lines: string[] = [];
    for (let row = 0; row < this.#emulator.terminal.rows; row++) {
      lines.push(buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? "");
    }
    return lines.join("\n").trimEnd();
  }

  dispose(): void {
    this.#emulator.terminal.dispose();
  }

  #parse(bytes: Uint8Array): void {
    try {
      this.#emulator.write(bytes);
    } catch {
      // A bug of the emulator, provoked by garbage: this screen starts over, the session goes on.
      this.#replaceEmulator({ cols: this.#emulator.terminal.cols, rows: this.#emulator.terminal.rows });
    }
  }

  #startOver(offset: number): void {
    const { terminal } = this.#emulator;
    const wasAlternate = terminal.buffer.active.type === "alternate";
    const { bracketedPasteMode, applicationCursorKeysMode } = terminal.modes;
    this.#replaceEmulator({ cols: terminal.cols, rows: terminal.rows });
    this.#tracker = new GroundTracker();
    this.#held = new Uint8Array(0);
    this.#offset = offset;
    this.#isLive = false;
    // What was set before the gap most likely still is.
    const modes =
      (wasAlternate ? "\x1b[?1049h" : "") +
      (bracketedPasteMode ? "\x1b[?2004h" : "") +
      (applicationCursorKeysMode ? "\x1b[?1h" : "");
    if (modes !== "") this.#emulator.write(Buffer.from(modes));
  }

  #replaceEmulator(size: ScreenSize): void {
    const old = this.#emulator.terminal;
    this.#emulator = this.#newEmulator(size);
    old.dispose();
  }

  #newEmulator({ cols, rows }: ScreenSize): Emulator {
    const terminal = new Terminal({ cols, rows, scrollback: SCROLLBACK, allowProposedApi: true, logLevel: "off" });
    const serializer = new SerializeAddon();
    loadAddon(terminal, serializer);
    loadAddon(terminal, new Unicode11Addon());
    terminal.unicode.activeVersion = "11";
    const modes = defaultModes();
    installHandlers(terminal, {
      modes,
      reply: (text) => {
        if (this.#isLive && this.#reply.length + text.length <= MAX_REPLY) this.#reply += text;
      },
      hint: (hint) => {
        if (this.#isLive) this.#note(hint);
      },
    });
    return { terminal, serializer, write: synchronousWrite(terminal), modes };
  }

  /** One bell and the last title of a chunk are enough; statuses and notifications keep their order. */
  #note(hint: ScreenHint): void {
    if (hint.type === "bell" || hint.type === "title") {
      this.#hints = this.#hints.filter(({ type }) => type !== hint.type);
    }
    if (this.#hints.length >= MAX_HINTS) this.#hints.shift();
    this.#hints.push(hint);
  }

  /** What the serializer leaves out: margins, the saved cursor, character set, mouse encoding, the cursor's looks. */
  #unserializedModes(): string {
    const { terminal, modes } = this.#emulator;
    const { cursorX, cursorY } = terminal.buffer.active;
    const goTo = (x: number, y: number): string => `\x1b[${y + 1};${Math.min(x, terminal.cols - 1) + 1}H`;
    let text = "";
    // In origin mode positions count from the margins; there the serializer's own cursor is kept.
    if (!terminal.modes.originMode && (modes.margins !== undefined || modes.savedCursor !== undefined)) {
      if (modes.margins !== undefined) text += `\x1b[${modes.margins.top};${modes.margins.bottom}r`;
      if (modes.savedCursor !== undefined) text += `${goTo(modes.savedCursor.x, modes.savedCursor.y)}\x1b7`;
      text += goTo(cursorX, cursorY);
    }
    if (modes.lineDrawing) text += "\x1b(0";
    if (modes.sgrMouse) text += "\x1b[?1006h";
    if (modes.cursorStyle !== 0) text += `\x1b[${modes.cursorStyle} q`;
    return modes.cursorHidden ? `${text}\x1b[?25l` : text;
  }
}

/**
 * xterm's public write() parses in timer slices: at least a millisecond per chunk, and its exceptions surface far away.
 * The synchronous path parses at once and throws to us; a version without it fails here, at start, not in an agent.
 */
function synchronousWrite(terminal: Terminal): (bytes: Uint8Array) => void {
  const core: unknown = Reflect.get(terminal, "_core");
  const write: unknown = typeof core === "object" && core !== null ? Reflect.get(core, "writeSync") : undefined;
  if (typeof write !== "function")
    throw new Error("This version of @xterm/headless has no writeSync; pin the one in package.json.");
  return (bytes) => void Reflect.apply(write, core, [bytes]);
}

/** The addons are typed against the browser's terminal; what they use is the same here. */
function loadAddon(terminal: Terminal, addon: { dispose(): void }): void {
  const load: unknown = Reflect.get(terminal, "loadAddon");
  if (typeof load === "function") Reflect.apply(load, terminal, [addon]);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
