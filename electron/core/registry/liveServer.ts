/**
 * One MCP server: a supervised child. Connecting is part of its life, so what cannot be reached or does not speak the
 * protocol counts like any other failure: restarted with backoff, given up when its intensity is used up, and each under
 * a supervisor of its own, so that none takes another with it.
 */
import { startSupervisor } from "#core/kernel/index.ts";
import type { BackoffPolicy, ChildHandle, ExitReason, SupervisorEvent, SupervisorRef } from "#core/kernel/index.ts";
import type { Clock, Random } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { McpConnection, McpEnd, McpFailureCode, McpHost } from "#core/ports/mcpClient.ts";
import { maskSecrets } from "#shared/lib/secrets.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Tool, ToolServerSpec, ToolServerState } from "#shared/model/toolServer.ts";
import { readTools } from "./knownTools.ts";
import { nextState } from "./serverStates.ts";
import type { ServerStep } from "./serverStates.ts";
import { SchemaShelf } from "./schemaShelf.ts";
import { Waiters } from "./waiters.ts";

export interface Standing {
  readonly state: ToolServerState;
  readonly sinceMs: number;
  readonly detail?: string;
  readonly lastError?: { readonly message: string; readonly atMs: number };
  readonly restarts: number;
  readonly nextStartAtMs?: number;
  readonly protocol?: string;
  readonly software?: string;
  readonly verifiedAtMs?: number;
}

/** What a server tells of itself; the registry records it. */
export type ServerNews =
  | { readonly type: "verified"; readonly tools: number; readonly protocol: string }
  | { readonly type: "ended"; readonly detail: string; readonly isFailure: boolean }
  | { readonly type: "gave_up"; readonly detail: string }
  | { readonly type: "troubled"; readonly detail: string }
  | { readonly type: "recovered" }
  | { readonly type: "transition_refused"; readonly from: ToolServerState; readonly step: ServerStep };

export interface LiveServerDeps {
  readonly host: McpHost;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly onChange: (server: LiveServer) => void;
  readonly onNews: (server: LiveServer, news: ServerNews) => void;
  /** What it says of its tools is not what it said before. */
  readonly onOtherTools: (server: LiveServer) => void;
}

export interface LiveServerInit {
  readonly key: string;
  readonly fleet: string | undefined;
  readonly spec: ToolServerSpec;
  readonly standing: Standing;
  readonly tools: readonly Tool[];
}

/** A server that npx has to fetch first takes this long on a slow line. */
const VERIFY_MS = 60_000;
const LIST_MS = 30_000;
/** After a call without answer: whether the server still answers anything at all. */
const ALIVE_MS = 5_000;
/** Tools are looked at again this often (mission RO-20), besides when the server says that they changed. */
const LOOK_AGAIN_MS = 5 * 60_000;
const DEAD: ReadonlySet<McpFailureCode> = new Set(["timeout", "unreached", "disconnected"]);
/** Between two schemas, so that hundreds of them hold up nobody. */
const BREATH_MS = 1;
const INTENSITY = 3;
const PERIOD_S = 60;
const SHUTDOWN_MS = 5_000;
const BACKOFF: BackoffPolicy = { initialMs: 1_000, maxMs: 60_000, factor: 2, jitter: 0.2, resetAfterMs: 60_000 };

export class LiveServer {
  readonly key: string;
  readonly fleet: string | undefined;
  readonly schemas: SchemaShelf;
  readonly waiters = new Waiters();
  callsUnderWay = 0;
  readonly #deps: LiveServerDeps;
  #spec: ToolServerSpec;
  #standing: Standing;
  #tools: readonly Tool[];
  #supervisor: SupervisorRef | undefined;
  #connection: McpConnection | undefined;
  /** Why we ended the running life ourselves, when that is a failure of the server. */
  #verdict: string | undefined;
  #cancelLook = (): void => undefined;
  #look: Promise<Result<void>> | undefined;

  constructor(init: LiveServerInit, deps: LiveServerDeps) {
    this.key = init.key;
    this.fleet = init.fleet;
    this.#spec = init.spec;
    this.#standing = init.standing;
    this.#tools = init.tools;
    this.#deps = deps;
    this.schemas = new SchemaShelf(deps.host);
  }

  get spec(): ToolServerSpec {
    return this.#spec;
  }

  get standing(): Standing {
    return this.#standing;
  }

  get tools(): readonly Tool[] {
    return this.#tools;
  }

  /** Somebody wants it to run; it may be verifying or waiting for its next start. */
  get isUp(): boolean {
    return this.#supervisor !== undefined;
  }

  get connection(): McpConnection | undefined {
    return this.#connection;
  }

  /** Other rules for the same server; a changed transport takes effect with the next start. */
  setSpec(spec: ToolServerSpec): void {
    this.#spec = spec;
  }

