/** One agent through all its lives: starts, adopts, observes, pauses and ends them. The supervisor decides when, this knows how. */
import type { AgentSpec } from "#shared/model/fleetFile.ts";
import { fail } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import type { StartOutcome } from "#core/kernel/index.ts";
import type { AgentAdapter } from "#core/ports/agentAdapter.ts";
import type { AgentChild, AgentStart, AgentView } from "#core/ports/agentRunner.ts";
import type { Braked } from "#core/ports/brakes.ts";
import type { KeeperSession } from "#shared/rpc/keeperProtocol.ts";
import type { SessionDeps } from "./deps.ts";
import { launchLife, noteQueued, noteRefusal } from "./launch.ts";
import { adoptLife } from "./lifeBegins.ts";
import type { LiveLife } from "./liveLife.ts";
import { endState } from "./lives.ts";
import type { LifeRow, Lives } from "./lives.ts";
import type { GateRequest } from "./startGate.ts";
import { WaitingStart } from "./waitingStart.ts";

/** What the keeper still had of this agent when the core came up. */
export interface Leftover {
  readonly session: KeeperSession;
}

export interface AgentSessionInit {
  readonly path: string;
  readonly spec: AgentSpec;
  readonly adapter: AgentAdapter;
  readonly lives: Lives;
  readonly leftover: Leftover | undefined;
  readonly onChange: () => void;
  readonly onLife: (life: LiveLife) => void;
  /** Other rules: its limits may have changed. */
  readonly onSpec: () => void;
}

interface Refusal {
  readonly detail: string;
  readonly atMs: number;
  /** A budget refused, not the machine. */
  readonly braked?: Braked | undefined;
}

export class AgentSession implements AgentChild {
  readonly path: string;
  readonly #deps: SessionDeps;
  readonly #init: AgentSessionInit;
  #spec: AgentSpec;
  #leftover: Leftover | undefined;
  #life: LiveLife | undefined;
  #startingSince: number | undefined;
  #refusal: Refusal | undefined;
  /** A start that waits for its time. */
  #waiting: WaitingStart | undefined;
  #rest: AgentView | undefined;
  #isEarlierSwept = false;
  /** How the life before this one ended: shown beside the running one. */
  #lastExit: Pick<AgentView, "exitCause" | "exitDetail"> = {};

  constructor(deps: SessionDeps, init: AgentSessionInit) {
    this.#deps = deps;
    this.#init = init;
    this.path = init.path;
    this.#spec = init.spec;
    this.#leftover = init.leftover;
  }

  get life(): LiveLife | undefined {
    return this.#life;
  }

  get spec(): AgentSpec {
    return this.#spec;
  }

  get adapter(): AgentAdapter {
    return this.#init.adapter;
  }

