/**
 * Exact bytes for readers: one session's recording, or all lives of a child one after the other.
 * Everything is read from the log; a reader that is slow simply reads later, nothing is skipped and nothing is buffered.
 * Where the log has a gap, the reader is told.
 */
import type { StreamItem } from "#shared/contract/index.ts";
import type { StreamHandle, StreamSink } from "#shared/rpc/protocol.ts";
import type { OutputGap, OutputLog } from "#core/ports/outputLog.ts";
import type { LiveOutput } from "./liveOutput.ts";

const CHUNK_BYTES = 64 * 1024;

/** One session in a chain of lives; `live` while its process runs. */
export interface ChainLink {
  readonly sessionId: string;
  readonly live: LiveOutput | undefined;
}

export interface ChainSource {
  readonly outputLog: OutputLog;
  /** The lives in order; asked again when a life ends, so that a following reader goes on with the next. */
  links(): readonly ChainLink[];
  /** Calls back when a new life of the child begins. */
  onLife(listener: () => void): () => void;
}

export interface ChainRequest {
  readonly from: number;
  readonly to?: number;
  readonly follow: boolean;
}

/** Streams a chain of sessions from `from` (counted through all of them). Ends by itself unless following. */
export function streamChain(
  source: ChainSource,
  request: ChainRequest,
  sink: StreamSink<StreamItem<"logs">>,
): StreamHandle {
  const pump = new ChainPump(source, request, sink);
  sink.onRoom(() => pump.wake());
  pump.wake();
  return { close: () => pump.close() };
}

class ChainPump {
  readonly #source: ChainSource;
  readonly #request: ChainRequest;
  readonly #sink: StreamSink<StreamItem<"logs">>;
  readonly #unfollow: (() => void)[] = [];
  #index = 0;
  /** Offset within the current session. */
  #offset = 0;
  /** Offset through all lives. */
  #total = 0;
  #skip: number;
  /** As last asked, of the current session: asking costs a look at all of its files. */
  #size = 0;
  #busy = false;
  #again = false;
  #closed = false;
  #watched: LiveOutput | undefined;

  constructor(source: ChainSource, request: ChainRequest, sink: StreamSink<StreamItem<"logs">>) {
    this.#source = source;
    this.#request = request;
    this.#sink = sink;
    this.#skip = request.from;
    if (request.follow) this.#unfollow.push(source.onLife(() => this.wake()));
  }

  wake(): void {
    this.#again = true;
    if (this.#busy || this.#closed) return;
    this.#busy = true;
    void this.#run();
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#unfollow.splice(0)) end();
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        while (!this.#closed && this.#sink.room > 0 && (await this.#step()));
      }
    } catch (error) {
      this.close();
      this.#sink.end({ code: "internal", message: `The recording could not be read: ${String(error)}` });
    } finally {
      this.#busy = false;
    }
  }

  /** True when there may be more right away. */
  async #step(): Promise<boolean> {
    const link = this.#source.links()[this.#index];
    if (link === undefined) return this.#atEnd();
    // Asked before the size: what is recorded while the size is read would be skipped if the life ended behind it.
    const isLiving = link.live !== undefined && !link.live.ended;
    const size = await this.#sizeOf(link);
    if (this.#skip > 0) return this.#skipWithin(size, link);
    const limit = this.#request.to === undefined ? CHUNK_BYTES : Math.min(CHUNK_BYTES, this.#request.to - this.#total);
    if (limit <= 0) return this.#finish();
    if (size <= this.#offset) return this.#linkEnd(isLiving ? link.live : undefined);
    const { bytes, gap } = await this.#source.outputLog.read(
      link.sessionId,
      this.#offset,
      Math.min(limit, size - this.#offset),
    );
    if (this.#closed) return false;
    if (gap !== undefined) return this.#tellGap(link, gap);
    if (bytes.length === 0) return this.#linkEnd(isLiving ? link.live : undefined);
    this.#sink.send({ offset: this.#total, sessionId: link.sessionId }, bytes);
    this.#advance(bytes.length);
    return true;
  }

  /** As known while there is more of it to send. */
  async #sizeOf({ sessionId }: ChainLink): Promise<number> {
    if (this.#skip > 0 || this.#size <= this.#offset) this.#size = await this.#source.outputLog.size(sessionId);
    return this.#size;
  }

  /** An item without bytes; offsets go on behind it. */
  #tellGap(link: ChainLink, gap: OutputGap): boolean {
    const shift = this.#total - this.#offset;
    const told = { ...gap, from: gap.from + shift, to: gap.to + shift };
    this.#sink.send({ offset: this.#total, sessionId: link.sessionId, gap: told }, new Uint8Array());
    this.#advance(gap.to - this.#offset);
    return true;
  }

  #advance(bytes: number): void {
    this.#offset += bytes;
    this.#total += bytes;
  }

  #skipWithin(size: number, link: ChainLink): boolean {
    if (this.#skip < size || link.live !== undefined || (this.#request.follow && this.#isLast())) {
      const within = Math.min(this.#skip, size);
      this.#offset += within;
      this.#total += within;
      this.#skip = 0;
      return true;
    }
    this.#skip -= size;
    this.#total += size;
    this.#nextLink();
    return true;
  }

  /**
   * Everything recorded of this life has been sent; `living` when it had not ended then. A follower stays at the last
   * life that is known: one whose row is written may not be live yet, and the next life wakes it.
   */
  #linkEnd(living: LiveOutput | undefined): boolean {
    const isLast = this.#isLast();
    if (isLast && !this.#request.follow) return this.#finish();
    if (living !== undefined) return this.#watch(living);
    if (isLast) return false;
    this.#nextLink();
    return true;
  }

  #nextLink(): void {
    this.#index++;
    this.#offset = 0;
    this.#size = 0;
  }

  #isLast(): boolean {
    return this.#source.links()[this.#index + 1] === undefined;
  }

  /** True when it is watched from now on: what was printed just before has called nobody, so it is looked once more. */
  #watch(live: LiveOutput): boolean {
    if (this.#watched === live) return false;
    this.#watched = live;
    this.#unfollow.push(live.follow({ data: () => this.wake(), end: () => this.wake() }));
    return true;
  }

  #atEnd(): boolean {
    return this.#request.follow ? false : this.#finish();
  }

  #finish(): boolean {
    this.close();
    this.#sink.end();
    return false;
  }
}
