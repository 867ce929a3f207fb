/**
 * A recording on a terminal: the exact bytes, with the sizes they were printed for. Going to an offset begins with the
 * screen as it was a little earlier and parses up to it; going forward reads on. One read at a time; a newer wish ends the older.
 */
import type { RpcClient } from "#shared/rpc/client.ts";
import type { Rejection } from "#shared/model/result.ts";
import { fromBase64 } from "./base64.ts";
import { createAckMeter } from "./ackMeter.ts";
import { createScreen, type Screen, type Size, type TerminalLook } from "./screen.ts";
import type { TerminalFind } from "./terminalFind.ts";

export interface ReplayResize extends Size {
  readonly offset: number;
}

export interface ReplayOptions {
  readonly client: RpcClient;
  readonly sessionId: string;
  readonly look: TerminalLook;
  readonly resizes: readonly ReplayResize[];
  readonly onLink: (uri: string) => void;
  readonly onProblem: (error: Rejection) => void;
}

export interface Replay {
  readonly find: TerminalFind;
  /** The offset drawn up to. */
  readonly position: number;
  readonly isBusy: boolean;
  /** Draws the screen as it was at `offset`. `onProgress` hears the share that is read, 0 to 1. */
  show(offset: number, onProgress?: (share: number) => void): Promise<void>;
  setLook(look: TerminalLook): void;
  dispose(): void;
}

/**
 * What is read before the moment itself, for the lines above the screen: some thousands, as many as stay in memory. The
 * screen it begins with is the core's, so more of it would only be waited for.
 */
export const LEAD_BYTES = 512 * 1024;
const RESET_SEQUENCE = "\u001bc";
const FIRST_SIZE: Size = { cols: 80, rows: 24 };

/** Where to begin reading so that the screen at `offset` is right: at the start, or far enough before. */
export function readFrom(
  offset: number,
  position: number | undefined,
): { readonly from: number; readonly isReset: boolean } {
  if (position !== undefined && position <= offset && offset - position <= LEAD_BYTES)
    return { from: position, isReset: false };
  return { from: Math.max(0, offset - LEAD_BYTES), isReset: true };
}

/** The size that held at `offset`. */
export function sizeAt(resizes: readonly ReplayResize[], offset: number): Size {
  return resizes.findLast((resize) => resize.offset <= offset) ?? resizes[0] ?? FIRST_SIZE;
}

export function createReplay(element: HTMLElement, options: ReplayOptions): Replay {
  return new ScreenReplay(element, options);
}

class ScreenReplay implements Replay {
  readonly #options: ReplayOptions;
  readonly #screen: Screen;
  readonly #observer: ResizeObserver;
  #position: number | undefined;
  #cancel = () => {};
  #wish = 0;
  #isBusy = false;

  constructor(element: HTMLElement, options: ReplayOptions) {
    this.#options = options;
    this.#screen = createScreen(element, { look: options.look, readOnly: true, onLink: options.onLink });
    this.#observer = new ResizeObserver(() => this.#letterbox());
    this.#observer.observe(element);
  }

  get find(): TerminalFind {
    return this.#screen.find;
  }

  get position(): number {
    return this.#position ?? 0;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  async show(offset: number, onProgress: (share: number) => void = () => {}): Promise<void> {
    const { from, isReset } = readFrom(offset, this.#isBusy ? undefined : this.#position);
    const mine = ++this.#wish;
    this.#cancel();
    this.#isBusy = isReset || offset > from;
    if (!this.#isBusy) return;
    if (isReset) await this.#drawAt(from, mine);
    if (mine !== this.#wish) return;
    const begin = this.#position ?? from;
    if (offset > begin) await this.#read({ from: begin, to: offset }, onProgress);
    if (mine === this.#wish) this.#isBusy = false;
  }

  /** The screen as it was there, drawn by the core from a keyframe; an empty one where that cannot be had. */
  async #drawAt(from: number, mine: number): Promise<void> {
    const { client, sessionId, resizes } = this.#options;
    const drawn = await client.query("recording.screen", { sessionId, offset: from });
    if (mine !== this.#wish) return;
    this.#screen.terminal.write(RESET_SEQUENCE);
    this.#resizeTo(drawn.ok ? drawn.value : sizeAt(resizes, from));
    if (drawn.ok) this.#screen.terminal.write(fromBase64(drawn.value.base64));
    this.#position = drawn.ok ? drawn.value.offset : from;
  }

  setLook(look: TerminalLook): void {
    this.#screen.setLook(look);
    this.#letterbox();
  }

  dispose(): void {
    this.#wish += 1;
    this.#cancel();
    this.#observer.disconnect();
    this.#screen.dispose();
  }

  #letterbox(): void {
    this.#screen.letterbox(sizeAt(this.#options.resizes, this.position));
  }

  /** In the order of the bytes. */
  #resizeTo(size: Size): void {
    this.#screen.terminal.write("", () => this.#screen.letterbox(size));
  }

  #read({ from, to }: { readonly from: number; readonly to: number }, hear: (share: number) => void): Promise<void> {
    const { client, sessionId, onProblem } = this.#options;
    const mine = this.#wish;
    return new Promise((resolve) => {
      let isOver = false;
      const control = client.open(
        "recording",
        { sessionId, from, to },
        {
          autoAck: false,
          onItem: ({ offset, gap }, bytes = new Uint8Array()) => {
            if (mine !== this.#wish) return;
            if (gap !== undefined) {
              // What was printed there is gone; the screen after it is begun anew.
              this.#screen.terminal.write(RESET_SEQUENCE);
              this.#resizeTo(sizeAt(this.#options.resizes, gap.to));
              this.#position = Math.min(to, gap.to);
              return;
            }
            this.#write(offset, bytes, () => {
              ack(bytes.length);
              if (mine !== this.#wish) return;
              this.#position = offset + bytes.length;
              hear((this.#position - from) / Math.max(1, to - from));
            });
          },
          onEnd: (error) => {
            isOver = true;
            if (error !== undefined && mine === this.#wish) onProblem(error);
            this.#screen.terminal.write("", resolve);
          },
        },
      );
      const ack = createAckMeter((bytes) => control.ack(bytes));
      this.#cancel = () => {
        if (!isOver) control.close();
        resolve();
      };
    });
  }

  /** Cuts a chunk where the size changed, so that each part is parsed at its own size. */
  #write(offset: number, bytes: Uint8Array, done: () => void): void {
    let at = 0;
    for (const resize of this.#options.resizes) {
      const cut = resize.offset - offset;
      if (cut < 0 || cut >= bytes.length || resize.offset === 0) continue;
      if (cut > at) this.#screen.terminal.write(bytes.subarray(at, cut));
      this.#resizeTo(resize);
      at = cut;
    }
    this.#screen.terminal.write(bytes.subarray(at), done);
  }
}
