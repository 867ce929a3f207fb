/** Reading what the keeper recorded: segment files per session, the bytes exactly as the pty gave them. */
export interface OutputLog {
  /** Bytes recorded so far; 0 for an unknown session. */
  size(sessionId: string): Promise<number>;
  /** Up to `maxBytes` from `offset`, or the gap that is there; neither at the end. */
  read(sessionId: string, offset: number, maxBytes: number): Promise<OutputPiece>;
  /** All gaps, in order. */
  gaps(sessionId: string): Promise<readonly OutputGap[]>;
  /**
   * For replay: resizes recorded beside the bytes, in order, and when output stood at which offset, about once a second
   * of activity, thinned evenly to at most `maxMarks`.
   */
  timing(sessionId: string, maxMarks: number): Promise<OutputTiming>;
  /** The marks on both sides of a moment (wall-clock ms), found without reading the rest. */
  marksAround(
    sessionId: string,
    atMs: number,
  ): Promise<{ before?: OutputMark | undefined; after?: OutputMark | undefined }>;
  /**
   * Plain-text search (escape codes removed) over the sessions in the given order, streaming, in bounded memory. Secrets of
   * known shape are masked in what it finds. `unsearched`: sessions of which a part is gone.
   */
  search(request: OutputSearchRequest, onHit: (hit: OutputHit) => void): Promise<OutputSearchOutcome>;
}

export interface OutputSearchOutcome {
  readonly truncated: boolean;
  readonly unsearched: readonly string[];
}

/** Bytes from `from` to before `to` are gone: by the log policy, by a person, or because the disk lost them. */
export interface OutputGap {
  readonly from: number;
  readonly to: number;
  readonly reason: "policy" | "person" | "missing" | "damaged";
  /** When they were removed, ISO 8601. */
  readonly at?: string | undefined;
}

export interface OutputPiece {
  readonly bytes: Uint8Array;
  readonly gap?: OutputGap;
}

export interface OutputMark {
  readonly offset: number;
  /** ISO 8601. */
  readonly at: string;
}

export interface OutputTiming {
  readonly resizes: readonly (OutputMark & { readonly cols: number; readonly rows: number })[];
  readonly marks: readonly OutputMark[];
}

export interface OutputSearchRequest {
  readonly sessionIds: readonly string[];
  readonly text: string;
  readonly caseSensitive: boolean;
  readonly limit: number;
  readonly signal: AbortSignal;
}

export interface OutputHit {
  readonly sessionId: string;
  /** Byte offset of the line in the session's log. */
  readonly offset: number;
  /** The line without escape codes, cut around the match to at most 400 characters. */
  readonly line: string;
  /** Character range of the match within `line`. */
  readonly start: number;
  readonly end: number;
}
