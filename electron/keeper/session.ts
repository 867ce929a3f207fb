/**
 * One session: a pty, its log and those who watch it. Invariant: a viewer is offered bytes only after they are in
 * the log, and only a disk that is behind ever pauses the pty.
 */
import type { LoadedPtyBinding, PtyExit, PtyProcess } from "#platform/nodePty.ts";
import { spawnPty } from "#platform/nodePty.ts";
import {
  identifyProcess,
  processTimeNow,
  SESSION_VARIABLE,
  type LastingIdentity,
  type ProcessIdentity,
  type SessionProcesses,
} from "#platform/processTree.ts";
import { openSegmentWriter, type SegmentWriter } from "#platform/segmentLog.ts";
import type { SessionMeta } from "#shared/rpc/keeperFiles.ts";
import type { KeeperExit, KeeperSession, SpawnRequest } from "#shared/rpc/keeperProtocol.ts";
import type { OutOfMemoryEvidence } from "./outOfMemory.ts";
import { asSacrifice } from "./sacrifice.ts";
import { removeSessionMeta, writeSessionMeta } from "./sessionMeta.ts";
import { TerminalQueries } from "./terminalQueries.ts";

export interface SessionViewer {
  /** These bytes were just written to the log at `offset`. */
  written(offset: number, bytes: Uint8Array): void;
  ended(): void;
}

export interface SessionDeps {
  readonly binding: LoadedPtyBinding;
  /** The keeper itself, named in meta.json. */
  readonly keeper: LastingIdentity;
  readonly evidence: OutOfMemoryEvidence;
  /** True while an app is connected: it answers terminal queries then. */
  readonly hasCore: () => boolean;
  readonly onEnded: (session: Session) => void;
  readonly log: (message: string) => void;
}

/** A session takes at most this much input that its program has not read yet; more is refused. */
export const INPUT_QUEUE_BYTES = 16 * 1024 * 1024;
/** A person dragging a window edge sends hundreds of sizes; the program gets one per this time, and the last one. */
const RESIZE_EVERY_MS = 10;

export class Session {
  readonly id: string;
  readonly dir: string;
  /** Resolves when the exit is known and all output is in the log. */
  readonly ended: Promise<KeeperExit>;
  exit: KeeperExit | undefined;
  /** Bytes of the log at the exit; what comes later was printed by something the child left behind. */
  exitOffset = 0;
  /** A stop of ours is under way. */
  isStopping = false;
  readonly #deps: SessionDeps;
  readonly #record: SessionMeta;
  readonly #log: SegmentWriter;
  readonly #pty: PtyProcess;
  readonly #viewers = new Set<SessionViewer>();
  readonly #queries: TerminalQueries;
  readonly #resolveEnded: (exit: KeeperExit) => void;
  readonly #seen = new Map<number, ProcessIdentity>();
  #root: ProcessIdentity | undefined;
  #rootEndedAt: number | undefined;
  #size: { cols: number; rows: number };
  #resizeTimer: NodeJS.Timeout | undefined;
  #metaWork: Promise<void> = Promise.resolve();

  /** Throws when the log cannot be opened or the system has no pty or process left; nothing is left behind then. */
  static async start(deps: SessionDeps, dir: string, request: SpawnRequest): Promise<Session> {
    let session: Session | undefined;
    const log = await openSegmentWriter(dir, {
      onWritten: (offset, bytes) => session?.announce(offset, bytes),
      onPressure: (isBehind) => session?.setPaused(isBehind),
      onTrouble: (problem) =>
        deps.log(
          `session ${request.sessionId}: ${problem === undefined ? "the log is written again" : `its log cannot be written (${problem}); its output waits`}`,
        ),
    });
    // The record comes before the child: whoever finds it after our death knows which mark to sweep for.
    const { sessionId, tag, cols, rows } = request;
    const startedAt = new Date().toISOString();
    const record: SessionMeta = { sessionId, tag, keeper: deps.keeper, startedAt, cols, rows };
    await writeSessionMeta(dir, record);
    deps.evidence.refresh();
    log.recordResize(cols, rows);
    try {
      session = new Session(deps, { dir, log, record }, request);
    } catch (error) {
      await Promise.all([log.close(), removeSessionMeta(dir)]);
      throw error;
    }
    void session.identify();
    return session;
  }

  private constructor(
    deps: SessionDeps,
    files: { dir: string; log: SegmentWriter; record: SessionMeta },
    request: SpawnRequest,
  ) {
    this.id = request.sessionId;
    this.dir = files.dir;
    this.#deps = deps;
    this.#log = files.log;
    this.#record = files.record;
    this.#size = { cols: request.cols, rows: request.rows };
    this.#queries = new TerminalQueries((bytes) => this.#pty.write(bytes));
    const { promise, resolve } = Promise.withResolvers<KeeperExit>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    const env = { TERM: "xterm-256color", ...request.env, PWD: request.cwd, [SESSION_VARIABLE]: request.sessionId };
    const listener = {
      data: (bytes: Uint8Array) => this.#received(bytes),
      exit: (exit: PtyExit) => void this.#onExit(exit),
    };
    this.#pty = asSacrifice(() => spawnPty(deps.binding, { ...request, env }, listener));
  }

