/**
 * One open stream on the server: numbers its items and counts what the client has not acknowledged yet.
 * Handlers watch `room`; one that goes on far beyond it is cut off with `throttled`, so memory stays bounded. The client
 * opens again and gets a fresh snapshot.
 */
import type { Rejection } from "../model/result.ts";
import { BYTE_WINDOW, ITEM_WINDOW } from "./protocol.ts";
import type { ServerWire, StreamHandle, StreamSink } from "./protocol.ts";

/** A snapshot of half a megabyte may exceed the window once; 64 windows under way is a handler that never looks. */
const OVERRUN_FACTOR = 64;

export interface ServerStreamOptions {
  readonly id: number;
  readonly isBytes: boolean;
  /** False for an item that breaks the contract: it ends the stream. */
  readonly check: (item: unknown) => boolean;
  /** Once, when the stream is over, whoever ended it. */
  readonly onEnded: () => void;
  readonly onThrow: (error: unknown) => void;
}

export class ServerStream implements StreamSink<unknown> {
  readonly #wire: ServerWire;
  readonly #options: ServerStreamOptions;
  readonly #window: number;
  readonly #roomListeners: (() => void)[] = [];
  #handle: StreamHandle | undefined;
  #outstanding = 0;
  #seq = 0;
  #over = false;

  constructor(wire: ServerWire, options: ServerStreamOptions) {
    this.#wire = wire;
    this.#options = options;
    this.#window = options.isBytes ? BYTE_WINDOW : ITEM_WINDOW;
  }

  get room(): number {
    return this.#over ? 0 : this.#window - this.#outstanding;
  }

  onRoom(listener: () => void): void {
    this.#roomListeners.push(listener);
  }

  send(item: unknown, bytes?: Uint8Array): void {
    if (this.#over) return;
    if (!this.#options.check(item)) {
      this.end({
        code: "internal",
        message: "Signalbox made an item that breaks its contract; its log has the details.",
      });
      return;
    }
    this.#outstanding += this.#options.isBytes ? (bytes?.length ?? 0) : 1;
    this.#wire.send({ t: "item", id: this.#options.id, seq: ++this.#seq, value: item }, bytes);
    if (this.#outstanding > this.#window * OVERRUN_FACTOR) {
      this.end({ code: "throttled", message: "This viewer reads too slowly; open it again for a fresh picture." });
    }
  }

  end(error?: Rejection): void {
    if (this.#over) return;
    this.#wire.send(
      error === undefined
        ? { t: "end", id: this.#options.id }
        : { t: "end", id: this.#options.id, error: { ...error } },
    );
    this.close();
  }

  /** The handler's side; a stream that ended while it was being opened is closed at once. */
  attach(handle: StreamHandle): void {
    if (this.#over) handle.close();
    else this.#handle = handle;
  }

  ack(amount: number): void {
    if (this.#over || amount <= 0) return;
    this.#outstanding = Math.max(0, this.#outstanding - amount);
    for (const listener of this.#roomListeners) listener();
  }

  tune(value: unknown): void {
    this.#handle?.tune?.(value);
  }

  /** Silent: for a client that closed the stream or is gone. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.onEnded();
    const handle = this.#handle;
    this.#handle = undefined;
    try {
      handle?.close();
    } catch (error) {
      this.#options.onThrow(error);
    }
  }
}
