/**
 * One viewer of a live terminal: a screen snapshot, then the bytes after it. A viewer that falls behind is cut to a new
 * snapshot; the pty is never paused for it. A focused viewer gets the first bytes at once, then at most every 4 ms;
 * a visible one every 100 ms (performance.md, advice 2, 3 and 8).
 */
import type { StreamItem, StreamRequest } from "#shared/contract/index.ts";
import type { StreamHandle, StreamSink } from "#shared/rpc/protocol.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { OutputLog } from "#core/ports/outputLog.ts";
import type { RecordingArchive } from "#core/ports/recordingArchive.ts";
import type { ScreenSnapshot, Screens } from "#core/ports/screens.ts";
import type { LiveOutput } from "./liveOutput.ts";

const PACE_MS = { focused: 4, visible: 100 } as const;
const CHUNK_BYTES = 64 * 1024;
/** Further behind than this, a snapshot is quicker than the bytes. */
const MAX_LAG_BYTES = 512 * 1024;

type Sink = StreamSink<StreamItem<"terminal">>;
type Pace = StreamRequest<"terminal">["pace"];

export interface TerminalSource {
  readonly sessionId: string;
  /** Undefined for a session that ended before this core came up. */
  readonly output: LiveOutput | undefined;
  readonly exitDetail: string;
  readonly outputLog: OutputLog;
  readonly archive: Pick<RecordingArchive, "screenAt">;
  readonly screens: Screens;
  readonly clock: Clock;
}

export function streamTerminal(source: TerminalSource, pace: Pace, sink: Sink): StreamHandle {
  const viewer = new TerminalViewer(source, pace, sink);
  viewer.open();
  return { close: () => viewer.close(), tune: (value) => viewer.tune(value) };
}

class TerminalViewer {
  readonly #source: TerminalSource;
  readonly #sink: Sink;
  #pace: Pace;
  #position = -1;
  #pending: Uint8Array[] = [];
  #pendingFrom = 0;
  #pendingBytes = 0;
  #timer: (() => void) | undefined;
  #lastSentMs = 0;
  #busy = false;
  #closed = false;
  #unfollow: (() => void) | undefined;

  constructor(source: TerminalSource, pace: Pace, sink: Sink) {
    this.#source = source;
    this.#pace = pace;
    this.#sink = sink;
  }

  open(): void {
    const { output } = this.#source;
    this.#unfollow = output?.follow({
      data: (offset, bytes) => this.#arrived(offset, bytes),
      end: () => this.#schedule(),
      resize: (size) => this.#position >= 0 && this.#sink.send({ type: "resize", ...size }),
    });
    this.#sink.onRoom(() => this.#schedule());
    void this.#flush();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.();
    this.#unfollow?.();
  }

  tune(value: unknown): void {
    if (typeof value !== "object" || value === null || !("pace" in value)) return;
    if (value.pace !== "focused" && value.pace !== "visible") return;
    this.#pace = value.pace;
    this.#timer?.();
    this.#timer = undefined;
    this.#schedule();
  }

  /** Keeps recent bytes at hand so that the common case reads nothing from disk. */
  #arrived(offset: number, bytes: Uint8Array): void {
    if (this.#pendingBytes === 0) this.#pendingFrom = offset;
    if (this.#pendingFrom + this.#pendingBytes === offset && this.#pendingBytes + bytes.length <= CHUNK_BYTES) {
      this.#pending.push(bytes);
      this.#pendingBytes += bytes.length;
    } else {
      this.#dropPending();
    }
    this.#schedule();
  }

  #dropPending(): void {
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #schedule(): void {
    if (this.#closed || this.#timer !== undefined) return;
    const wait = this.#lastSentMs + PACE_MS[this.#pace] - this.#source.clock.now();
    if (wait <= 0) {
      void this.#flush();
      return;
    }
    this.#timer = this.#source.clock.after(wait, () => {
      this.#timer = undefined;
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    if (this.#busy || this.#closed) return;
    this.#busy = true;
    try {
      if (this.#position < 0) await this.#reset();
      while (!this.#closed && this.#sink.room > 0 && this.#position < this.#end()) {
        if (this.#end() - this.#position > MAX_LAG_BYTES) await this.#reset();
        else if (!(await this.#sendNext())) break;
      }
      this.#announceEnd();
    } catch (error) {
      this.close();
      this.#sink.end({ code: "internal", message: `The terminal could not be shown: ${String(error)}` });
    } finally {
      this.#busy = false;
    }
  }

  #end(): number {
    return this.#source.output?.size ?? this.#position;
  }

  async #sendNext(): Promise<boolean> {
    const bytes = this.#takePending() ?? (await this.#readNext());
    if (bytes.length === 0) return false;
    this.#sink.send({ type: "data", offset: this.#position }, bytes);
    this.#position += bytes.length;
    this.#lastSentMs = this.#source.clock.now();
    return true;
  }

  #takePending(): Uint8Array | undefined {
    if (
      this.#pendingBytes === 0 ||
      this.#position < this.#pendingFrom ||
      this.#position >= this.#pendingFrom + this.#pendingBytes
    )
      return undefined;
    const all = concat(this.#pending, this.#pendingBytes);
    const rest = all.subarray(this.#position - this.#pendingFrom);
    this.#dropPending();
    return rest;
  }

  async #readNext(): Promise<Uint8Array> {
    const { outputLog, sessionId } = this.#source;
    const wanted = Math.min(CHUNK_BYTES, this.#end() - this.#position);
    return (await outputLog.read(sessionId, this.#position, wanted)).bytes;
  }

  async #reset(): Promise<void> {
    const snapshot = (await this.#source.screens.snapshot(this.#source.sessionId)) ?? (await this.#lastScreen());
    if (this.#closed) return;
    const { offset, cols, rows, bytes } = snapshot;
    this.#sink.send({ type: "reset", offset, cols, rows }, bytes);
    this.#position = offset;
    this.#lastSentMs = this.#source.clock.now();
  }

  /** An ended session has no screen any more: its recording draws it. */
  async #lastScreen(): Promise<ScreenSnapshot> {
    const { outputLog, archive, sessionId } = this.#source;
    return archive.screenAt(sessionId, await outputLog.size(sessionId));
  }

  #announceEnd(): void {
    const { output } = this.#source;
    const ended = output === undefined || output.ended;
    if (!ended || this.#closed || this.#position < this.#end()) return;
    this.#sink.send({ type: "exit", detail: output?.exitDetail ?? this.#source.exitDetail });
    this.close();
  }
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const first = chunks[0];
  if (chunks.length === 1 && first !== undefined) return first;
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
