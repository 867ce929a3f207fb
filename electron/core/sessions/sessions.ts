/** The sessions slice: every agent's lives, found again after a restart, typed into, watched and replayed. */
import type { StreamItem, StreamRequest } from "#shared/contract/index.ts";
import type { AgentSpec } from "#shared/model/fleetFile.ts";
import type { Life } from "#shared/model/node.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Rejection, Result } from "#shared/model/result.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { ExitCause } from "#shared/model/states.ts";
import type { KeeperSession } from "#shared/rpc/keeperProtocol.ts";
import type { StreamHandle, StreamSink } from "#shared/rpc/protocol.ts";
import type { AgentAdapter } from "#core/ports/agentAdapter.ts";
import type { OutputGap, OutputTiming } from "#core/ports/outputLog.ts";
import type { PlanLimit } from "#core/ports/gateway.ts";
import type { Braked } from "#core/ports/brakes.ts";
import type { AgentChild, AgentRunner } from "#core/ports/agentRunner.ts";
import { AgentSession } from "./agentSession.ts";
import type { Leftover } from "./agentSession.ts";
import { streamChain } from "./byteStreams.ts";
import type { ChainSource } from "./byteStreams.ts";
import type { SessionDeps, SessionsDeps } from "./deps.ts";
import { keyBytes } from "./keys.ts";
import { meterOf } from "./lifeReports.ts";
import type { LiveLife } from "./liveLife.ts";
import { noteEnded } from "./lifeEvents.ts";
import { insertLife, Lives, rowOfSession } from "./lives.ts";
import type { LifeRow } from "./lives.ts";
import { MemoryWatch } from "./memoryWatch.ts";
import type { LimitedLife } from "./memoryWatch.ts";
import type { Readiness } from "./readiness.ts";
import { StartGate } from "./startGate.ts";
import { streamTerminal } from "./terminalStream.ts";

/** The keeper's segments are this long: when the output passes a multiple, one was sealed. */
const SEGMENT_BYTES = 16 * 1024 * 1024;

interface UnseenEnd {
  readonly cause: ExitCause;
  readonly detail: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly at?: string | undefined;
}

const LOST: UnseenEnd = {
  cause: "keeper_lost",
  detail: "Lost: the machine or the session keeper stopped while it ran",
  code: null,
  signal: null,
};

function unseenEnd(exit: KeeperSession["exit"]): UnseenEnd {
  if (exit === undefined) return LOST;
  const { code, signal, at } = exit;
  if (exit.requested) return { cause: "stopped", detail: "Stopped while the app was away", code, signal, at };
  return { cause: code === 0 ? "done" : "crashed", detail: "Ended while the app was away", code, signal, at };
}

export class Sessions implements AgentRunner {
  readonly #deps: SessionDeps;
  readonly #lives: Lives;
  readonly #memory: MemoryWatch;
  readonly #byPath = new Map<string, AgentSession>();
  readonly #live = new Map<string, LiveLife>();
  readonly #leftovers = new Map<string, Leftover>();
  readonly #lost = new Set<string>();
  readonly #lifeListeners = new Set<(path: string) => void>();
  readonly #momentListeners = new Set<(path: string) => void>();

  constructor(given: SessionsDeps) {
    const { clock, resources, gateRules: rules } = given;
    const moment = (path: string): void => this.#moment(path);
    const deps = { ...given, moment, gate: new StartGate({ clock, resources, rules }) };
    this.#deps = deps;
    this.#memory = new MemoryWatch({ clock, resources, logger: deps.logger, limited: () => this.#limited() });
    this.#lives = new Lives(deps.store);
  }

