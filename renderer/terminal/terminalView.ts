/**
 * One live terminal: snapshot, then tail, straight from the stream into xterm. Bytes never pass through React or a
 * store; what xterm has parsed is acknowledged, so a slow page is cut to a fresh snapshot and the agent never waits.
 * While it cannot be seen its stream is closed.
 */
import type { StreamControl } from "#shared/rpc/client.ts";
import type { RpcClient } from "#shared/rpc/client.ts";
import type { StreamItem } from "#shared/contract/index.ts";
import type { Rejection } from "#shared/model/result.ts";
import { createAckMeter } from "./ackMeter.ts";
import { binaryBytes } from "./base64.ts";
import { createInputQueue } from "./inputQueue.ts";
import { createFocusReports } from "./replyFilter.ts";
import { createScreen, type Screen, type Size, type TerminalLook } from "./screen.ts";
import type { TerminalFind } from "./terminalFind.ts";

export interface TerminalEvents {
  /** A snapshot was drawn; `hasOutput` is false while the agent has printed nothing. */
  readonly onShown?: (hasOutput: boolean) => void;
  /** The session ended: "Exit 0". */
  readonly onExit?: (detail: string) => void;
  readonly onFocus?: (isFocused: boolean) => void;
  /** The person scrolled to the first line that is kept here, or away from it. */
  readonly onTop?: (isAtTop: boolean) => void;
  readonly onLink: (uri: string) => void;
  readonly onRefused: (error: Rejection) => void;
}

export interface TerminalViewOptions extends TerminalEvents {
  readonly client: RpcClient;
  readonly sessionId: string;
  readonly look: TerminalLook;
}

export interface TerminalView {
  readonly find: TerminalFind;
  readonly sessionId: string;
  focus(): void;
  blur(): void;
  setLook(look: TerminalLook): void;
  dispose(): void;
}

/** A window being dragged asks for a size many times a second; the program gets one when it rests. */
const RESIZE_REST_MS = 80;
/** Full reset in the order of the bytes, unlike `terminal.reset()`, which would overtake what is still being parsed. */
const RESET_SEQUENCE = "\u001bc";
const encoder = new TextEncoder();

export function createTerminalView(element: HTMLElement, options: TerminalViewOptions): TerminalView {
  return new LiveView(element, options);
}

