/**
 * Runs a launch plan in a real pty with its observer attached, as keeper, screens and session do in the app:
 * answers terminal queries and OSC 7501, collects the facts. For the adapters' own tests.
 */
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Terminal } from "@xterm/headless";
import * as pty from "node-pty";

import type {
  AgentAdapter,
  AgentAsk,
  AgentFact,
  AgentObserver,
  ExitEvidence,
  LaunchPlan,
  LaunchRequest,
  ObserverContext,
} from "#core/ports/agentAdapter.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { LifeMeter, LifeMetering } from "#core/ports/lifeMeter.ts";
import type { Ingest, IngestHandlers } from "#core/ports/ingest.ts";
import { ok } from "#shared/model/result.ts";
import type { AgentActivity } from "#shared/model/states.ts";

export interface AgentRun {
  readonly facts: readonly AgentFact[];
  readonly sessionId: string;
  readonly observer: AgentObserver;
  readonly plan: LaunchPlan;
  readonly pid: number;
  type(text: string): void;
  send(text: string): Promise<void>;
  screen(): string;
  /** Resolves as soon as `condition` holds; rejects with facts and screen after `withinMs`. */
  until(what: string, condition: () => boolean, withinMs?: number): Promise<void>;
  untilActivity(activity: AgentActivity, after?: number): Promise<number>;
  untilAsked(after?: number): Promise<AgentAsk>;
  /** The app went away and came back: the observer is lost, a new one takes the running agent over. */
  adopt(): void;
  kill(signal: string): void;
  exited: Promise<ExitEvidence>;
  dispose(): void;
}

const wallClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Real CLIs need seconds to begin; on a machine that is busy with other tests, opencode needs a minute. */
const PATIENCE_MS = 90_000;
const COLS = 110;
const ROWS = 40;

export interface StartOptions {
  readonly adapter: AgentAdapter;
  readonly ingest: Ingest;
  readonly request: Omit<LaunchRequest, "sessionId" | "ingest">;
  readonly sessionId?: string;
  /** Meters the run as the app would. */
  readonly metering?: LifeMetering;
}

export async function startAgent(options: StartOptions): Promise<AgentRun> {
  const { adapter, ingest } = options;
  const sessionId = options.sessionId ?? randomUUID();
  const token = randomUUID();
  const launched = await adapter.launch({
    ...options.request,
    sessionId,
    ingest: { url: ingest.url, telemetryUrl: ingest.telemetryUrl, token },
  });
  if (!launched.ok) throw new Error(`${launched.error.code}: ${launched.error.message}`);
  return new RunningAgent({
    ...options,
    plan: launched.value,
    sessionId,
    register: (handlers) => ingest.register(sessionId, token, handlers),
  });
}

interface Launched extends StartOptions {
  readonly sessionId: string;
  readonly plan: LaunchPlan;
  readonly register: (handlers: IngestHandlers) => () => void;
}

class RunningAgent implements AgentRun {
  readonly facts: AgentFact[] = [];
  readonly sessionId: string;
  readonly plan: LaunchPlan;
  observer: AgentObserver;
  readonly exited: Promise<ExitEvidence>;
  readonly #request: StartOptions["request"];
  readonly #register: Launched["register"];
  readonly #adapter: AgentAdapter;
  readonly #process: pty.IPty;
  readonly #terminal = new Terminal({ cols: COLS, rows: ROWS, allowProposedApi: true });
  readonly #waiters = new Set<() => void>();
  #unregister: () => void;
  readonly #meter: LifeMeter | undefined;

