/**
 * One viewer of one session: sends the log from an offset on, live where the viewer keeps up, from the file where it
 * does not. Invariant: consecutive bytes, no repeat, and no gap but where the log itself has one; at most WINDOW_BYTES unacknowledged; never waits on
 * the pty's path.
 */
import { LogReader } from "#platform/segmentLog.ts";
import type { KeeperExit } from "#shared/rpc/keeperProtocol.ts";
import { MAX_KEEPER_PAYLOAD } from "#shared/rpc/keeperFrames.ts";
import type { Session } from "./session.ts";

/** Covers the round trip of a busy core; beyond it the file is the buffer. */
const WINDOW_BYTES = 1024 * 1024;
/** What a session prints now and then passes a connection that is full of floods: it waits for the wire, not for them. */
const PASSING_BYTES = 8 * 1024;
/** One turn of a stream that is behind; the next turn is another's. */
const TURN_BYTES = 64 * 1024;

export interface OutputTarget {
  /** False: the connection's own buffer is full; `resume` will be called. */
  data(offset: number, bytes: Uint8Array): boolean;
  /** Runs the work when the connection takes data and no other stream has its turn. */
  inTurn(work: () => Promise<void>): Promise<void>;
  exit(exit: KeeperExit, outputBytes: number): void;
  failed(reason: string): void;
}

export class OutputStream {
  readonly #session: Session;
  readonly #target: OutputTarget;
  readonly #unwatch: () => void;
  #offset: number;
  /** Only while behind: it knows the files, of which a long life has hundreds. */
  #reader: LogReader | undefined;
  #unacknowledged = 0;
  #isPumping = false;
  #isBlocked = false;
  #isExitSent = false;
  #isClosed = false;

  constructor(session: Session, from: number, target: OutputTarget) {
    this.#session = session;
    this.#target = target;
    this.#offset = from;
    this.#unwatch = session.watch({
      written: (offset, bytes) => this.#written(offset, bytes),
      ended: () => this.#pump(),
    });
    this.#pump();
  }

  acknowledge(bytes: number): void {
    this.#unacknowledged = Math.max(0, this.#unacknowledged - bytes);
    this.#pump();
  }

  /** The connection takes data again. */
  resume(): void {
    this.#isBlocked = false;
    this.#pump();
  }

  close(): void {
    this.#isClosed = true;
    this.#unwatch();
  }

  #written(offset: number, bytes: Uint8Array): void {
    const mayPass = !this.#isBlocked || bytes.byteLength <= PASSING_BYTES;
    if (this.#isPumping || offset !== this.#offset || !mayPass || !this.#hasWindow()) {
      this.#pump();
      return;
    }
    for (let at = 0; at < bytes.byteLength && this.#hasWindow(); at += MAX_KEEPER_PAYLOAD) {
      this.#send(bytes.subarray(at, at + MAX_KEEPER_PAYLOAD));
    }
    this.#sendExit();
  }

  #hasWindow(): boolean {
    return !this.#isClosed && this.#unacknowledged < WINDOW_BYTES;
  }

  #hasRoom(): boolean {
    return this.#hasWindow() && !this.#isBlocked;
  }

  #isBehind(): boolean {
    return this.#offset < this.#session.outputBytes;
  }

  #pump(): void {
    if (this.#isPumping) return;
    if (!this.#isBehind() || !this.#hasRoom()) {
      this.#sendExit();
      return;
    }
    this.#isPumping = true;
    void this.#pumpFromFile()
      .catch((error: unknown) => this.#target.failed(String(error)))
      .finally(() => {
        this.#isPumping = false;
        this.#sendExit();
      });
  }

  async #pumpFromFile(): Promise<void> {
    while (this.#isBehind() && this.#hasRoom()) await this.#target.inTurn(() => this.#sendFromFile());
    if (!this.#isBehind()) this.#reader = undefined;
  }

  async #sendFromFile(): Promise<void> {
    if (this.#isClosed) return;
    this.#reader ??= new LogReader(this.#session.dir);
    const { bytes, gap } = await this.#reader.read(this.#offset, TURN_BYTES);
    if (gap !== undefined) {
      // Removed by the log policy or a person while this viewer was far behind: it goes on after it.
      this.#offset = Math.min(gap.to, this.#session.outputBytes);
      return;
    }
    if (bytes.byteLength === 0) throw new Error("the log is shorter than what was recorded");
    if (!this.#isClosed) this.#send(bytes);
  }

  #send(bytes: Uint8Array): void {
    const offset = this.#offset;
    this.#offset += bytes.byteLength;
    this.#unacknowledged += bytes.byteLength;
    if (!this.#target.data(offset, bytes)) this.#isBlocked = true;
  }

  #sendExit(): void {
    const { exit, exitOffset } = this.#session;
    if (exit === undefined || this.#isExitSent || this.#isClosed || this.#offset < exitOffset) return;
    this.#isExitSent = true;
    this.#target.exit(exit, exitOffset);
  }
}