  /** At boot: what the keeper still has is to be adopted; what it no longer has was lost with it. */
  async recover(): Promise<Result<{ alive: number; ended: number; lost: number }>> {
    const listed = await this.#deps.ptyHost.list();
    if (!listed.ok) return listed;
    const known = new Set<string>();
    for (const session of listed.value.toSorted((a, b) => a.tag.generation - b.tag.generation)) {
      known.add(session.sessionId);
      await this.#takeOver(session);
    }
    for (const life of this.#lives.open()) {
      if (known.has(life.sessionId)) continue;
      this.#lost.add(life.path);
      await this.#close(life, LOST);
      void this.#deps.ptyHost.stop({ sessionId: life.sessionId, graceMs: 0 });
    }
    const alive = [...this.#leftovers.values()].filter(({ session }) => session.exit === undefined).length;
    return ok({ alive, ended: this.#leftovers.size - alive, lost: this.#lost.size });
  }

  /** The newest life of each child is adopted, ended or not; what was stopped on request meanwhile is over. */
  async #takeOver(session: KeeperSession): Promise<void> {
    const recorded = this.#lives.get(session.sessionId);
    if (recorded?.endedAt !== undefined) {
      void this.#deps.ptyHost.forget(session.sessionId);
      return;
    }
    const older = this.#leftovers.get(session.tag.path)?.session;
    if (older !== undefined) await this.#closeEnded(older);
    this.#leftovers.delete(session.tag.path);
    if (session.exit?.requested === true) await this.#closeEnded(session);
    else this.#leftovers.set(session.tag.path, { session });
  }

  async #closeEnded(session: KeeperSession): Promise<void> {
    const row = this.#lives.get(session.sessionId) ?? rowOfSession(session);
    const end = unseenEnd(session.exit);
    const { braked } = row.notes;
    await this.#close(row, braked === undefined ? end : { ...end, cause: "budget_exhausted", detail: braked.sentence });
    this.#deps.recorder.afterCommit(() => void this.#deps.ptyHost.forget(session.sessionId));
  }

  /** Records the end of a life that no core watched. */
  async #close(life: LifeRow, end: UnseenEnd): Promise<void> {
    const ended: LifeRow = {
      ...life,
      endedAt: end.at ?? toIsoTime(this.#deps.clock.wallNow()),
      exitCause: end.cause,
      exitCode: end.code,
      signal: end.signal,
      exitDetail: end.detail,
      outputBytes: await this.#deps.outputLog.size(life.sessionId),
    };
    this.#deps.recorder.project((tx) => insertLife(tx, life));
    noteEnded(this.#deps, ended, false);
    // What it used while no core listened stands in its transcripts.
    const adapter = this.#deps.adapters.find((known) => known.id === life.agent);
    meterOf(this.#deps, { row: life, adapter, adoptedAt: 0 }).ended();
  }

  leftover(path: string): "alive" | "ended" | "lost" | "none" {
    const left = this.#leftovers.get(path);
    if (left !== undefined) return left.session.exit === undefined ? "alive" : "ended";
    return this.#lost.has(path) ? "lost" : "none";
  }

  /** Keeper sessions no fleet claimed: their child was removed while the core was away. They are ended. */
  async endUnclaimed(): Promise<void> {
    const unclaimed = [...this.#leftovers].filter(([path]) => !this.#byPath.has(path));
    await Promise.all(
      unclaimed.map(async ([path, { session }]) => {
        this.#leftovers.delete(path);
        this.#deps.logger.warn("A session of no known child is ended.", { path });
        await this.#deps.ptyHost.stop({ sessionId: session.sessionId, graceMs: 1000 });
        await this.#deps.ptyHost.forget(session.sessionId);
      }),
    );
  }

  child(path: string, spec: AgentSpec, onChange: () => void): AgentChild {
    const adapter = this.#adapter(spec.agent);
    const leftover = this.#leftovers.get(path);
    this.#leftovers.delete(path);
    const session = new AgentSession(this.#deps, {
      path,
      spec,
      adapter,
      lives: this.#lives,
      leftover,
      onChange: () => {
        onChange();
        this.#moment(path);
      },
      onLife: (life) => this.#began(path, life),
      onSpec: () => this.#memory.consider(),
    });
    this.#byPath.set(path, session);
    return session;
  }

  #moment(path: string): void {
    for (const listener of this.#momentListeners) listener(path);
  }

  #adapter(id: string): AgentAdapter {
    const adapter = this.#deps.adapters.find((one) => one.id === id);
    if (adapter === undefined)
      throw new Error(`No adapter ${id}; fleet files are checked against the list of adapters.`);
    return adapter;
  }

  #limited(): readonly LimitedLife[] {
    return [...this.#byPath.values()].flatMap(({ life, spec: { limits } }) =>
      limits === undefined || life?.alive !== true ? [] : [{ life, limit: limits }],
    );
  }

  #began(path: string, life: LiveLife): void {
    this.#live.set(life.sessionId, life);
    this.#memory.consider();
    const unfollow = life.output.follow({
      data: (offset, bytes) => {
        const end = offset + bytes.length;
        const isSealed = Math.floor(end / SEGMENT_BYTES) > Math.floor(offset / SEGMENT_BYTES);
        if (isSealed) this.#deps.recordings.sealed(life.sessionId);
      },
      end: () => unfollow(),
    });
    void life.handle.exited.then(() => {
      this.#live.delete(life.sessionId);
      this.#deps.recordings.ended(life.sessionId);
    });
    for (const listener of this.#lifeListeners) listener(path);
  }

  /** Newest first. */
  lives(path: string): readonly Life[] {
    this.#deps.recorder.flush();
    return this.#lives
      .ofPath(path)
      .map((life) => this.#publicLife(life))
      .toReversed();
  }

  newestLives(limit: number): readonly Life[] {
    this.#deps.recorder.flush();
    return this.#lives.newest(limit).map((life) => this.#publicLife(life));
  }

  life(sessionId: string): Life | undefined {
    this.#deps.recorder.flush();
    const life = this.#lives.get(sessionId);
    return life === undefined ? undefined : this.#publicLife(life);
  }

  /** Paths of children past and present with this id. */
  pathsNamed(id: string): readonly string[] {
    this.#deps.recorder.flush();
    return this.#lives.pathsNamed(id);
  }

  #publicLife({ notes: _notes, ...life }: LifeRow): Life {
    const live = this.#live.get(life.sessionId);
    return live === undefined ? life : { ...life, outputBytes: live.output.size };
  }

  #running(path: string): Result<{ life: LiveLife }> {
    const life = this.#byPath.get(path)?.life;
    if (life === undefined || !life.alive) return fail("not_running", `${path} does not run. Start it first.`);
    return ok({ life });
  }

