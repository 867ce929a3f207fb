/** The transcripts port on a worker thread: started at the first need, started again when it dies, never keeping the process alive. */
import { Worker } from "node:worker_threads";
import type { Logger } from "#core/ports/logger.ts";
import type { Environment } from "#core/ports/machine.ts";
import type { FollowRequest, TranscriptFollowing, Transcripts } from "#core/ports/transcripts.ts";
import type { ArchiveBatch, TranscriptArchive } from "#core/ports/usage.ts";
import type { TranscriptOrder, TranscriptWord } from "./transcriptDesk.ts";

/** A thread that dies this often is not started again: its followers' sources are lost, and said so. */
const MAX_STARTS = 5;
/** A thread that reads a large file ends after the piece it is at. */
const CLOSE_MS = 3_000;
/** Its heap; lines of 16 MB fit several times. */
const HEAP_MB = 256;

export interface TranscriptsOptions {
  /** The thread's entry; it stands at composition level because it knows both the agents' formats and the files. */
  readonly worker: URL;
  readonly homeDir: string;
  readonly environment: () => Promise<Environment>;
  readonly logger: Logger;
}

interface Following {
  readonly request: FollowRequest;
  cliSessionIds: readonly string[];
  ended?: () => void;
}

type Waiter = (word: TranscriptWord | undefined) => void;

export function createTranscripts(options: TranscriptsOptions): Transcripts {
  const thread = new TranscriptThread(options);
  return {
    follow: (request) => thread.follow(request),
    archive: { read: (request) => thread.readArchive(request) },
    dispose: () => thread.dispose(),
  };
}

class TranscriptThread {
  readonly #options: TranscriptsOptions;
  readonly #followings = new Map<number, Following>();
  readonly #waiters = new Map<number, Waiter>();
  #worker: Worker | undefined;
  #starts = 0;
  #nextId = 1;
  #isDisposed = false;

  constructor(options: TranscriptsOptions) {
    this.#options = options;
  }

  follow(request: FollowRequest): TranscriptFollowing {
    const id = this.#nextId++;
    const following: Following = { request, cliSessionIds: request.subject.cliSessionIds };
    this.#followings.set(id, following);
    this.#order(this.#followOrder(id, following));
    return {
      add: (cliSessionId) => {
        if (following.cliSessionIds.includes(cliSessionId)) return;
        following.cliSessionIds = [...following.cliSessionIds, cliSessionId];
        this.#order({ type: "add", id, cliSessionId });
      },
      end: () =>
        new Promise((resolve) => {
          if (!this.#followings.has(id)) return resolve();
          following.ended = resolve;
          this.#order({ type: "end", id });
        }),
      dispose: () => {
        this.#followings.delete(id);
        this.#order({ type: "dispose", id });
        following.ended?.();
      },
    };
  }

  async *readArchive(request: Parameters<TranscriptArchive["read"]>[0]): AsyncGenerator<ArchiveBatch> {
    const id = this.#nextId++;
    const { agents, markOf, signal } = request;
    const place = { homeDir: this.#options.homeDir, env: await this.#options.environment() };
    const listed = await this.#ask({ type: "list", id, place, ...(agents === undefined ? {} : { agents }) });
    if (listed?.type !== "files") throw new Error("The transcripts could not be listed.");
    const marks = new Map(
      listed.files.flatMap((file) => {
        const mark = markOf(file);
        return mark === undefined ? [] : [[file, mark] as const];
      }),
    );
    this.#order({ type: "read", id, marks });
    try {
      while (!signal.aborted) {
        const word = await this.#ask({ type: "next", id });
        if (word?.type !== "batch")
          throw new Error("The reading of transcripts broke off. Import again: it goes on from here.");
        if (word.error !== undefined) throw new Error(word.error);
        if (word.batch === undefined || signal.aborted) return;
        yield word.batch;
      }
    } finally {
      this.#order({ type: "dispose", id });
    }
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    for (const following of this.#followings.values()) following.ended?.();
    this.#followings.clear();
    this.#release();
    if (this.#worker !== undefined) await closed(this.#worker);
  }

  #followOrder(id: number, { request, cliSessionIds }: Following): TranscriptOrder {
    const { agent, place, sinceMs, subject } = request;
    return { type: "follow", id, agent, place, sinceMs, subject: { ...subject, cliSessionIds } };
  }

  #ask(order: TranscriptOrder): Promise<TranscriptWord | undefined> {
    return new Promise((resolve) => {
      this.#waiters.set(order.id, resolve);
      this.#order(order);
    });
  }

  #order(order: TranscriptOrder): void {
    if (this.#isDisposed) return;
    this.#worker ??= this.#start();
    this.#worker?.postMessage(order);
  }

  #start(): Worker | undefined {
    if (this.#starts >= MAX_STARTS) return undefined;
    this.#starts += 1;
    const worker = new Worker(this.#options.worker, {
      name: "transcripts",
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    worker.unref();
    worker.on("message", (word: TranscriptWord) => this.#hear(word));
    worker.on("error", (error) =>
      this.#options.logger.error("The reading of transcripts failed.", { error: String(error) }),
    );
    worker.on("exit", () => this.#lost(worker));
    return worker;
  }

  #hear(word: TranscriptWord): void {
    const following = this.#followings.get(word.id);
    if (word.type === "findings") following?.request.onFindings(word.findings);
    else if (word.type === "trouble") following?.request.onTrouble(word.sentence);
    else if (word.type === "ended") {
      this.#followings.delete(word.id);
      following?.ended?.();
    } else {
      const waiter = this.#waiters.get(word.id);
      this.#waiters.delete(word.id);
      waiter?.(word);
    }
  }

  /** Followers begin anew: what they tell twice the ledger knows by its key. */
  #lost(worker: Worker): void {
    if (this.#worker !== worker || this.#isDisposed) return;
    this.#worker = undefined;
    this.#release();
    for (const [id, following] of this.#followings) {
      this.#order(this.#followOrder(id, following));
      if (following.ended !== undefined) this.#order({ type: "end", id });
    }
    if (this.#worker !== undefined) return;
    for (const following of this.#followings.values()) {
      following.request.onTrouble(
        "The reading of transcripts failed several times and is given up until the app starts again.",
      );
      following.ended?.();
    }
    this.#followings.clear();
  }

  #release(): void {
    for (const waiter of this.#waiters.values()) waiter(undefined);
    this.#waiters.clear();
  }
}

/** A thread that is terminated while it loads SQLite's addon takes the whole process with it: it is asked first. */
function closed(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => void worker.terminate(), CLOSE_MS);
    worker.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    const order: TranscriptOrder = { type: "close", id: 0 };
    worker.postMessage(order);
  });
}