  get view(): AgentView {
    if (this.#waiting !== undefined)
      return { ...this.#startingView(this.#deps.clock.wallNow()), ...this.#waiting.view };
    if (this.#startingSince !== undefined) return this.#startingView(this.#startingSince);
    if (this.#refusal !== undefined) return this.#refusedView(this.#refusal);
    const life = this.#life?.view;
    if (life === undefined) return this.#restView();
    return life.alive ? { ...this.#lastExit, ...life } : life;
  }

  async start(request: AgentStart): Promise<StartOutcome> {
    const leftover = this.#leftover;
    this.#leftover = undefined;
    if (leftover !== undefined) return { type: "started", child: this.#adopt(leftover.session).handle };
    if (request.adoptOnly === true) return { type: "ignore" };
    if (request.delayMs !== undefined && request.delayMs > 0) return this.#startLater(request, request.delayMs);
    const reason = await this.#deps.gate.ask(this.#wishOf(request));
    return reason === undefined ? this.#startNow(request) : this.#startWhenAdmitted(request, reason);
  }

  async #startNow(request: AgentStart): Promise<StartOutcome> {
    this.#refusal = undefined;
    const braked = this.#deps.brakes.forStart(this.path);
    if (braked !== undefined) return this.#refused(braked.sentence, braked);
    this.#startingSince = this.#deps.clock.wallNow();
    this.#init.onChange();
    void this.sweep();
    const launched = await launchLife(this.#deps, {
      path: this.path,
      spec: this.#spec,
      adapter: this.#init.adapter,
      last: this.#init.lives.latest(this.path),
      automatic: request.context.occasion === "automatic",
      freshAsked: request.fresh === true,
      size: this.#life?.size ?? { cols: 120, rows: 32 },
    });
    this.#startingSince = undefined;
    if (!launched.ok) return this.#refused(launched.error.message);
    return { type: "started", child: this.#begin(launched.value).handle };
  }

  /** Cannot start and a retry would not help (no such command, folder or CLI): parked until a person acts. */
  #refused(detail: string, braked?: Braked): StartOutcome {
    this.#refusal = { detail, atMs: this.#deps.clock.wallNow(), braked };
    noteRefusal(this.#deps, this.path, detail);
    this.#init.onChange();
    const exited = Promise.resolve({ type: "parked", detail } as const);
    return { type: "started", child: { exited, shutdown: () => {}, kill: () => {} } };
  }

  /** The supervisor goes on at once; the process follows when its turn in the staggered boot comes. */
  #startLater(request: AgentStart, delayMs: number): StartOutcome {
    const waiting = this.#wait(request);
    const sinceMs = this.#deps.clock.wallNow();
    const parkUntilMs = sinceMs + delayMs;
    const { generation } = this.#restView();
    const inBackoff = { alive: false, state: "backoff", sinceMs, generation, parkUntilMs } as const;
    waiting.delay(delayMs, request.inBackoff === true ? inBackoff : { sinceMs, parkUntilMs });
    this.#init.onChange();
    return { type: "started", child: waiting.child };
  }

  #startWhenAdmitted(request: AgentStart, reason: string): StartOutcome {
    const waiting = this.#wait(request);
    waiting.queue(reason);
    return { type: "started", child: waiting.child };
  }

  #wait(request: AgentStart): WaitingStart {
    this.#refusal = undefined;
    this.#waiting = new WaitingStart({
      clock: this.#deps.clock,
      gate: this.#deps.gate,
      wish: this.#wishOf(request),
      startNow: () => this.#startNow(request),
      onOver: () => {
        this.#waiting = undefined;
      },
      onChange: this.#init.onChange,
      onQueued: (reason) => noteQueued(this.#deps, this.path, reason),
    });
    return this.#waiting;
  }

  #wishOf({ context }: AgentStart): GateRequest {
    return { isCli: this.#spec.agent !== "command", isRestart: context.occasion === "automatic" };
  }

  hurry(): boolean {
    const waiting = this.#waiting;
    waiting?.hurry();
    return waiting !== undefined;
  }

  #adopt(session: KeeperSession): LiveLife {
    const row = this.#init.lives.get(session.sessionId);
    const life = adoptLife(this.#deps, { session, row, spec: this.#spec, adapter: this.#init.adapter });
    return this.#begin(life);
  }

  #begin(life: LiveLife): LiveLife {
    const { exitCause, exitDetail } = this.#life?.view ?? this.#restView();
    this.#lastExit = {
      ...(exitCause === undefined ? {} : { exitCause }),
      ...(exitDetail === undefined ? {} : { exitDetail }),
    };
    this.#life = life;
    life.onChange = this.#init.onChange;
    this.#init.onLife(life);
    life.run();
    this.#init.onChange();
    return life;
  }

  async pause(): Promise<Result<{ pauseKind: "frozen" | "held"; note?: string }>> {
    const life = this.#life;
    if (life === undefined || !life.alive)
      return fail("not_running", `${this.path} does not run, so there is nothing to pause.`);
    return life.pause();
  }

  async resume(): Promise<Result<void>> {
    const life = this.#life;
    if (life === undefined || !life.alive) return fail("not_running", `${this.path} does not run. Start it instead.`);
    return life.unpause();
  }

  async turnOver(): Promise<void> {
    await this.#life?.turnOver();
  }

  async sweep(): Promise<void> {
    const life = this.#life;
    // A life that ended before this app came up may have left something running all the same.
    if (life === undefined) return this.#sweepEarlier();
    if (life.alive || life.swept) return;
    life.swept = true;
    await this.#deps.ptyHost.stop({ sessionId: life.sessionId, graceMs: 0 });
  }

  async #sweepEarlier(): Promise<void> {
    if (this.#isEarlierSwept || this.#leftover !== undefined) return;
    this.#isEarlierSwept = true;
    const { sessionId } = this.#restView();
    if (sessionId !== undefined) await this.#deps.ptyHost.stop({ sessionId, graceMs: 0 });
  }

  update(spec: AgentSpec): void {
    this.#spec = spec;
    this.#init.onSpec();
  }

  dispose(): void {
    this.#waiting?.dispose();
    this.#waiting = undefined;
  }

  #startingView(sinceMs: number): AgentView {
    const base = this.#life?.view ?? this.#restView();
    // How the next life begins is not decided yet.
    const { detail: _last, pid: _pid, mode: _mode, ...rest } = base;
    return { ...rest, alive: true, state: "starting", sinceMs, generation: base.generation + 1 };
  }

  #refusedView({ detail, atMs, braked }: Refusal): AgentView {
    const base = { ...(this.#life?.view ?? this.#restView()), alive: false, sinceMs: atMs, detail };
    if (braked === undefined) return { ...base, state: "crashed", exitCause: "crashed", exitDetail: "Could not start" };
    const view = { ...base, state: "paused", exitCause: "budget_exhausted", exitDetail: detail } as const;
    return braked.resumesAtMs === undefined ? view : { ...view, parkUntilMs: braked.resumesAtMs };
  }

  /** From the store: the last life this core did not see. */
  #restView(): AgentView {
    this.#rest ??= restView(this.#init.lives.latest(this.path));
    return this.#rest;
  }
}

function restView(last: LifeRow | undefined): AgentView {
  if (last === undefined) return { alive: false, state: "stopped", sinceMs: 0, generation: 0, unreachable: false };
  return {
    alive: false,
    state: last.exitCause === undefined ? "stopped" : endState(last),
    sinceMs: parseTime(last.endedAt ?? last.startedAt),
    generation: last.generation,
    mode: last.mode,
    sessionId: last.sessionId,
    startedAtMs: parseTime(last.startedAt),
    unreachable: false,
    ...(last.cliSessionId === undefined ? {} : { cliSessionId: last.cliSessionId }),
    ...(last.exitCause === undefined ? {} : { exitCause: last.exitCause }),
    ...(last.exitDetail === undefined ? {} : { detail: last.exitDetail, exitDetail: last.exitDetail }),
  };
}
