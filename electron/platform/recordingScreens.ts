/**
 * Screens of recordings for somebody who looks at them: what was drawn on the way stays at hand for a while, so that
 * stepping back and forth in the newest output, which has no keyframes on disk yet, parses little.
 */
import type { ArchivedScreen } from "#core/ports/recordingArchive.ts";
import { KEYFRAME_EVERY_BYTES, screenAt, type Keyframe } from "./recordingKeyframes.ts";

/** 64 frames of some 50 KB: the way through the newest segment of a few recordings. */
const KEPT_FRAMES = 64;

export class RecordingScreens {
  #frames: { readonly dir: string; readonly frame: Keyframe }[] = [];

  async at(dir: string, offset: number): Promise<ArchivedScreen> {
    const near = this.#frames.filter((one) => one.dir === dir).map(({ frame }) => frame);
    near.sort((a, b) => a.offset - b.offset);
    const { screen, isExact } = await screenAt(dir, offset, {
      near,
      onEvery: (passed) => this.#keep(dir, passed.keyframe()),
    });
    const { text, ...frame } = screen.keyframe();
    screen.dispose();
    return { ...frame, bytes: Buffer.from(text, "utf8"), isExact };
  }

  /** Bytes were removed: nothing drawn from them may stay. */
  forget(dir: string): void {
    this.#frames = this.#frames.filter((one) => one.dir !== dir);
  }

  #keep(dir: string, frame: Keyframe): void {
    const nearest = this.#frames.some(
      (one) => one.dir === dir && Math.abs(one.frame.offset - frame.offset) < KEYFRAME_EVERY_BYTES / 2,
    );
    if (nearest) return;
    this.#frames.push({ dir, frame });
    if (this.#frames.length > KEPT_FRAMES) this.#frames.shift();
  }
}
