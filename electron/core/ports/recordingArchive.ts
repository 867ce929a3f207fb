/** Keeping recordings: what they take, packing what is sealed, removing for good, and the screen at any place of one. */
import type { Result } from "#shared/model/result.ts";
import type { ScreenSnapshot } from "./screens.ts";

/** One file of an output log. */
export interface StoredSegment {
  readonly start: number;
  /** Offset after its last byte. */
  readonly end: number;
  /** What the file takes. */
  readonly diskBytes: number;
  /** When its last byte was written, wall-clock ms. */
  readonly writtenAt: number;
  readonly isPacked: boolean;
}

export interface StoredRecording {
  readonly sessionId: string;
  /** Offset after the last byte ever recorded. */
  readonly size: number;
  /** In order. */
  readonly segments: readonly StoredSegment[];
  /** Segments, index, keyframes. */
  readonly diskBytes: number;
}

export interface RecordingRef {
  readonly sessionId: string;
  /** While a keeper writes it: how far the core has read. What lies shortly before that, and after, is never touched. */
  readonly readTo?: number | undefined;
}

export interface Stretch {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

export interface Removal extends Stretch {
  readonly reason: "policy" | "person";
  /** ISO 8601. */
  readonly at: string;
}

export interface RecordingArchive {
  /** Sessions that have a directory, in no order. */
  sessions(): Promise<readonly string[]>;
  survey(sessionId: string): Promise<StoredRecording>;
  /** Finishes interrupted removals, packs sealed segments and makes keyframes; says what it takes then. */
  tend(recording: RecordingRef): Promise<StoredRecording>;
  /** The bytes are gone from the disk when this answers. Refuses (`running`) what a running session's screen needs. */
  remove(recording: RecordingRef, removal: Removal): Promise<Result<StoredRecording>>;
  /** The screen when everything before `offset` had been printed, drawn from the nearest keyframe. */
  screenAt(sessionId: string, offset: number): Promise<ArchivedScreen>;
}

export interface ArchivedScreen extends ScreenSnapshot {
  /** False where no keyframe was near: drawn from the last few MiB alone. */
  readonly isExact: boolean;
}
