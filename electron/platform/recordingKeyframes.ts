/**
 * Keyframes: the screen as it was every 2 MiB of output, one packed file beside each sealed segment. From them the screen
 * at any offset is drawn by parsing at most that much. They hold words of the recording and go when those are removed.
 */
import { readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import { z } from "zod";
import type { StoredSegment } from "#core/ports/recordingArchive.ts";
import { HeadlessScreen, type ScreenSize } from "./headlessScreen.ts";
import { isMissing, namesIn, replaceFile } from "./segmentLogFiles.ts";
import { listResizes, streamSegments, type RecordedResize } from "./segmentLog.ts";

const pack = promisify(zstdCompress);
const unpack = promisify(zstdDecompress);

/** Parsed in some 30 ms (66 MB/s, performance.md); a frame takes about 1 % of it. */
export const KEYFRAME_EVERY_BYTES = 2 * 1024 * 1024;
/**
 * A segment, which has no keyframes while it is written, and the way to the one before it: half a second's work at most.
 * Further from a keyframe (it is made a minute later) a screen is drawn from the last few MiB alone.
 */
const MAX_EXACT_BYTES = 20 * 1024 * 1024;
const LEAD_BYTES = 2 * 1024 * 1024;
const PARSE_BYTES = 64 * 1024;
const FIRST_SIZE: ScreenSize = { cols: 80, rows: 24 };
const KEYFRAMES_NAME = /^(\d{20})\.keys$/;

const keyframeSchema = z.object({ offset: z.number(), cols: z.number(), rows: z.number(), text: z.string() });
export type Keyframe = z.infer<typeof keyframeSchema>;

export function keyframesFile(dir: string, start: number): string {
  return join(dir, `${String(start).padStart(20, "0")}.keys`);
}

/** Starts of segments that have keyframes, in order. */
export async function keyframeStarts(dir: string): Promise<readonly number[]> {
  const starts = (await namesIn(dir)).flatMap((name) => {
    const start = KEYFRAMES_NAME.exec(name)?.[1];
    return start === undefined ? [] : [Number(start)];
  });
  return starts.sort((a, b) => a - b);
}

export async function readKeyframes(dir: string, start: number): Promise<readonly Keyframe[]> {
  try {
    const text = (await unpack(await readFile(keyframesFile(dir, start)))).toString("utf8");
    return z.array(keyframeSchema).parse(JSON.parse(text));
  } catch (error) {
    // A damaged file of keyframes costs time, not truth: an earlier one serves.
    if (isMissing(error) || error instanceof Error) return [];
    throw error;
  }
}

export async function writeKeyframes(dir: string, start: number, frames: readonly Keyframe[]): Promise<void> {
  await replaceFile(keyframesFile(dir, start), await pack(Buffer.from(JSON.stringify(frames))));
}

/** All that might show what was printed from `offset` on. */
export async function dropKeyframes(dir: string, offset: number): Promise<void> {
  for (const start of await keyframeStarts(dir)) {
    const last = (await readKeyframes(dir, start)).at(-1);
    if (start >= offset || last === undefined || last.offset > offset) await unlink(keyframesFile(dir, start));
  }
}

/** A screen that is moved along a recording, resizes in their places; a gap empties it. */
export class RecordingScreen {
  readonly #dir: string;
  readonly #resizes: readonly RecordedResize[];
  #screen: HeadlessScreen;
  /** Offset fed up to. */
  position: number;
  #isFresh = false;

  private constructor(dir: string, resizes: readonly RecordedResize[], at: Keyframe | number) {
    this.#dir = dir;
    this.#resizes = resizes;
    const offset = typeof at === "number" ? at : at.offset;
    this.position = offset;
    this.#screen = new HeadlessScreen(typeof at === "number" ? sizeAt(resizes, at) : at, offset);
    // The drawing of a keyframe stands before its offset.
    if (typeof at !== "number") this.#screen.draw(Buffer.from(at.text, "utf8"));
  }

  /** From a keyframe, or from an empty screen at an offset. */
  static async open(dir: string, at: Keyframe | number): Promise<RecordingScreen> {
    return new RecordingScreen(dir, await listResizes(dir), at);
  }

  /** Parses on to `offset`, or to the log's end before it. `onEvery` hears of each multiple of the keyframe distance. */
  async moveTo(offset: number, onEvery?: (position: number) => void): Promise<void> {
    const range = { from: this.position, to: offset, chunkBytes: PARSE_BYTES };
    for await (const { offset: at, bytes, gap } of streamSegments(this.#dir, range)) {
      if (gap !== undefined) {
        this.#isFresh = true;
        this.position = Math.min(offset, gap.to);
        continue;
      }
      this.#feed(at, bytes);
      const passed = Math.floor(this.position / KEYFRAME_EVERY_BYTES) > Math.floor(at / KEYFRAME_EVERY_BYTES);
      if (passed) onEvery?.(this.position);
    }
  }

  /** A resize at the very place is over when somebody looks. */
  settle(): void {
    for (const resize of between(this.#resizes, this.position, this.position + 1)) this.#screen.resize(resize);
  }

  keyframe(): Keyframe {
    const { offset, cols, rows, bytes } = this.#screen.snapshot();
    return { offset, cols, rows, text: Buffer.from(bytes).toString("utf8") };
  }

  dispose(): void {
    this.#screen.dispose();
  }

  /** Cut where the size changed, so that each part is parsed at its own size. */
  #feed(offset: number, bytes: Uint8Array): void {
    let at = 0;
    for (const resize of between(this.#resizes, offset, offset + bytes.length)) {
      const cut = resize.offset - offset;
      if (cut > at) this.#parse(offset + at, bytes.subarray(at, cut));
      at = Math.max(at, cut);
      this.#screen.resize(resize);
    }
    if (at < bytes.length) this.#parse(offset + at, bytes.subarray(at));
  }

  #parse(offset: number, bytes: Uint8Array): void {
    if (this.#isFresh) this.#screen.resize(sizeAt(this.#resizes, offset));
    this.#screen.feed(offset, bytes, { live: false, fresh: this.#isFresh });
    this.#isFresh = false;
    this.position = offset + bytes.length;
  }
}

/** The resizes at offsets from `from` to before `to`. Pure. */
function between(resizes: readonly RecordedResize[], from: number, to: number): readonly RecordedResize[] {
  let low = 0;
  let high = resizes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((resizes[middle]?.offset ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  const found: RecordedResize[] = [];
  for (let index = low; index < resizes.length; index += 1) {
    const resize = resizes[index];
    if (resize === undefined || resize.offset >= to) break;
    found.push(resize);
  }
  return found;
}

function sizeAt(resizes: readonly RecordedResize[], offset: number): ScreenSize {
  return resizes.findLast((resize) => resize.offset <= offset) ?? resizes[0] ?? FIRST_SIZE;
}

/** Makes keyframes one segment after the other, and goes on with the screen at hand where the next one begins. */
export class KeyframeMaker {
  #held: { readonly dir: string; readonly screen: RecordingScreen } | undefined;

  /** For the first of these sealed segments that has none; false when all have. */
  async makeNext(dir: string, segments: readonly StoredSegment[]): Promise<boolean> {
    const done = new Set(await keyframeStarts(dir));
    const next = segments.find(({ start }) => !done.has(start));
    if (next === undefined) return false;
    const screen = await this.#screenAt(dir, next.start);
    const frames = [screen.keyframe()];
    await screen.moveTo(next.end, () => frames.push(screen.keyframe()));
    await writeKeyframes(dir, next.start, frames);
    return true;
  }

  forget(): void {
    this.#held?.screen.dispose();
    this.#held = undefined;
  }

  async #screenAt(dir: string, start: number): Promise<RecordingScreen> {
    if (this.#held?.dir === dir && this.#held.screen.position === start) return this.#held.screen;
    this.forget();
    const { screen } = await screenAt(dir, start);
    this.#held = { dir, screen };
    return screen;
  }
}

export interface ScreenHelp {
  /** Keyframes in memory, in order. */
  readonly near?: readonly Keyframe[];
  /** Called with the screen at each multiple of the keyframe distance that is passed on the way. */
  readonly onEvery?: (screen: RecordingScreen) => void;
}

/** A screen standing at `offset`. */
export async function screenAt(
  dir: string,
  offset: number,
  { near = [], onEvery }: ScreenHelp = {},
): Promise<{ readonly screen: RecordingScreen; readonly isExact: boolean }> {
  const frame = await keyframeBefore(dir, offset, near);
  const from = frame?.offset ?? 0;
  const isExact = offset - from <= MAX_EXACT_BYTES;
  const screen = await RecordingScreen.open(dir, isExact ? (frame ?? 0) : Math.max(0, offset - LEAD_BYTES));
  await screen.moveTo(offset, isExact ? () => onEvery?.(screen) : undefined);
  screen.settle();
  return { screen, isExact };
}

async function keyframeBefore(dir: string, offset: number, near: readonly Keyframe[]): Promise<Keyframe | undefined> {
  let best = near.filter((frame) => frame.offset <= offset).at(-1);
  const starts = (await keyframeStarts(dir)).filter((start) => start <= offset);
  for (const start of starts.toReversed()) {
    const found = (await readKeyframes(dir, start)).findLast((frame) => frame.offset <= offset);
    if (found === undefined) continue;
    if (best === undefined || found.offset > best.offset) best = found;
    break;
  }
  return best;
}
