/** The Screens port: headless terminals in one worker thread, bounded per screen, replaced when the worker dies. */
import { Worker } from "node:worker_threads";
import type { Logger } from "#core/ports/logger.ts";
import type { ScreenListener, ScreenSnapshot, Screens } from "#core/ports/screens.ts";
import { ScreenLane } from "./screenLane.ts";
import type { ScreenSize } from "./headlessScreen.ts";
import type { ScreenOrder, ScreenReport } from "./screenMessages.ts";
import { LEAN_HEAP, workerEntry } from "./workerEntry.ts";

/** A worker that dies this often is not helped by one more; screens stay blank and the log says why. */
const MAX_RESTARTS = 10;

export interface ScreensHost extends Screens {
  /** Ends the worker; open questions are answered with nothing. */
  dispose(): Promise<void>;
}

export function createScreens(deps: { readonly logger: Logger }): ScreensHost {
  return new WorkerScreens(deps.logger);
}

interface OpenScreen {
  readonly lane: ScreenLane;
  readonly listener: ScreenListener;
}

class WorkerScreens implements ScreensHost {
  readonly #logger: Logger;
  readonly #screens = new Map<string, OpenScreen>();
  readonly #snapshots = new Map<number, (snapshot: ScreenSnapshot | undefined) => void>();
  readonly #texts = new Map<number, (text: string) => void>();
  #worker: Worker | undefined;
  #requests = 0;
  #restarts = 0;
  #isDisposed = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  open(sessionId: string, size: ScreenSize, listener: ScreenListener): void {
    if (this.#isDisposed) return;
    this.#screens.set(sessionId, { lane: new ScreenLane(sessionId, size, (order) => this.#post(order)), listener });
  }

  feed(...[sessionId, offset, bytes, live]: Parameters<Screens["feed"]>): void {
    this.#screens.get(sessionId)?.lane.feed(offset, bytes, live);
  }

  resize(sessionId: string, size: ScreenSize): void {
    this.#screens.get(sessionId)?.lane.resize(size);
  }

  snapshot(sessionId: string): Promise<ScreenSnapshot | undefined> {
    const screen = this.#screens.get(sessionId);
    if (screen === undefined || this.#isDisposed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#snapshots.set(++this.#requests, resolve);
      screen.lane.ask("snapshot", this.#requests);
    });
  }

  text(sessionId: string): Promise<string> {
    const screen = this.#screens.get(sessionId);
    if (screen === undefined || this.#isDisposed) return Promise.resolve("");
    return new Promise((resolve) => {
      this.#texts.set(++this.#requests, resolve);
      screen.lane.ask("text", this.#requests);
    });
  }

  close(sessionId: string): void {
    this.#screens.get(sessionId)?.lane.close();
    this.#screens.delete(sessionId);
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#screens.clear();
    this.#answerNothing();
    await this.#worker?.terminate();
  }

  #post(order: ScreenOrder): void {
    if (this.#isDisposed) return;
    this.#worker ??= this.#startWorker();
    this.#worker.postMessage(order, order.type === "feed" ? [handOver(order.bytes)] : []);
  }

  #startWorker(): Worker {
    const worker = new Worker(workerEntry("screenWorker", import.meta.url), {
      name: "screens",
      resourceLimits: LEAN_HEAP,
    });
    // The app's end does not wait for screens.
    worker.unref();
    worker.on("message", (report: ScreenReport) => this.#hear(report));
    worker.on("error", (error) => this.#logger.error("The screens' worker failed.", { error: String(error) }));
    worker.on("exit", () => this.#replaceWorker(worker));
    return worker;
  }

  #replaceWorker(ended: Worker): void {
    if (this.#isDisposed || this.#worker !== ended) return;
    this.#worker = undefined;
    this.#answerNothing();
    this.#restarts += 1;
    if (this.#restarts > MAX_RESTARTS) {
      this.#isDisposed = true;
      this.#logger.error("The screens' worker keeps failing and is not started again.", { restarts: this.#restarts });
      return;
    }
    for (const { lane } of this.#screens.values()) lane.restart();
  }

  #hear(report: ScreenReport): void {
    switch (report.type) {
      case "fed":
        this.#relay(report);
        return;
      case "snapshot":
        this.#snapshots.get(report.request)?.(report.snapshot);
        this.#snapshots.delete(report.request);
        return;
      case "text":
        this.#texts.get(report.request)?.(report.text);
        this.#texts.delete(report.request);
        return;
    }
  }

  #relay({ sessionId, bytes, reply, hints }: Extract<ScreenReport, { type: "fed" }>): void {
    const screen = this.#screens.get(sessionId);
    if (screen === undefined) return;
    screen.lane.acknowledge(bytes);
    try {
      // Replies are bytes, one per character.
      if (reply !== "") screen.listener.reply(Buffer.from(reply, "latin1"));
      for (const hint of hints) screen.listener.hint(hint);
    } catch (error) {
      this.#logger.error("A screen's listener failed.", { sessionId, error: String(error) });
    }
  }

  #answerNothing(): void {
    for (const resolve of this.#snapshots.values()) resolve(undefined);
    for (const resolve of this.#texts.values()) resolve("");
    this.#snapshots.clear();
    this.#texts.clear();
  }
}

/** A piece owns its buffer (see ScreenLane), so it moves instead of being copied once more. */
function handOver(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer instanceof ArrayBuffer ? bytes.buffer : new ArrayBuffer(0);
}