  async send(path: string, text: string, submit: boolean): Promise<Result<void>> {
    const running = this.#running(path);
    if (!running.ok) return running;
    const { life } = running.value;
    return submit ? life.say(text) : life.typed(new TextEncoder().encode(text));
  }

  /** Why it takes no prompt, not even one that waits. */
  refusal(path: string): Rejection | undefined {
    const running = this.#running(path);
    if (!running.ok) return running.error;
    const braked = this.#deps.brakes.forPrompt(path);
    return braked === undefined ? undefined : { code: "budget_exhausted", message: braked.sentence };
  }

  /** Whether a message could be typed into it now, and if not, why. */
  readiness(path: string): Readiness {
    const running = this.#running(path);
    return running.ok ? running.value.life.readiness : { type: "down", why: running.error.message };
  }

  /** Of its running life. */
  sessionOf(path: string): string | undefined {
    const life = this.#byPath.get(path)?.life;
    return life?.alive === true ? life.sessionId : undefined;
  }

  /** Told whenever the readiness of an agent may have changed; the returned function ends it. */
  onMoment(listener: (path: string) => void): () => void {
    this.#momentListeners.add(listener);
    return () => this.#momentListeners.delete(listener);
  }

  /** From now on its usage is counted under this task. */
  worksOn(path: string, task: string): void {
    this.#byPath.get(path)?.life?.worksOn(task);
  }

  /** A budget's hard stop on a running life; nothing happens to one that does not run. */
  async exhaust(path: string, braked: Braked): Promise<void> {
    await this.#byPath.get(path)?.life?.exhaust(braked);
  }

  /** What the gateway saw of the provider's limits in a session's requests; undefined: it answered as asked. */
  limited(sessionId: string, limit: PlanLimit | undefined): void {
    this.#live.get(sessionId)?.limited(limit);
  }

  /** The limit that a running agent waits at has reset. */
  async limitReset(path: string): Promise<void> {
    await this.#byPath.get(path)?.life?.limitReset();
  }

