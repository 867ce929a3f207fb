/** The keeper's sessions by id, and what can be done to them. No business rules: it does what it is told. */
import { constants as osConstants } from "node:os";
import { join } from "node:path";
import {
  killSessions,
  scanProcesses,
  sendSignal,
  sessionMembers,
  signalProcess,
  type KillOutcome,
  type SessionProcesses,
} from "#platform/processTree.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";
import { SESSIONS_DIR } from "#shared/rpc/keeperFiles.ts";
import type { KeeperSession, SpawnRequest, StopRequest } from "#shared/rpc/keeperProtocol.ts";
import { checkCommand } from "./commandCheck.ts";
import { Session, type SessionDeps } from "./session.ts";
import { killAndFinish, stopSession } from "./stopLadder.ts";
import { Sweeps } from "./sweeps.ts";

export interface SessionTableDeps extends Omit<SessionDeps, "onEnded"> {
  readonly dataDir: string;
  /** A session began, ended or was forgotten. */
  readonly onChanged: () => void;
}

/** A tree that keeps forking while it is being stopped needs more than one look. */
const FREEZE_LOOKS = 5;
/** Beyond it one look at the process table drops those that left nothing running. */
const MOST_FORGOTTEN = 512;

export class SessionTable {
  readonly #deps: SessionTableDeps;
  readonly #sessions = new Map<string, Session>();
  readonly #starting = new Set<string>();
  /** Ended and recorded; what they left running is still known by them. */
  readonly #forgotten = new Map<string, SessionProcesses>();
  readonly #sweeps = new Sweeps();

  constructor(deps: SessionTableDeps) {
    this.#deps = deps;
  }

  get(sessionId: string): Session | undefined {
    return this.#sessions.get(sessionId);
  }

  /** Sessions that start or run. */
  get liveCount(): number {
    return this.#starting.size + [...this.#sessions.values()].filter((session) => session.exit === undefined).length;
  }

