/**
 * One screen's way to the worker: a window of bytes under way and a bounded queue behind it. Overflow policy `tail`:
 * beyond 4 MiB the oldest output is dropped and the screen starts over from the log's tail.
 */
import type { ScreenSize } from "./headlessScreen.ts";
import type { ScreenOrder } from "./screenMessages.ts";

const MAX_QUEUED_BYTES = 4 * 1024 * 1024;
/** A few screenfuls of any program; what is older has scrolled away. */
const TAIL_BYTES = 256 * 1024;
const WINDOW_BYTES = 256 * 1024;
/** The headless parser is fastest with this much at a time (performance.md). */
const PIECE_BYTES = 64 * 1024;

type Feed = Extract<ScreenOrder, { type: "feed" }>;

export class ScreenLane {
  readonly #sessionId: string;
  readonly #post: (order: ScreenOrder) => void;
  #queue: ScreenOrder[] = [];
  #queuedBytes = 0;
  #underWayBytes = 0;
  #size: ScreenSize;
  /** Where the next byte belongs; undefined until the first one came. */
  #expected: number | undefined;
  #isFreshNext = false;

  constructor(sessionId: string, size: ScreenSize, post: (order: ScreenOrder) => void) {
    this.#sessionId = sessionId;
    this.#size = size;
    this.#post = post;
    post({ type: "open", sessionId, size, offset: 0 });
  }

  feed(offset: number, bytes: Uint8Array, live: boolean): void {
    const overlap = this.#expected === undefined ? 0 : Math.max(0, this.#expected - offset);
    if (overlap >= bytes.length) return;
    if (offset + overlap !== (this.#expected ?? 0)) this.#isFreshNext = true;
    this.#expected = offset + bytes.length;
    for (let start = overlap; start < bytes.length; start += PIECE_BYTES) {
      // A copy: the caller's buffer may be a slice of something large, and this one is handed over to the worker.
      const piece = new Uint8Array(bytes.subarray(start, start + PIECE_BYTES));
      const fresh = this.#isFreshNext;
      this.#isFreshNext = false;
      this.#queue.push({ type: "feed", sessionId: this.#sessionId, offset: offset + start, bytes: piece, live, fresh });
      this.#queuedBytes += piece.length;
    }
    this.#pump();
    if (this.#queuedBytes > MAX_QUEUED_BYTES) this.#dropToTail();
  }

  resize(size: ScreenSize): void {
    this.#size = size;
    const last = this.#queue.at(-1);
    if (last?.type === "resize") this.#queue.pop();
    this.#queue.push({ type: "resize", sessionId: this.#sessionId, size });
    this.#pump();
  }

  /** Answered after everything fed before it. */
  ask(type: "snapshot" | "text", request: number): void {
    this.#queue.push({ type, sessionId: this.#sessionId, request });
    this.#pump();
  }

  /** The worker has parsed that much. */
  acknowledge(bytes: number): void {
    this.#underWayBytes -= bytes;
    this.#pump();
  }

  /** A new worker knows nothing: what was under way is lost, the screen starts over with what comes next. */
  restart(): void {
    const next = this.#queue.find((order) => order.type === "feed")?.offset ?? this.#expected ?? 0;
    this.#underWayBytes = 0;
    this.#isFreshNext = true;
    this.#queue = this.#queue.map((order) => this.#freshIfFirst(order));
    this.#post({ type: "open", sessionId: this.#sessionId, size: this.#size, offset: next });
    this.#pump();
  }

  /** Questions still waiting are answered from what was parsed so far. */
  close(): void {
    for (const order of this.#queue) if (order.type === "snapshot" || order.type === "text") this.#post(order);
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#post({ type: "close", sessionId: this.#sessionId });
  }

  #freshIfFirst(order: ScreenOrder): ScreenOrder {
    if (order.type !== "feed" || !this.#isFreshNext) return order;
    this.#isFreshNext = false;
    return { ...order, fresh: true };
  }

  #pump(): void {
    while (this.#underWayBytes < WINDOW_BYTES) {
      const order = this.#queue.shift();
      if (order === undefined) return;
      if (order.type === "feed") {
        this.#queuedBytes -= order.bytes.length;
        this.#underWayBytes += order.bytes.length;
      }
      this.#post(order);
    }
  }

  #dropToTail(): void {
    const kept: ScreenOrder[] = [];
    for (const order of this.#queue) {
      if (order.type === "feed" && this.#queuedBytes > TAIL_BYTES) this.#queuedBytes -= order.bytes.length;
      else kept.push(order);
    }
    const first = kept.findIndex((order): order is Feed => order.type === "feed");
    const feed = kept[first];
    if (feed?.type === "feed") kept[first] = { ...feed, fresh: true };
    else this.#isFreshNext = true;
    this.#queue = kept;
  }
}
