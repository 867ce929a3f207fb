/** Reading what the keeper recorded: segment files per session, the bytes exactly as the pty gave them. */
export interface OutputLog {
  /** Bytes recorded so far; 0 for an unknown session. */
  size(sessionId: string): Promise<number>;
  /** Up to `maxBytes` from `offset`; empty at the end. */
  read(sessionId: string, offset: number, maxBytes: number): Promise<Uint8Array>;
  /** Resizes recorded beside the bytes, in order, for replay. */
  resizes(sessionId: string): Promise<readonly { offset: number; cols: number; rows: number; at: string }[]>;
  /** When output stood at which offset, about once a second of activity, in order. */
  marks(sessionId: string): Promise<readonly { offset: number; at: string }[]>;
  /** Plain-text search (escape codes removed) over the sessions in the given order, streaming, in bounded memory. */
  search(request: OutputSearchRequest, onHit: (hit: OutputHit) => void): Promise<{ truncated: boolean }>;
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