  constructor(launched: Launched) {
    const { plan, request } = launched;
    this.plan = plan;
    this.sessionId = launched.sessionId;
    this.#adapter = launched.adapter;
    const startedAt = performance.now();
    this.#process = pty.spawn(plan.file, [...plan.args], {
      cols: COLS,
      rows: ROWS,
      cwd: plan.cwd,
      env: { ...plan.env },
      encoding: null,
    });
    this.#request = request;
    this.#meter = launched.metering?.begin({
      sessionId: launched.sessionId,
      agent: launched.adapter.id,
      usage: launched.adapter.usage,
      printed: undefined,
      cwd: plan.cwd,
      env: plan.env,
      cliSessionId: plan.cliSessionId,
      startedAt: new Date().toISOString(),
      wasUnheard: false,
    });
    this.observer = this.#observe({});
    this.#register = launched.register;
    this.#unregister = this.#listen();
    this.#connectTerminal();
    this.exited = new Promise((resolve) => {
      this.#process.onExit(({ exitCode, signal }) => {
        this.#meter?.ended();
        // What the child printed last is still on its way through the terminal's parser.
        this.#terminal.write("", () =>
          resolve(
            this.#evidence({ exitCode, signal, mode: request.mode.type, livedMs: performance.now() - startedAt }),
          ),
        );
      });
    });
  }

  #observe(change: Pick<ObserverContext, "adopted">): AgentObserver {
    const { plan } = this;
    return this.#adapter.createObserver({
      clock: wallClock,
      memo: plan.memo,
      cwd: plan.cwd,
      mode: this.#request.mode.type,
      hasPrompt: this.#request.prompt !== undefined,
      ...(plan.cliSessionId === undefined ? {} : { cliSessionId: plan.cliSessionId }),
      emit: (fact) => this.#note(fact),
      type: (bytes) => this.#write(bytes),
      screenText: () => Promise.resolve(this.screen()),
      ...change,
    });
  }

  #listen(): () => void {
    return this.#register({
      hook: (payload, signal) => this.observer.hook(payload, signal),
      telemetry: (batch) => {
        this.observer.telemetry?.(batch);
        this.#meter?.telemetry(batch);
      },
      telemetryRefused: (why) => this.#meter?.telemetryRefused(why),
      usage: (payload) => this.#meter?.told(payload) ?? ok(undefined),
    });
  }

  adopt(): void {
    const activity = this.facts.findLast((fact) => fact.type === "activity")?.activity ?? "starting";
    this.#unregister();
    this.observer.dispose();
    this.observer = this.#observe({ adopted: { activity } });
    this.#unregister = this.#listen();
  }

  get pid(): number {
    return this.#process.pid;
  }

  type(text: string): void {
    this.#write(new TextEncoder().encode(text));
  }

  async send(text: string): Promise<void> {
    for (const stroke of this.#adapter.messageKeys(text)) {
      this.#write(stroke.bytes);
      await new Promise<void>((resolve) => wallClock.after(stroke.thenWaitMs, resolve));
    }
  }

  screen(): string {
    const buffer = this.#terminal.buffer.active;
    const lines = Array.from(
      { length: ROWS },
      (_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? "",
    );
    return lines.join("\n").trimEnd();
  }

  until(what: string, condition: () => boolean, withinMs = PATIENCE_MS): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        cancel();
        this.#waiters.delete(check);
        settle();
      };
      const check = (): void => {
        if (condition()) end(resolve);
      };
      const cancel = wallClock.after(withinMs, () =>
        end(() =>
          reject(
            new Error(
              `Waited ${withinMs} ms for ${what}.\nFacts: ${JSON.stringify(this.facts, undefined, 1)}\nScreen:\n${this.screen()}`,
            ),
          ),
        ),
      );
      this.#waiters.add(check);
      check();
    });
  }

  /** Index of the first such activity at or after `after`. */
  async untilActivity(activity: AgentActivity, after = 0): Promise<number> {
    const find = (): number =>
      this.facts.findIndex((fact, index) => index >= after && fact.type === "activity" && fact.activity === activity);
    await this.until(`activity ${activity}`, () => find() >= 0);
    return find();
  }

  async untilAsked(after = 0): Promise<AgentAsk> {
    const asks = (): AgentAsk[] => this.facts.slice(after).flatMap((fact) => (fact.type === "asked" ? [fact.ask] : []));
    await this.until("an ask", () => asks().length > 0);
    return asks()[0] as AgentAsk;
  }

  kill(signal: string): void {
    process.kill(-this.#process.pid, signal);
  }

  dispose(): void {
    this.observer.dispose();
    this.#unregister();
    try {
      this.kill("SIGKILL");
    } catch {
      // Already gone.
    }
  }

  #connectTerminal(): void {
    const terminal = this.#terminal;
    terminal.parser.registerOscHandler(7501, (data) => {
      if (data === "?") this.type("\u001b]7501;?\u001b\\");
      else this.observer.hint({ type: "status", params: statusParams(data) });
      return true;
    });
    for (const code of [0, 2]) {
      terminal.parser.registerOscHandler(code, (title) => {
        this.observer.hint({ type: "title", title });
        return true;
      });
    }
    terminal.onData((reply) => this.type(reply));
    this.#process.onData((data: string | Buffer) => {
      this.observer.output(data.length);
      terminal.write(data, () => this.#wake());
    });
  }

  #note(fact: AgentFact): void {
    const { prompt } = this.#request;
    this.facts.push(fact);
    if (fact.type === "usage") this.#meter?.report(fact.report);
    if (fact.type === "cli_session") this.#meter?.identified(fact.cliSessionId);
    if (fact.type === "ready" && !this.plan.promptPassed && prompt !== undefined) void this.send(prompt);
    this.#wake();
  }

  #wake(): void {
    for (const check of this.#waiters) check();
  }

  #write(bytes: Uint8Array): void {
    this.#process.write(Buffer.from(bytes));
  }

  #evidence(end: {
    exitCode: number;
    signal: number | undefined;
    mode: "fresh" | "resume";
    livedMs: number;
  }): ExitEvidence {
    const last = this.facts.findLast((fact) => fact.type === "activity");
    return {
      code: end.signal ? null : end.exitCode,
      signal: end.signal === 9 ? "SIGKILL" : end.signal === 15 ? "SIGTERM" : end.signal ? `signal ${end.signal}` : null,
      outOfMemory: false,
      requested: false,
      mode: end.mode,
      livedMs: end.livedMs,
      wallNowMs: Date.now(),
      activity: last?.activity ?? "starting",
      activityDetail: last?.detail ?? "",
      screenText: this.screen(),
    };
  }
}

function statusParams(data: string): Record<string, string> {
  const pairs = data.replace(/^;/, "").split(":");
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

export interface AgentHome {
  readonly home: string;
  readonly cwd: string;
  readonly filesDir: string;
  remove(): Promise<void>;
}

/** A home of its own for a CLI under test. */
export async function createAgentHome(): Promise<AgentHome> {
  const parent = tmpdir();
  const root = await realpath(await mkdtemp(join(parent, "signalbox-agent-")));
  const home = { home: join(root, "home"), cwd: join(root, "work"), filesDir: join(root, "files") };
  for (const folder of Object.values(home)) await mkdir(folder, { recursive: true });
  // A CLI that is being killed may still write for a moment.
  return { ...home, remove: () => rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }) };
}