class LiveView implements TerminalView {
  readonly sessionId: string;
  readonly #element: HTMLElement;
  readonly #options: TerminalViewOptions;
  readonly #screen: Screen;
  readonly #disposals: (() => void)[] = [];
  #control: StreamControl | undefined;
  #ack: (bytes: number) => void = () => {};
  #isFocused = false;
  #isOnScreen = true;
  #hasEnded = false;
  #hasOutput = false;
  /** What the session has; undefined before the first snapshot. */
  #sessionSize: Size | undefined;
  #requested: Size | undefined;
  /** This viewer decides the size: until another one does, and again once a person enters it. */
  #drives = true;
  #resizeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(element: HTMLElement, options: TerminalViewOptions) {
    this.#element = element;
    this.#options = options;
    this.sessionId = options.sessionId;
    this.#screen = createScreen(element, { look: options.look, readOnly: false, onLink: options.onLink });
    this.#listenToKeys();
    this.#watchFocus();
    this.#watchSize();
    this.#watchSight();
    this.#follow();
  }

  get find(): TerminalFind {
    return this.#screen.find;
  }

  focus(): void {
    this.#screen.terminal.focus();
  }

  blur(): void {
    this.#screen.terminal.blur();
  }

  setLook(look: TerminalLook): void {
    this.#screen.setLook(look);
    this.#layout();
  }

  dispose(): void {
    clearTimeout(this.#resizeTimer);
    this.#control?.close();
    this.#control = undefined;
    for (const dispose of this.#disposals.splice(0)) dispose();
    this.#screen.dispose();
  }

  #listenToKeys(): void {
    const { client, sessionId, onRefused } = this.#options;
    const queue = createInputQueue({
      send: (base64) => client.command("session.input", { sessionId, base64 }),
      onRefused,
    });
    const isPersons = createFocusReports(() => this.#isFocused);
    const { terminal } = this.#screen;
    const offData = terminal.onData((data) => {
      if (!this.#hasEnded && isPersons(data)) queue.push(encoder.encode(data));
    });
    const offBinary = terminal.onBinary((data) => {
      if (!this.#hasEnded) queue.push(binaryBytes(data));
    });
    const offScroll = terminal.onScroll(() => this.#tellTop());
    // xterm tells of its own scrolling only; a person's comes as wheel or key.
    const onWheel = () => requestAnimationFrame(() => this.#tellTop());
    this.#element.addEventListener("wheel", onWheel, { passive: true });
    this.#disposals.push(
      () => offData.dispose(),
      () => offBinary.dispose(),
      () => offScroll.dispose(),
    );
    this.#disposals.push(() => this.#element.removeEventListener("wheel", onWheel));
  }

  #tellTop(): void {
    const { viewportY, baseY } = this.#screen.terminal.buffer.active;
    this.#options.onTop?.(baseY > 0 && viewportY === 0);
  }

  #watchFocus(): void {
    const onIn = () => this.#setFocused(true);
    const onOut = () => this.#setFocused(false);
    // Captured: this must know before xterm reports the focus to the program.
    this.#element.addEventListener("focus", onIn, true);
    this.#element.addEventListener("blur", onOut, true);
    this.#disposals.push(() => {
      this.#element.removeEventListener("focus", onIn, true);
      this.#element.removeEventListener("blur", onOut, true);
    });
  }

  #setFocused(isFocused: boolean): void {
    if (this.#isFocused === isFocused) return;
    this.#isFocused = isFocused;
    this.#control?.tune({ pace: this.#pace() });
    if (isFocused) {
      this.#drives = true;
      this.#layout();
    }
    this.#options.onFocus?.(isFocused);
  }

  #pace(): "focused" | "visible" {
    return this.#isFocused ? "focused" : "visible";
  }

  #watchSize(): void {
    const observer = new ResizeObserver(() => this.#layout());
    observer.observe(this.#element);
    this.#disposals.push(() => observer.disconnect());
  }

  #watchSight(): void {
    const onPage = () => this.#follow();
    document.addEventListener("visibilitychange", onPage);
    const observer = new IntersectionObserver((entries) => {
      this.#isOnScreen = entries.at(-1)?.isIntersecting ?? true;
      this.#follow();
    });
    observer.observe(this.#element);
    this.#disposals.push(
      () => document.removeEventListener("visibilitychange", onPage),
      () => observer.disconnect(),
    );
  }

  /** Opens the stream when it can be seen, closes it when not. */
  #follow(): void {
    const isSeen = this.#isOnScreen && document.visibilityState !== "hidden";
    if (!isSeen) {
      this.#control?.close();
      this.#control = undefined;
      return;
    }
    if (this.#control !== undefined || this.#hasEnded) return;
    const { client, sessionId, onRefused } = this.#options;
    const control = client.open(
      "terminal",
      { sessionId, pace: this.#pace() },
      {
        autoAck: false,
        onItem: (item, bytes) => this.#take(item, bytes),
        onEnd: (error) => error !== undefined && onRefused(error),
      },
    );
    this.#control = control;
    this.#ack = createAckMeter((bytes) => control.ack(bytes));
  }

  #take(item: StreamItem<"terminal">, bytes: Uint8Array | undefined): void {
    const { terminal } = this.#screen;
    switch (item.type) {
      case "reset":
        terminal.write(RESET_SEQUENCE, () => this.#screen.letterbox(item));
        this.#hasOutput = item.offset > 0;
        return this.#write(bytes, () => {
          this.#sessionSize = { cols: item.cols, rows: item.rows };
          this.#layout();
          this.#options.onShown?.(this.#hasOutput);
        });
      case "data":
        if (!this.#hasOutput) this.#options.onShown?.((this.#hasOutput = true));
        return this.#write(bytes);
      case "resize":
        return terminal.write("", () => this.#resized(item));
      case "exit":
        this.#hasEnded = true;
        return terminal.write("", () => this.#options.onExit?.(item.detail));
    }
  }

  #write(bytes: Uint8Array | undefined, done?: () => void): void {
    const ack = this.#ack;
    this.#screen.terminal.write(bytes ?? "", () => {
      ack(bytes?.length ?? 0);
      done?.();
    });
  }

  /** The session has a new size, asked for here or by another viewer. */
  #resized({ cols, rows }: Size): void {
    this.#sessionSize = { cols, rows };
    const isOurs = this.#requested?.cols === cols && this.#requested.rows === rows;
    if (!isOurs && !(this.#isFocused && document.hasFocus())) this.#drives = false;
    if (!this.#drives) this.#screen.letterbox({ cols, rows });
  }

  /** Fits the element while this viewer decides, else draws the session's own size within it. */
  #layout(): void {
    const session = this.#sessionSize;
    if (session === undefined) return;
    if (!this.#drives || this.#hasEnded) return this.#screen.letterbox(session);
    const size = this.#screen.proposeSize();
    if (size === undefined) return;
    const { terminal } = this.#screen;
    if (terminal.cols !== size.cols || terminal.rows !== size.rows) terminal.resize(size.cols, size.rows);
    if (session.cols === size.cols && session.rows === size.rows) return;
    clearTimeout(this.#resizeTimer);
    this.#resizeTimer = setTimeout(() => this.#request(size), RESIZE_REST_MS);
  }

  #request(size: Size): void {
    if (this.#hasEnded) return;
    this.#requested = size;
    const { client, sessionId } = this.#options;
    // A refusal needs no words: the terminal keeps its size and the next layout asks again.
    void client.command("session.resize", { sessionId, ...size });
  }
}