  /** Returns once it is being started; `waiters` tell how that went. Errors: conflict. */
  async start(): Promise<Result<void>> {
    if (this.#standing.state === "disabled")
      return fail("conflict", `${this.key} is disabled. Enable it with "signalbox tools enable ${this.key}".`);
    if (this.#supervisor !== undefined) return this.#startAgain(this.#supervisor);
    const started = await startSupervisor(
      {
        name: `tools/${this.key}`,
        intensity: INTENSITY,
        periodS: PERIOD_S,
        children: [
          {
            id: this.key,
            restart: this.#spec.restart,
            shutdown: SHUTDOWN_MS,
            backoff: BACKOFF,
            start: async () => ({ type: "started", child: this.#beginLife() }),
          },
        ],
      },
      { ...this.#deps, onEvent: (event: SupervisorEvent) => this.#hear(event) },
    );
    if (started.type !== "started") return fail("internal", `The supervisor of ${this.key} could not start.`);
    const { supervisor } = started;
    this.#supervisor = supervisor;
    void supervisor.exited.then(() => {
      if (this.#supervisor === supervisor) this.#supervisor = undefined;
      this.waiters.settle(fail("not_running", this.#standing.detail ?? `${this.key} does not run.`));
    });
    return ok(undefined);
  }

  /** One that rests (it waits for a person, or ended as it may) gets another life; the others have theirs. */
  async #startAgain(supervisor: SupervisorRef): Promise<Result<void>> {
    const [child] = await supervisor.whichChildren();
    if (child?.status === "parked" || child?.status === "undefined") await supervisor.restartChild(this.key);
    return ok(undefined);
  }

  /** `detail`: why, in words for people. Resolves when no process of it is left. */
  async stop(detail: string, step: "ended" | "disabled" = "ended"): Promise<void> {
    const supervisor = this.#supervisor;
    this.#supervisor = undefined;
    await supervisor?.stop();
    this.#step(step, { detail });
    this.waiters.settle(fail("not_running", `${this.key} was stopped.`));
  }

  /** The emergency stop: at once. */
  kill(detail: string): void {
    const supervisor = this.#supervisor;
    this.#supervisor = undefined;
    supervisor?.kill();
    if (supervisor !== undefined) this.#step("ended", { detail });
    this.waiters.settle(fail("not_running", `${this.key} was stopped.`));
  }

  enable(): void {
    this.#step("enabled", {});
  }

  #beginLife(): ChildHandle {
    const controller = new AbortController();
    this.#verdict = undefined;
    let connection: McpConnection | undefined;
    const exited = this.#live(controller.signal, (made) => (connection = made));
    return {
      exited,
      shutdown: () => {
        controller.abort();
        connection?.shutdown();
      },
      kill: () => {
        controller.abort();
        connection?.kill();
      },
    };
  }

  async #live(signal: AbortSignal, keep: (connection: McpConnection) => void): Promise<ExitReason> {
    this.#step("verifying", {});
    const { transport } = this.#spec;
    const connected = await this.#deps.host.connect(
      { name: this.key, transport },
      {
        timeoutMs: VERIFY_MS,
        signal,
        onToolsChanged: () => void this.lookAgain(),
        onTrouble: (sentence) => this.troubled(sentence),
      },
    );
    if (signal.aborted) {
      if (connected.ok) connected.value.kill();
      return { type: "shutdown" };
    }
    if (!connected.ok) {
      const { code, message } = connected.error;
      // A program that is not there does not come by being started again; a person has to act.
      return this.#ended(message, code === "unreached" && transport.type === "stdio" ? "parked" : "crash");
    }
    keep(connected.value);
    this.#connection = connected.value;
    const listed = await this.lookAgain();
    if (!listed.ok && !signal.aborted) {
      this.#verdict ??= `It runs, but does not tell its tools: ${listed.error.message}`;
      connected.value.kill();
    }
    return this.#reasonOf(await connected.value.ended, signal);
  }

  #reasonOf(end: McpEnd, signal: AbortSignal): ExitReason {
    this.#connection = undefined;
    this.#cancelLook();
    if (this.#verdict !== undefined) return this.#ended(this.#verdict, "crash");
    if (signal.aborted) return { type: "shutdown" };
    return this.#ended(end.detail, end.isClean ? "normal" : "crash");
  }

  /** What it said last may quote the secret it was given. */
  #ended(said: string, type: "crash" | "parked" | "normal"): ExitReason {
    const detail = maskSecrets(said);
    const { clock, onNews } = this.#deps;
    const isFailure = type !== "normal";
    const lastError = isFailure ? { lastError: { message: detail, atMs: clock.wallNow() } } : {};
    this.#step("ended", { detail, ...lastError });
    onNews(this, { type: "ended", detail, isFailure });
    const outcome = fail("spawn_failed", `${this.key}: ${detail}`);
    if (type === "parked") this.waiters.settle(outcome);
    else if (isFailure) this.waiters.failed(outcome);
    return type === "normal" ? { type } : { type, detail };
  }

  #hear(event: SupervisorEvent): void {
    if (event.type === "restart_counted") this.#set({ restarts: this.#standing.restarts + 1 });
    if (event.type === "restart_scheduled") this.#set({ nextStartAtMs: event.at });
    if (event.type !== "intensity_reached") return;
    const why = this.#standing.lastError?.message ?? this.#standing.detail ?? "";
    const detail = `It ended ${INTENSITY + 1} times within ${PERIOD_S} s and is not started again. ${why}`;
    this.#step("ended", { detail });
    this.#deps.onNews(this, { type: "gave_up", detail });
  }

  /** Lists its tools anew; several callers share one look. */
  lookAgain(): Promise<Result<void>> {
    this.#look ??= this.#lookNow().finally(() => (this.#look = undefined));
    return this.#look;
  }

  async #lookNow(): Promise<Result<void>> {
    const connection = this.#connection;
    if (connection === undefined) return fail("not_running", `${this.key} does not run.`);
    const listed = await connection.listTools({ timeoutMs: LIST_MS });
    if (this.#connection !== connection) return fail("not_running", `${this.key} ended while it listed its tools.`);
    if (!listed.ok) return fail(listed.error.code === "timeout" ? "timeout" : "tool_failed", listed.error.message);
    const { tools, problems } = readTools(listed.value);
    const isSame = sameTools(tools, this.#tools);
    if (!isSame) {
      this.#tools = tools;
      this.schemas.clear();
      this.#deps.onOtherTools(this);
    }
    const isNew = this.#standing.state === "verifying";
    const { protocol, server } = connection;
    const software = [server.name, server.version].filter((word) => word !== "").join(" ");
    const verifiedAtMs = this.#deps.clock.wallNow();
    if (this.#standing.state !== "degraded") this.#step("verified", { protocol, software, verifiedAtMs });
    if (isNew) this.#deps.onNews(this, { type: "verified", tools: tools.length, protocol });
    const [problem] = problems;
    if (problem !== undefined) this.troubled(problem);
    this.#lookLater();
    if (!isSame || isNew) void this.#markBroken(this.#tools);
    this.waiters.settle(ok(connection));
    return ok(undefined);
  }

  /** Tools whose schemas are none say so in lists. One after the other: a schema of a stranger may take its time. */
  async #markBroken(tools: readonly Tool[]): Promise<void> {
    const marked: Tool[] = [];
    for (const one of tools) {
      const { problem: before, ...tool } = one;
      const problem = wasLeftOut(one) ? before : await this.schemas.problemOf(tool);
      marked.push({ ...tool, ...(problem === undefined ? {} : { problem }) });
      await new Promise<void>((resolve) => void this.#deps.clock.after(BREATH_MS, resolve));
      if (this.#tools !== tools) return;
    }
    if (marked.every(({ problem }, at) => problem === tools[at]?.problem)) return;
    this.#tools = marked;
    this.#deps.onChange(this);
  }

  #lookLater(): void {
    this.#cancelLook();
    this.#cancelLook = this.#deps.clock.after(LOOK_AGAIN_MS, () => void this.lookAgain());
  }

  /** It works, but not as it should; until the next call that does. */
  troubled(said: string): void {
    const detail = maskSecrets(said);
    const lastError = { message: detail, atMs: this.#deps.clock.wallNow() };
    if (this.#standing.state !== "active" && this.#standing.state !== "degraded") return this.#set({ lastError });
    this.#step("troubled", { detail, lastError });
    this.#deps.onNews(this, { type: "troubled", detail });
  }

  recovered(): void {
    if (this.#standing.state !== "degraded") return;
    this.#step("recovered", {});
    this.#deps.onNews(this, { type: "recovered" });
  }

  /** A call had no answer: a server that answers nothing at all is ended, and its supervisor starts another life. */
  async suspect(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    const alive = await connection.listTools({ timeoutMs: ALIVE_MS });
    if (alive.ok || !DEAD.has(alive.error.code) || this.#connection !== connection || this.#verdict !== undefined)
      return;
    this.#verdict = `It answered nothing any more, also not within ${ALIVE_MS / 1000} s to a simple question.`;
    connection.kill();
  }

  #step(step: ServerStep, change: Partial<Standing>): void {
    const { state } = this.#standing;
    const next = nextState(state, step);
    if (next === undefined) {
      this.#deps.onNews(this, { type: "transition_refused", from: state, step });
      return;
    }
    const { detail: _detail, nextStartAtMs: _next, ...kept } = this.#standing;
    const sinceMs = next === state ? kept.sinceMs : this.#deps.clock.wallNow();
    this.#standing = { ...kept, ...change, state: next, sinceMs };
    this.#deps.onChange(this);
  }

  #set(change: Partial<Standing>): void {
    this.#standing = { ...this.#standing, ...change };
    this.#deps.onChange(this);
  }
}

/** What a server says now against what is known of it; what was found out about its schemas stays then. */
function sameTools(listed: readonly Tool[], known: readonly Tool[]): boolean {
  const said = (tools: readonly Tool[]): string =>
    JSON.stringify(
      tools.map((tool) => [
        [tool.name, tool.title, tool.description, tool.hints],
        [tool.inputSchema, tool.outputSchema, wasLeftOut(tool)],
      ]),
    );
  return said(listed) === said(known);
}

/** Its schemas were too large to keep. */
function wasLeftOut({ inputSchema, problem }: Tool): boolean {
  return problem !== undefined && Object.keys(inputSchema).length === 0;
}