  get pid(): number {
    return this.#pty.pid;
  }

  get outputBytes(): number {
    return this.#log.size;
  }

  get queuedInput(): number {
    return this.#pty.queuedInput;
  }

  /** For the process tree; `seen` is shared, so every look remembers what it saw. */
  get processes(): SessionProcesses {
    return {
      sessionId: this.id,
      seen: this.#seen,
      ...(this.#root === undefined ? {} : { root: this.#root }),
      ...(this.#rootEndedAt === undefined ? {} : { rootEndedAt: this.#rootEndedAt }),
    };
  }

  describe(): KeeperSession {
    return {
      sessionId: this.id,
      tag: this.#record.tag,
      pid: this.pid,
      startedAt: this.#record.startedAt,
      ...this.#size,
      outputBytes: this.outputBytes,
      ...(this.#log.trouble === undefined ? {} : { trouble: this.#log.trouble }),
      ...(this.exit === undefined ? {} : { exit: this.exit }),
    };
  }

  /** A child that has ended already is known by a time it cannot have started after. */
  async identify(): Promise<void> {
    const { pid } = this;
    const found = await identifyProcess(pid);
    this.#root = typeof found === "object" ? found : { pid, startTime: processTimeNow() };
    this.#saveMeta();
  }

  announce(offset: number, bytes: Uint8Array): void {
    for (const viewer of this.#viewers) viewer.written(offset, bytes);
  }

  setPaused(isPaused: boolean): void {
    this.#pty.setPaused(isPaused);
  }

  watch(viewer: SessionViewer): () => void {
    this.#viewers.add(viewer);
    return () => this.#viewers.delete(viewer);
  }

  /** False when too much input waits already. */
  write(bytes: Uint8Array): boolean {
    if (this.#pty.queuedInput + bytes.byteLength > INPUT_QUEUE_BYTES) return false;
    this.#pty.write(bytes);
    return true;
  }

  resize(cols: number, rows: number): void {
    if (this.#size.cols === cols && this.#size.rows === rows) return;
    this.#size = { cols, rows };
    this.#resizeTimer ??= setTimeout(() => {
      this.#resizeTimer = undefined;
      if (this.exit !== undefined) return;
      this.#log.recordResize(this.#size.cols, this.#size.rows);
      this.#pty.resize(this.#size.cols, this.#size.rows);
    }, RESIZE_EVERY_MS);
  }

  /** No process of the session is left: takes what the terminal still holds, and lets go of it. */
  finish(): void {
    this.#pty.finish();
  }

  /** Resolves when the log and what a later core must know are on disk. */
  async settled(): Promise<void> {
    await this.#log.indexed();
    await this.#metaWork;
  }

  /** The core has recorded the exit; the log stays. */
  async forget(): Promise<void> {
    this.#pty.dispose();
    await this.#metaWork;
    await removeSessionMeta(this.dir);
    await this.#log.close();
  }

  #received(bytes: Uint8Array): void {
    this.#log.append(bytes);
    if (this.#deps.hasCore()) this.#queries.forget();
    else this.#queries.feed(bytes);
  }

  async #onExit(exit: PtyExit): Promise<void> {
    clearTimeout(this.#resizeTimer);
    const at = new Date().toISOString();
    const endedAt = processTimeNow();
    const requested = this.isStopping;
    const mayBeMemory = exit.signal === "SIGKILL" && !requested;
    const outOfMemory = mayBeMemory && this.#deps.evidence.claim();
    await this.#log.flushed();
    this.#rootEndedAt = endedAt;
    this.exitOffset = this.#log.size;
    this.exit = { ...exit, outOfMemory, requested, at };
    for (const viewer of this.#viewers) viewer.ended();
    this.#saveMeta();
    this.#resolveEnded(this.exit);
    this.#deps.onEnded(this);
  }

  /** A full disk must not take the session down: the keeper itself remembers as long as it lives. */
  #saveMeta(): void {
    const root = this.#root === undefined ? {} : { root: this.#root };
    const ending = this.exit === undefined ? {} : { exit: this.exit, outputBytes: this.exitOffset };
    const meta = { ...this.#record, ...this.#size, ...root, ...ending };
    this.#metaWork = this.#metaWork.then(() =>
      writeSessionMeta(this.dir, meta).catch((error: unknown) =>
        this.#deps.log(`session ${this.id}: meta.json could not be written: ${String(error)}`),
      ),
    );
  }
}
