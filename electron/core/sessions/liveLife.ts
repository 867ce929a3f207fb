/** One life while it runs: bytes to the screen and the viewers, hints and hooks to the observer, the end to the supervisor. */
import type { EventVerb } from "#shared/model/event.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";
import { parseTime, toIsoTime } from "#shared/lib/isoTime.ts";
import type { KeeperExit } from "#shared/rpc/keeperProtocol.ts";
import type { ChildHandle, ExitReason } from "#core/kernel/index.ts";
import type { AgentAsk, AgentFact, AgentObserver, ExitVerdict } from "#core/ports/agentAdapter.ts";
import type { PlanLimit } from "#core/ports/gateway.ts";
import type { LifeMeter } from "#core/ports/lifeMeter.ts";
import type { AgentView } from "#core/ports/agentRunner.ts";
import type { Braked } from "#core/ports/brakes.ts";
import type { NodeState } from "#shared/model/states.ts";
import type { SessionDeps } from "./deps.ts";
import { brakedEnd, exitFacts, exitReason, isResumeBroken, keeperLost } from "./lifePlan.ts";
import type { LifeInit } from "./lifeInit.ts";
import { LiveOutput } from "./liveOutput.ts";
import { meterOf, takeReports } from "./lifeReports.ts";
import { WaitNotice } from "./waitNotice.ts";
import { BRAKED_STOP_MS, continueProcess, INTERRUPT_GRACE_MS, passed, pauseProcess } from "./pauses.ts";
import { keepLine, keepNotes, noteByAgent, noteEnded } from "./lifeEvents.ts";
import { endedRow, endState, rowView, type LifeRow } from "./lives.ts";
import { ShownActivity, type Word } from "./shownActivity.ts";
import { MemoryState } from "./memoryState.ts";
import { readinessOf, type Readiness } from "./readiness.ts";
import { Typist } from "./typist.ts";
import { registerMetered } from "./metering.ts";

/** Enough of the log to redraw any screen of an adopted session. */
const ADOPTION_TAIL_BYTES = 512 * 1024;
/** To an agent that stopped at a limit which has reset. */
const GO_ON = "The usage limit has reset. Go on where you stopped.";
const WAITING: ReadonlySet<NodeState> = new Set(["waiting_permission", "waiting_answer"]);

export class LiveLife {
  readonly sessionId: string;
  readonly output: LiveOutput;
  readonly handle: ChildHandle;
  readonly memory: MemoryState;
  swept = false;
  #alive = true;
  #row: LifeRow;
  readonly #shown: ShownActivity;
  #stopping = false;
  #isBraking = false;
  #unreachable = false;
  #verdict: ExitVerdict | undefined;
  #stopDone: Promise<unknown> | undefined;
  readonly #deps: SessionDeps;
  readonly #init: LifeInit;
  readonly #observer: AgentObserver;
  readonly #typist: Typist;
  readonly #notice: WaitNotice;
  readonly #meter: LifeMeter;
  readonly #exited = Promise.withResolvers<ExitReason>();
  readonly #disposals: (() => void)[] = [];
  readonly #turnWaiters: (() => void)[] = [];
  onChange: () => void = () => {};