  list(): readonly KeeperSession[] {
    return [...this.#sessions.values()].map((session) => session.describe());
  }

  async spawn(request: SpawnRequest): Promise<Result<KeeperSession>> {
    const id = request.sessionId;
    if (this.#sessions.has(id) || this.#starting.has(id)) {
      return fail("already_present", `The keeper already has a session ${id}.`);
    }
    this.#starting.add(id);
    try {
      const checked = await checkCommand(request);
      if (!checked.ok) return checked;
      const session = await Session.start(this.#sessionDeps(), this.#dirOf(id), request);
      this.#sessions.set(id, session);
      return ok(session.describe());
    } catch (error) {
      return spawnFailure(request, error);
    } finally {
      this.#starting.delete(id);
      this.#deps.onChanged();
    }
  }

  async signal(session: Session, signal: string, target: "group" | "tree"): Promise<Result<void>> {
    if (!isSignal(signal)) return fail("bad_request", `${signal} is not a signal of this system.`);
    if (target === "tree") return this.#signalTree(session, signal);
    if (session.exit !== undefined) return fail("not_running", "The session has ended.");
    const { root } = session.processes;
    const entry = (await scanProcesses()).find(
      ({ pid, startTime }) => pid === root?.pid && startTime === root.startTime,
    );
    const group = entry !== undefined && entry.foreground > 1 ? entry.foreground : session.pid;
    return sendSignal(-group, signal) ? ok(undefined) : fail("not_running", "The session's process group is gone.");
  }

  async stop(session: Session, request: StopRequest): Promise<Result<void>> {
    if (session.exit !== undefined) {
      const swept = await this.#sweeps.sweep(session.processes);
      session.finish();
      return stopAnswer(swept);
    }
    const politeInput = request.politeInput === undefined ? undefined : Buffer.from(request.politeInput, "base64");
    return stopAnswer(await stopSession(session, { politeInput, graceMs: request.graceMs }));
  }

  /** Undefined for a session this keeper never had, or no longer knows. */
  async stopForgotten(sessionId: string): Promise<Result<void> | undefined> {
    const processes = this.#forgotten.get(sessionId);
    if (processes === undefined) return undefined;
    const outcome = await this.#sweeps.sweep(processes);
    if (outcome.survivors.length === 0) this.#forgotten.delete(sessionId);
    return stopAnswer(outcome);
  }

  /** Ended sessions too: what they left behind belongs to them. */
  async killAll(): Promise<{ killed: number }> {
    const [{ killed, survivors }, left] = await Promise.all([
      killAndFinish([...this.#sessions.values()]),
      this.#killForgotten(),
    ]);
    if (survivors.length + left.survivors.length > 0)
      this.#deps.log(`${survivors.length + left.survivors.length} processes outlived the emergency stop`);
    return { killed: killed + left.killed };
  }

  async forget(session: Session): Promise<Result<void>> {
    if (session.exit === undefined) return fail("running", "The session is running; stop it first.");
    this.#sessions.delete(session.id);
    // Windows knows a process by its number alone, which is somebody else's once the terminal is freed.
    if (process.platform !== "win32") this.#forgotten.set(session.id, session.processes);
    if (this.#forgotten.size > MOST_FORGOTTEN) void this.#dropGone();
    await session.forget();
    this.#deps.onChanged();
    return ok(undefined);
  }

  async settled(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.settled()));
  }

  async #signalTree(session: Session, signal: NodeJS.Signals): Promise<Result<void>> {
    const reached = new Set<number>();
    for (let look = 0; look < FREEZE_LOOKS; look += 1) {
      const members = sessionMembers(await scanProcesses(), session.processes);
      const fresh = members.filter(({ pid }) => !reached.has(pid));
      if (fresh.length === 0) break;
      await Promise.all(fresh.map((member) => signalProcess(member, signal)));
      for (const { pid } of fresh) reached.add(pid);
    }
    return reached.size > 0 ? ok(undefined) : fail("not_running", "No process of the session is left.");
  }

  async #killForgotten(): Promise<KillOutcome> {
    if (this.#forgotten.size === 0) return { killed: 0, survivors: [] };
    const outcome = await killSessions([...this.#forgotten.values()]);
    this.#forgotten.clear();
    return outcome;
  }

  async #dropGone(): Promise<void> {
    const entries = await scanProcesses();
    for (const [id, processes] of this.#forgotten) {
      if (sessionMembers(entries, processes).length === 0) this.#forgotten.delete(id);
    }
    // A machine full of what agents left: the oldest are given up; their mark still finds them.
    for (const id of this.#forgotten.keys()) {
      if (this.#forgotten.size <= MOST_FORGOTTEN) break;
      this.#forgotten.delete(id);
    }
  }

  #sessionDeps(): SessionDeps {
    return { ...this.#deps, onEnded: () => this.#deps.onChanged() };
  }

  #dirOf(sessionId: string): string {
    return join(this.#deps.dataDir, SESSIONS_DIR, sessionId);
  }
}

function stopAnswer({ survivors }: KillOutcome): Result<void> {
  if (survivors.length === 0) return ok(undefined);
  const pids = survivors.map(({ pid }) => pid).join(", ");
  return fail("forbidden", `Could not end every process of the session; still there: ${pids}.`);
}

function isSignal(name: string): name is NodeJS.Signals {
  return name in osConstants.signals;
}

function spawnFailure(request: SpawnRequest, error: unknown): Result<never> {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (["ENOSPC", "EDQUOT", "EROFS", "EIO"].includes(code)) {
    return fail("store_unavailable", `The session's log could not be made (${code}). Free some disk space.`);
  }
  return fail("spawn_failed", `${request.file} could not be started: ${reasonOf(error, code)}`);
}

/** Errors of a system that has no descriptor, process or memory to give (errno(3)). */
const OUT_OF: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "EAGAIN", "ENOMEM"]);

/** node-pty says which call failed and not why; forkpty lacks a terminal, a process or a descriptor (pty(7), fork(2)). */
function reasonOf(error: unknown, code: string): string {
  const reason = error instanceof Error ? error.message : String(error);
  if (!OUT_OF.has(code) && !/forkpty|posix_spawn/.test(reason)) return reason;
  return `the system gives no more terminals, processes or open files (${reason}). Stop some agents and start it again.`;
}
