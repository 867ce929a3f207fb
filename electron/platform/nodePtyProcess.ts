/** A child in a pty, the same on every platform. */
export interface PtyRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cols: number;
  readonly rows: number;
}

export interface PtyExit {
  readonly code: number | null;
  /** For example "SIGKILL". */
  readonly signal: string | null;
}

export interface PtyListener {
  /** The buffer is reused: copy what is kept. Not called while paused. */
  data(bytes: Uint8Array): void;
  /** Everything the child printed has been handed over. Something it left behind may still print. */
  exit(exit: PtyExit): void;
}

export interface PtyProcess {
  readonly pid: number;
  /** Bytes of input the child has not taken yet. */
  readonly queuedInput: number;
  /** Queued in order; the bytes must not change afterwards. Ignored after the end. */
  write(bytes: Uint8Array): void;
  resize(cols: number, rows: number): void;
  /** Paused only when the disk is behind; the child then blocks in write(2) and nothing is lost. */
  setPaused(isPaused: boolean): void;
  /** Nothing of the session is alive: hands over what the terminal still holds, then frees it. */
  finish(): void;
  /** Frees the descriptors at once. Idempotent. */
  dispose(): void;
}
