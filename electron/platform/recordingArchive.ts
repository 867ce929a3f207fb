/**
 * The RecordingArchive port: two threads over the session directories, one that packs and removes, one that draws screens
 * for whoever looks. Both are started when needed and end when nothing is asked of them.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Logger } from "#core/ports/logger.ts";
import type {
  ArchivedScreen,
  RecordingArchive,
  RecordingRef,
  Removal,
  StoredRecording,
} from "#core/ports/recordingArchive.ts";
import { fail, type Result } from "#shared/model/result.ts";
import { LEAN_HEAP, workerEntry } from "./workerEntry.ts";

/** A thread costs some 15 MB; a person who looks at recordings looks again within this. */
const IDLE_MS = 60_000;
const SESSION_NAME = /^[\w-]+$/;

export type ArchiveOrder =
  | { readonly type: "survey"; readonly sessionId: string }
  | { readonly type: "tend"; readonly recording: RecordingRef }
  | { readonly type: "remove"; readonly recording: RecordingRef; readonly removal: Removal }
  | { readonly type: "screen"; readonly sessionId: string; readonly offset: number }
  | { readonly type: "forget"; readonly sessionId: string };

export type ArchiveAnswer =
  | { readonly type: "recording"; readonly recording: StoredRecording }
  | { readonly type: "removed"; readonly result: Result<StoredRecording> }
  | { readonly type: "screen"; readonly screen: ArchivedScreen }
  | { readonly type: "failed"; readonly error: string };

export interface ArchiveReport {
  readonly id: number;
  readonly answer: ArchiveAnswer;
}

export interface DisposableArchive extends RecordingArchive {
  /** Work under way is left where it is; the next start finishes it. */
  dispose(): Promise<void>;
}

export interface ArchiveOptions {
  readonly dataDir: string;
  readonly logger: Logger;
  /** Bytes of this session are gone: whoever keeps some in memory lets go of them. */
  readonly onRemoved: (sessionId: string) => void;
}

export function createRecordingArchive({ dataDir, logger, onRemoved }: ArchiveOptions): DisposableArchive {
  const sessionsDir = join(dataDir, "sessions");
  const keeping = new ArchiveThread("recordings", sessionsDir, logger);
  const looking = new ArchiveThread("recording-screens", sessionsDir, logger);
  return {
    sessions: async () => (await readdir(sessionsDir).catch(() => [])).filter((name) => SESSION_NAME.test(name)),
    survey: async (sessionId) => recordingOf(await keeping.ask({ type: "survey", sessionId })),
    tend: async (recording) => recordingOf(await keeping.ask({ type: "tend", recording })),
    remove: async (recording, removal) => {
      const { sessionId } = recording;
      const answer = await keeping.ask({ type: "remove", recording, removal });
      onRemoved(sessionId);
      looking.tell({ type: "forget", sessionId });
      if (answer.type === "removed") return answer.result;
      const error = answer.type === "failed" ? answer.error : answer.type;
      logger.error("A recording could not be removed.", { sessionId, error });
      return fail("store_unavailable", `The disk refused to delete the recording: ${error}. Try again.`);
    },
    screenAt: async (sessionId, offset) => {
      const answer = await looking.ask({ type: "screen", sessionId, offset });
      return answer.type === "screen" ? answer.screen : failed(answer);
    },
    dispose: async () => {
      await Promise.all([keeping.dispose(), looking.dispose()]);
    },
  };
}

function recordingOf(answer: ArchiveAnswer): StoredRecording {
  return answer.type === "recording" ? answer.recording : failed(answer);
}

function failed(answer: ArchiveAnswer): never {
  throw new Error(answer.type === "failed" ? answer.error : `The answer was ${answer.type}.`);
}

class ArchiveThread {
  readonly #name: string;
  readonly #sessionsDir: string;
  readonly #logger: Logger;
  readonly #waiting = new Map<number, (answer: ArchiveAnswer) => void>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #ids = 0;
  #isDisposed = false;

  constructor(name: string, sessionsDir: string, logger: Logger) {
    this.#name = name;
    this.#sessionsDir = sessionsDir;
    this.#logger = logger;
  }

  ask(order: ArchiveOrder): Promise<ArchiveAnswer> {
    if (this.#isDisposed) return Promise.resolve({ type: "failed", error: "The app is closing." });
    const id = ++this.#ids;
    const answer = new Promise<ArchiveAnswer>((resolve) => this.#waiting.set(id, resolve));
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, order });
    return answer;
  }

  /** Only a thread that runs remembers anything. */
  tell(order: ArchiveOrder): void {
    this.#worker?.postMessage({ id: 0, order });
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    clearTimeout(this.#idle);
    this.#refuseAll("The app is closing.");
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(workerEntry("recordingArchiveWorker", import.meta.url), {
      name: this.#name,
      resourceLimits: LEAN_HEAP,
      workerData: { sessionsDir: this.#sessionsDir },
    });
    worker.unref();
    worker.on("message", (message: ArchiveReport) => this.#hear(message));
    worker.on("error", (error) => this.#logger.error(`The ${this.#name} thread failed.`, { error: String(error) }));
    worker.on("exit", () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#refuseAll("The thread ended.");
    });
    return worker;
  }

  #hear({ id, answer }: ArchiveReport): void {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
    if (this.#waiting.size > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#rest(), IDLE_MS).unref();
  }

  #rest(): void {
    const worker = this.#worker;
    if (this.#waiting.size > 0 || worker === undefined) return;
    this.#worker = undefined;
    void worker.terminate();
  }

  #refuseAll(reason: string): void {
    for (const resolve of this.#waiting.values()) resolve({ type: "failed", error: reason });
    this.#waiting.clear();
  }
}
