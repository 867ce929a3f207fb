/** Reads the "@<nanoseconds>;" stamps of bench.c out of a stream and keeps how old each was when it arrived. */
import { monotonicMs } from "./programs.ts";

export class StampReader {
  readonly agesMs: number[] = [];
  readonly #wanted: number;
  readonly #done = Promise.withResolvers<void>();
  #rest = "";

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  push(bytes: Uint8Array | string): void {
    const now = monotonicMs();
    this.#rest += typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1");
    for (let end = this.#rest.indexOf(";"); end >= 0; end = this.#rest.indexOf(";")) {
      const stamp = /@(\d+)$/.exec(this.#rest.slice(0, end))?.[1];
      this.#rest = this.#rest.slice(end + 1);
      if (stamp !== undefined) this.agesMs.push(now - Number(stamp) / 1e6);
    }
    if (this.agesMs.length >= this.#wanted) this.#done.resolve();
  }

  /** Rejects when the stamps stop coming. */
  async complete(deadlineMs = 60_000): Promise<readonly number[]> {
    const timer = setTimeout(
      () => this.#done.reject(new Error(`only ${this.agesMs.length} of ${this.#wanted} stamps came`)),
      deadlineMs,
    );
    await this.#done.promise.finally(() => clearTimeout(timer));
    return this.agesMs;
  }
}
