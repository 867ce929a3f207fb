/** A fifo into which every child of a restart row writes when it runs: exact start times without any polling. */
import { constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { runProgram } from "./programs.ts";

export interface Mark {
  /** CLOCK_MONOTONIC. */
  readonly atMs: number;
  readonly pid: number;
  readonly name: string;
}

export class MarkFifo {
  readonly file: string;
  readonly #stream: Socket;
  readonly #marks: Mark[] = [];
  #rest = "";
  #wake: () => void = () => undefined;

  private constructor(file: string) {
    this.file = file;
    // Open for writing, too: otherwise the fifo ends whenever the last child has closed it.
    const fd = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
    this.#stream = new Socket({ fd, readable: true, writable: false });
    this.#stream.on("data", (chunk) => this.#read(chunk.toString()));
    this.#stream.on("error", () => undefined);
  }

  static async make(dir: string): Promise<MarkFifo> {
    const file = join(dir, `marks-${crypto.randomUUID()}`);
    await runProgram("mkfifo", ["-m", "600", file]);
    return new MarkFifo(file);
  }

  /** The next `count` marks, in the order in which they came. */
  async next(count: number, deadlineMs = 60_000): Promise<readonly Mark[]> {
    const endsAt = performance.now() + deadlineMs;
    while (this.#marks.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, Math.max(0, endsAt - performance.now()));
      await promise;
      clearTimeout(timer);
      if (performance.now() > endsAt) throw new Error(`only ${this.#marks.length} of ${count} children came`);
    }
    return this.#marks.splice(0, count);
  }

  close(): void {
    this.#stream.destroy();
  }

  #read(text: string): void {
    this.#rest += text;
    const lines = this.#rest.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const [at, pid, name = ""] = line.split(" ");
      this.#marks.push({ atMs: Number(at) / 1e6, pid: Number(pid), name });
    }
    this.#wake();
  }
}