  constructor(deps: SessionDeps, init: LifeInit) {
    this.#deps = deps;
    this.#init = init;
    this.#row = init.row;
    this.sessionId = init.row.sessionId;
    this.#shown = new ShownActivity(deps.clock, init.row.notes);
    const asked = (ask: AgentAsk): void => deps.asks.asked(init.row.path, this.sessionId, ask);
    const withdraw = (askId: string): void => deps.asks.ended(this.sessionId, askId, { how: "withdrawn" });
    const goesOnAtReset = (): boolean => this.#goesOnAtReset();
    this.#notice = new WaitNotice({ clock: deps.clock, asked, ended: withdraw, goesOnAtReset });
    this.memory = new MemoryState({
      note: (verb, data) => this.#note(verb, data),
      asked,
      withdraw,
      onChange: () => this.onChange(),
      end: () => this.#shutdown(),
    });
    this.output = new LiveOutput(init.adoptedAt ?? 0, init.size);
    this.#observer = init.adapter.createObserver({
      clock: deps.clock,
      memo: init.row.notes.memo,
      cwd: init.spec.cwd,
      mode: init.row.mode === "resumed" ? "resume" : "fresh",
      hasPrompt: init.row.notes.hasPrompt,
      ...(init.row.cliSessionId === undefined ? {} : { cliSessionId: init.row.cliSessionId }),
      ...(init.adoptedAt === undefined ? {} : { adopted: { activity: init.row.notes.activity } }),
      emit: (fact) => this.#fact(fact),
      brake: () => deps.brakes.forPrompt(init.row.path)?.sentence,
      type: (bytes) => void this.write(bytes),
      screenText: () => deps.screens.text(this.sessionId),
    });
    const write = (bytes: Uint8Array): Promise<Result<void>> => this.write(bytes);
    const heard = (bytes: Uint8Array): void => this.#observer.typed(bytes);
    const onLine = (isLineTaken: boolean): void => this.#keepLine(isLineTaken);
    this.#typist = new Typist({ clock: deps.clock, write, heard, onLine }, init.row.notes);
    this.#meter = meterOf(deps, init);
    this.handle = {
      exited: this.#exited.promise,
      shutdown: () => this.#shutdown(),
      kill: () => this.#stop(0, undefined),
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  get size(): { cols: number; rows: number } {
    return { cols: this.output.cols, rows: this.output.rows };
  }

  get pid(): number | undefined {
    return this.#alive ? this.#row.pid : undefined;
  }

  get view(): AgentView {
    const said = this.#verdict?.detail ?? this.#shown.word.detail;
    const parkUntilMs = this.#alive ? this.#shown.parkUntilMs : this.#verdict?.parkUntil;
    const detail = [said, this.#alive ? this.memory.words : ""].filter((part) => part !== "").join(". ");
    return {
      alive: this.#alive,
      state: this.#shownState(),
      sinceMs: this.#shown.sinceMs,
      unreachable: this.#unreachable,
      ...(detail === "" ? {} : { detail }),
      ...rowView(this.#row, this.#alive),
      ...(parkUntilMs === undefined ? {} : { parkUntilMs }),
    };
  }

  #shownState(): NodeState {
    if (!this.#alive) return endState(this.#row);
    if (this.#stopping) return "stopping";
    return this.#row.notes.paused === undefined ? this.#shown.word.activity : "paused";
  }

  /** Begins to listen: screen, output from the keeper, hooks, the keeper's link. */
  run(): void {
    const deps = this.#deps;
    const { size, adoptedAt } = this.#init;
    deps.screens.open(this.sessionId, size, {
      reply: (bytes) => void deps.ptyHost.write(this.sessionId, bytes),
      hint: (hint) => this.#observer.hint(hint),
    });
    // Its earlier questions were asked of a core that is gone; the observer asks what still stands on the screen anew.
    if (adoptedAt !== undefined) deps.asks.lifeEnded(this.sessionId);
    const from = Math.max(0, (adoptedAt ?? 0) - ADOPTION_TAIL_BYTES);
    this.#disposals.push(
      deps.ptyHost.attach(this.sessionId, from, {
        data: (offset, bytes) => this.#data(offset, bytes),
        exit: (exit) => void this.#finish(exit),
      }),
      deps.ptyHost.onLink(({ link, holds }) => {
        if (!holds(this.sessionId)) return;
        const lost = keeperLost(toIsoTime(deps.clock.wallNow()));
        if (link === "lost") this.#end(lost.exit, lost.verdict);
        else this.#reachable(link === "connected");
      }),
    );
    this.#disposals.push(registerMetered(deps, this.#row, this.#init.spec));
    const reporting = { row: this.#row, observer: this.#observer, meter: this.#meter, isAlive: () => this.#alive };
    void takeReports(deps, reporting).then((end) => end !== undefined && this.#disposals.push(end));
  }

  #data(offset: number, bytes: Uint8Array): void {
    const live = offset + bytes.length > (this.#init.adoptedAt ?? 0);
    this.#deps.screens.feed(this.sessionId, offset, bytes, live);
    if (!live) return;
    this.#observer.output(bytes.length);
    this.output.push(offset, bytes);
    this.#meter.output(bytes);
  }

  #reachable(reachable: boolean): void {
    if (this.#unreachable === !reachable) return;
    this.#unreachable = !reachable;
    this.onChange();
  }

  async write(bytes: Uint8Array): Promise<Result<void>> {
    if (!this.#alive) return fail("not_running", `${this.#row.path} does not run, so nothing can be typed into it.`);
    return this.#deps.ptyHost.write(this.sessionId, bytes);
  }

  /** A person's key strokes. */
  typed(bytes: Uint8Array): Promise<Result<void>> {
    return this.#typist.keys(bytes);
  }

  async say(text: string): Promise<Result<void>> {
    if (this.#row.notes.paused === "held")
      return fail("conflict", `${this.#row.path} is paused and takes no new work. Resume it first.`);
    const braked = this.#deps.brakes.forPrompt(this.#row.path);
    if (braked !== undefined) return fail("budget_exhausted", braked.sentence);
    return this.#typist.say(this.#init.adapter.messageKeys(text));
  }

  /** Whether a message could be typed now. */
  get readiness(): Readiness {
    const { path, agent, notes } = this.#row;
    const [state, alive] = [this.#shownState(), this.#alive && !this.#unreachable];
    const braked = this.#deps.brakes.forPrompt(path)?.sentence;
    const isMute = agent === "command" && notes.tellsState !== true;
    return readinessOf({ path, isMute, state, alive, braked, hold: this.#typist.hold });
  }

  #keepLine(isLineTaken: boolean): void {
    this.#row = keepLine(this.#deps, this.#row, isLineTaken);
    this.#deps.moment(this.#row.path);
  }

  async resize(size: { cols: number; rows: number }): Promise<Result<void>> {
    if (!this.#alive) return fail("not_running", `${this.#row.path} has ended; its size cannot change.`);
    if (size.cols === this.output.cols && size.rows === this.output.rows) return ok(undefined);
    const resized = await this.#deps.ptyHost.resize(this.sessionId, size);
    if (!resized.ok) return resized;
    this.#deps.screens.resize(this.sessionId, size);
    this.output.resized(size);
    return resized;
  }

  answer(askId: string, choice: { option: string; text?: string }): Promise<Result<void>> {
    return this.#observer.answer(askId, choice);
  }

  async pause(): Promise<Result<{ pauseKind: "frozen" | "held"; note?: string }>> {
    if (this.#row.notes.paused !== undefined) return ok({ pauseKind: this.#row.notes.paused });
    const paused = await pauseProcess(this.#deps, this.sessionId, this.#init.adapter);
    if (paused.ok) this.#keepPaused(paused.value.pauseKind);
    return paused;
  }

  async unpause(): Promise<Result<void>> {
    const thawed = await continueProcess(this.#deps, this.sessionId, this.#init.adapter);
    if (thawed.ok) this.#keepPaused(undefined);
    return thawed;
  }

  #keepPaused(paused: LifeRow["notes"]["paused"]): void {
    this.#row = keepNotes(this.#deps, this.#row, { paused });
    this.#changed();
  }

  worksOn(task: string): void {
    if (this.#row.notes.task !== task) this.#row = keepNotes(this.#deps, this.#row, { task });
  }

  async turnOver(): Promise<void> {
    if (!this.#alive || this.#row.agent === "command" || this.#shown.word.activity !== "busy") return;
    await new Promise<void>((resolve) => this.#turnWaiters.push(resolve));
  }

  #changed(): void {
    this.#shown.touch();
    this.onChange();
  }

  #fact(fact: AgentFact): void {
    if (!this.#alive) return;
    switch (fact.type) {
      case "activity":
        return this.#activity(this.#shown.heard(fact));
      case "ready":
        if (this.#init.prompt !== undefined) void this.say(this.#init.prompt);
        return;
      case "asked":
        this.#notice.asked(fact.ask.id);
        return this.#deps.asks.asked(this.#row.path, this.sessionId, fact.ask);
      case "ask_ended":
        this.#notice.askEnded(fact.askId);
        return this.#deps.asks.ended(this.sessionId, fact.askId, fact);
      case "cli_session":
        this.#row = { ...this.#row, cliSessionId: fact.cliSessionId };
        this.#meter.identified(fact.cliSessionId);
        return this.#note("session_identified", { cliSessionId: fact.cliSessionId });
      case "rate_limited":
        this.#shown.limitedUntil(fact.until);
        return this.#activity({ activity: "rate_limited", detail: fact.detail });
      case "needs_login":
        return this.#activity({ activity: "needs_login", detail: fact.detail });
      case "usage":
        return this.#meter.report(fact.report);
    }
  }

  #activity(word: Word): void {
    const { activity, detail } = word;
    const { notes } = this.#row;
    const limitUntilMs = activity === "rate_limited" ? this.#shown.limitUntilMs : undefined;
    const isOtherLimit = notes.limitUntilMs !== limitUntilMs;
    if (this.#shown.says(word) && !isOtherLimit) return;
    const moved = this.#shown.show(word);
    this.#typist.activity(activity);
    this.#notice.activity(activity, detail);
    const tellsState = notes.tellsState === true || activity === "idle";
    this.#row = { ...this.#row, notes: { ...notes, activity, detail, limitUntilMs, tellsState } };
    const until = limitUntilMs === undefined ? {} : { until: toIsoTime(limitUntilMs) };
    if (moved || isOtherLimit) this.#note("state_changed", { state: activity, detail, ...until });
    if (moved) this.#movedOn(activity);
    if (activity !== "busy") for (const done of this.#turnWaiters.splice(0)) done();
    this.onChange();
  }

  /** What an adopted agent had asked was asked of an observer that is gone: once it goes on, nothing waits any more. */
  #movedOn(activity: Word["activity"]): void {
    if (this.#init.adoptedAt !== undefined && !WAITING.has(activity)) this.#deps.asks.lifeEnded(this.sessionId);
  }

  /** What the gateway saw of the provider's limits. */
  limited(limit: PlanLimit | undefined): void {
    const word = this.#alive ? this.#shown.gatewaySaw(limit) : undefined;
    if (word !== undefined) this.#activity(word);
  }

  /** A limit that only its screen tells of may be one that it waits out by itself. */
  #goesOnAtReset(): boolean {
    const { path, notes } = this.#row;
    return notes.gateway !== undefined && this.#deps.brakes.mayResume(path, this.#init.spec.resumeAtReset);
  }

  /** The limit has reset: shown as its observer has it; told to go on where it stopped at the limit and a person had agreed. */
  async limitReset(): Promise<void> {
    const wasShown = this.#shown.word.activity === "rate_limited";
    const word = this.#alive ? this.#shown.gatewaySaw(undefined) : undefined;
    if (word === undefined) return;
    this.#activity(word);
    if (wasShown && word.activity === "idle" && this.#goesOnAtReset()) await this.say(GO_ON);
  }

  #note(verb: EventVerb<"agent">, data: Record<string, unknown>): void {
    noteByAgent(this.#deps, this.#row, { verb, data });
  }

  #shutdown(): void {
    const { shutdown } = this.#init.spec;
    const polite = this.#init.adapter.politeExit;
    const graceMs = shutdown === "infinity" ? 2 ** 31 - 1 : shutdown === "brutal_kill" ? 0 : shutdown;
    this.#stop(graceMs, polite);
  }

  /** A budget's hard stop, on disk first: asked to leave its turn, then stopped whether or not its terminal took that. */
  async exhaust(braked: Braked): Promise<void> {
    if (!this.#alive || this.#stopping || this.#isBraking) return;
    this.#isBraking = true;
    this.#row = keepNotes(this.#deps, this.#row, { braked });
    void this.write(this.#init.adapter.interrupt);
    await passed(this.#deps.clock, INTERRUPT_GRACE_MS);
    this.#stop(BRAKED_STOP_MS, undefined);
  }

  #stop(graceMs: number, polite: Uint8Array | undefined): void {
    if (!this.#alive) return;
    this.#stopping = true;
    this.swept = true;
    this.#stopDone = this.#deps.ptyHost.stop({
      sessionId: this.sessionId,
      graceMs,
      ...(polite === undefined ? {} : { politeInput: btoa(String.fromCharCode(...polite)) }),
    });
    this.#changed();
  }

  async #finish(exit: KeeperExit): Promise<void> {
    if (!this.#alive) return;
    // A plain command's screen tells nothing of limits or logins; its restart need not wait for it.
    const screen = this.#row.agent === "command" ? "" : this.#deps.screens.text(this.sessionId).catch(() => "");
    const [screenText] = await Promise.all([screen, this.#stopDone]);
    const verdict =
      brakedEnd(this.#row) ??
      this.memory.verdict ??
      this.#init.adapter.classifyExit({
        ...exitFacts(this.#row, exit, this.#deps.clock.wallNow()),
        ...this.#shown.evidence,
        requested: exit.requested || this.#stopping,
        screenText,
      });
    this.#end(exit, verdict);
  }

  #end(exit: KeeperExit, verdict: ExitVerdict): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#verdict = verdict;
    const livedMs = parseTime(exit.at) - parseTime(this.#row.startedAt);
    const resumeBroken = isResumeBroken(this.#row.mode, verdict, livedMs);
    this.#row = endedRow(this.#row, { exit, verdict, resumeBroken, outputBytes: this.output.size });
    noteEnded(this.#deps, this.#row, resumeBroken);
    this.#deps.recorder.afterCommit(() => {
      this.#deps.screens.close(this.sessionId);
      void this.#deps.ptyHost.forget(this.sessionId);
    });
    for (const dispose of this.#disposals.splice(0)) dispose();
    this.#observer.dispose();
    this.#meter.ended();
    this.#notice.dispose();
    this.#deps.asks.lifeEnded(this.sessionId);
    for (const done of this.#turnWaiters.splice(0)) done();
    this.output.end(verdict.detail);
    this.#changed();
    this.#exited.resolve(exitReason(verdict.cause, verdict.detail));
  }
}