  async key(path: string, name: string): Promise<Result<void>> {
    const bytes = keyBytes(name);
    if (bytes === undefined)
      return fail(
        "bad_request",
        `There is no key "${name}". Use names such as ctrl-c, enter, esc, up, tab, f1 or alt-x.`,
      );
    const running = this.#running(path);
    return running.ok ? running.value.life.typed(bytes) : running;
  }

  async input(sessionId: string, bytes: Uint8Array): Promise<Result<void>> {
    const life = this.#live.get(sessionId);
    return life === undefined
      ? fail("not_running", "This session has ended; nothing can be typed into it.")
      : life.typed(bytes);
  }

  async resize(sessionId: string, size: { cols: number; rows: number }): Promise<Result<void>> {
    const life = this.#live.get(sessionId);
    return life === undefined ? ok(undefined) : life.resize(size);
  }

  async answer(sessionId: string, askId: string, choice: { option: string; text?: string }): Promise<Result<void>> {
    const life = this.#live.get(sessionId);
    return life === undefined ? fail("not_found", "The agent that asked has ended.") : life.answer(askId, choice);
  }

  /** What a replay needs beside the bytes: when they came, and on a screen of which size. */
  async timing(sessionId: string, maxMarks: number): Promise<OutputTiming & { gaps: readonly OutputGap[] }> {
    const { outputLog } = this.#deps;
    const [timing, gaps] = await Promise.all([outputLog.timing(sessionId, maxMarks), outputLog.gaps(sessionId)]);
    return { ...timing, gaps };
  }

  /** How far this core has read a running session; undefined for one that ended. */
  readTo(sessionId: string): number | undefined {
    const left = [...this.#leftovers.values()].find(({ session }) => session.sessionId === sessionId)?.session;
    return this.#live.get(sessionId)?.output.size ?? (left?.exit === undefined ? left?.outputBytes : undefined);
  }

  terminal(request: StreamRequest<"terminal">, sink: StreamSink<StreamItem<"terminal">>): Result<StreamHandle> {
    const live = this.#live.get(request.sessionId);
    const row = this.#lives.get(request.sessionId);
    if (live === undefined && row === undefined) return fail("not_found", "There is no such session.");
    const { outputLog, archive, screens, clock } = this.#deps;
    const source = {
      sessionId: request.sessionId,
      output: live?.output,
      exitDetail: row?.exitDetail ?? "",
      outputLog,
      archive,
      screens,
      clock,
    };
    return ok(streamTerminal(source, request.pace, sink));
  }

  /** All lives of a child. */
  logs(
    path: string,
    request: { from: number; follow: boolean },
    sink: StreamSink<StreamItem<"logs">>,
  ): Result<StreamHandle> {
    if (this.#lives.latest(path) === undefined && !this.#byPath.has(path))
      return fail("not_found", `${path} has never run, so it has no output.`);
    this.#deps.recorder.flush();
    return ok(streamChain(this.#chain(path), request, sink));
  }

  recording(request: StreamRequest<"recording">, sink: StreamSink<StreamItem<"recording">>): Result<StreamHandle> {
    if (this.life(request.sessionId) === undefined) return fail("not_found", "There is no such session.");
    const { to, ...rest } = request;
    const source: ChainSource = {
      outputLog: this.#deps.outputLog,
      links: () => [{ sessionId: request.sessionId, live: this.#live.get(request.sessionId)?.output }],
      onLife: () => () => {},
    };
    return ok(streamChain(source, { ...rest, ...(to === undefined ? {} : { to }) }, sink));
  }

  #chain(path: string): ChainSource {
    return {
      outputLog: this.#deps.outputLog,
      links: () => {
        this.#deps.recorder.flush();
        return this.#lives
          .ofPath(path)
          .map(({ sessionId }) => ({ sessionId, live: this.#live.get(sessionId)?.output }));
      },
      onLife: (listener) => {
        const one = (began: string): void => void (began === path && listener());
        this.#lifeListeners.add(one);
        return () => this.#lifeListeners.delete(one);
      },
    };
  }
}
