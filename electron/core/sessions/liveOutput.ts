/** The live end of one session's output: how far it is recorded, and who wants to know. Holds no bytes. */
export type OutputListener = (offset: number, bytes: Uint8Array) => void;

export class LiveOutput {
  /** Bytes known to be in the log. */
  size: number;
  ended = false;
  exitDetail = "";
  cols: number;
  rows: number;
  readonly #listeners = new Set<OutputListener>();
  readonly #endings = new Set<() => void>();
  readonly #resizes = new Set<(size: { cols: number; rows: number }) => void>();

  constructor(size: number, screen: { cols: number; rows: number }) {
    this.size = size;
    this.cols = screen.cols;
    this.rows = screen.rows;
  }

  push(offset: number, bytes: Uint8Array): void {
    this.size = Math.max(this.size, offset + bytes.length);
    for (const listener of this.#listeners) listener(offset, bytes);
  }

  resized(screen: { cols: number; rows: number }): void {
    this.cols = screen.cols;
    this.rows = screen.rows;
    for (const listener of this.#resizes) listener(screen);
  }

  end(detail: string): void {
    if (this.ended) return;
    this.ended = true;
    this.exitDetail = detail;
    for (const listener of this.#endings) listener();
  }

  /** The returned function unsubscribes. */
  follow(on: {
    data: OutputListener;
    end: () => void;
    resize?: (size: { cols: number; rows: number }) => void;
  }): () => void {
    this.#listeners.add(on.data);
    this.#endings.add(on.end);
    if (on.resize !== undefined) this.#resizes.add(on.resize);
    return () => {
      this.#listeners.delete(on.data);
      this.#endings.delete(on.end);
      if (on.resize !== undefined) this.#resizes.delete(on.resize);
    };
  }
}
