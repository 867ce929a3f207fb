/**
 * A recording on a terminal: the exact bytes, with the sizes they were printed for. Going to an offset reads from a good
 * earlier point and parses up to it; going forward reads on. One read at a time; a newer wish ends the older.
 */
import type { RpcClient } from "#shared/rpc/client.ts";
import type { Rejection } from "#shared/model/result.ts";
import { createAckMeter } from "./ackMeter.ts";
import { createScreen, type Size, type TerminalLook } from "./screen.ts";
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

/** Enough to draw any screen again and a good part of what scrolled by; parsed in a few tens of milliseconds. */
export const LEAD_BYTES = 2 * 1024 * 1024;
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

export function createReplay(
  element: HTMLElement,
  { client, sessionId, look, resizes, onLink, onProblem }: ReplayOptions,
): Replay {
  const screen = createScreen(element, { look, readOnly: true, onLink });
  const { terminal } = screen;
  let position: number | undefined;
  let cancel = () => {};
  let wish = 0;
  let isBusy = false;
  const resizeTo = (size: Size) => terminal.write("", () => screen.letterbox(size));
  const observer = new ResizeObserver(() => screen.letterbox(sizeAt(resizes, position ?? 0)));
  observer.observe(element);

  /** Cuts a chunk where the size changed, so that each part is parsed at its own size. */
  const write = (offset: number, bytes: Uint8Array, done: () => void) => {
    let at = 0;
    for (const resize of resizes) {
      const cut = resize.offset - offset;
      if (cut < 0 || cut >= bytes.length || (cut === 0 && resize.offset === 0)) continue;
      if (cut > at) terminal.write(bytes.subarray(at, cut));
      resizeTo(resize);
      at = cut;
    }
    terminal.write(bytes.subarray(at), done);
  };

  const read = (range: { from: number; to: number }, hear: (share: number) => void) =>
    new Promise<void>((resolve) => {
      const { from, to } = range;
      const mine = wish;
      let isOver = false;
      const opened = client.open(
        "recording",
        { sessionId, from, to },
        {
          autoAck: false,
          onItem({ offset }, bytes = new Uint8Array()) {
            if (mine !== wish) return;
            write(offset, bytes, () => {
              ack(bytes.length);
              if (mine !== wish) return;
              position = offset + bytes.length;
              hear((position - from) / Math.max(1, to - from));
            });
          },
          onEnd(error) {
            isOver = true;
            if (error !== undefined && mine === wish) onProblem(error);
            terminal.write("", resolve);
          },
        },
      );
      const ack = createAckMeter((bytes) => opened.ack(bytes));
      cancel = () => {
        if (!isOver) opened.close();
        resolve();
      };
    });

  return {
    find: screen.find,
    get position() {
      return position ?? 0;
    },
    get isBusy() {
      return isBusy;
    },
    async show(offset, onProgress = () => {}) {
      const { from, isReset } = readFrom(offset, isBusy ? undefined : position);
      wish += 1;
      const mine = wish;
      cancel();
      if (isReset) {
        terminal.write(RESET_SEQUENCE);
        resizeTo(sizeAt(resizes, from));
        position = from;
      }
      isBusy = offset > from;
      if (!isBusy) return;
      await read({ from, to: offset }, onProgress);
      if (mine === wish) isBusy = false;
    },
    setLook(next) {
      screen.setLook(next);
      screen.letterbox(sizeAt(resizes, position ?? 0));
    },
    dispose() {
      wish += 1;
      cancel();
      observer.disconnect();
      screen.dispose();
    },
  };
}
