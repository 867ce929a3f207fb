/** A stand-in for the sessions slice: agents without processes, ended by the test. The supervisors above them are real. */
import type { AgentSpec } from "#shared/model/fleetFile.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { ExitReason } from "#core/kernel/index.ts";
import type { AgentChild, AgentRunner, AgentStart, AgentView } from "#core/ports/agentRunner.ts";

const CAUSES = {
  normal: "done",
  shutdown: "stopped",
  crash: "crashed",
  killed: "crashed",
  parked: "rate_limited",
  lost: "keeper_lost",
} as const;

export class FakeAgents implements AgentRunner {
  readonly byPath = new Map<string, FakeAgent>();
  /** Paths in the order of their starts. */
  readonly starts: string[] = [];
  leftovers = new Map<string, "alive" | "ended" | "lost">();
  /** Heard after each change of an agent. */
  onChange: () => void = () => undefined;

  child(path: string, spec: AgentSpec, onChange: () => void): FakeAgent {
    const told = (): void => {
      onChange();
      this.onChange();
    };
    const agent = new FakeAgent(this, { path, spec, onChange: told });
    this.byPath.set(path, agent);
    return agent;
  }

  leftover(path: string): "alive" | "ended" | "lost" | "none" {
    return this.leftovers.get(path) ?? "none";
  }

  end(path: string, reason: ExitReason): void {
    const agent = this.byPath.get(path);
    if (agent === undefined) throw new Error(`no agent ${path}`);
    agent.end(reason);
  }

  running(): string[] {
    return [...this.byPath.values()].filter((agent) => agent.view.alive).map((agent) => agent.path);
  }
}

export class FakeAgent implements AgentChild {
  readonly path: string;
  spec: AgentSpec;
  lastStart: AgentStart | undefined;
  view: AgentView = { alive: false, state: "stopped", sinceMs: 0, generation: 0, unreachable: false };
  readonly #owner: FakeAgents;
  readonly #onChange: () => void;
  #exited: ((reason: ExitReason) => void) | undefined;

  constructor(owner: FakeAgents, init: { path: string; spec: AgentSpec; onChange: () => void }) {
    this.#owner = owner;
    this.path = init.path;
    this.spec = init.spec;
    this.#onChange = init.onChange;
  }

  async start(request: AgentStart): ReturnType<AgentChild["start"]> {
    this.lastStart = request;
    const adopted = this.#owner.leftovers.get(this.path) === "alive";
    if (request.adoptOnly === true && !adopted) return { type: "ignore" };
    this.#owner.starts.push(this.path);
    this.view = { ...this.view, alive: true, state: "busy", generation: this.view.generation + 1 };
    const exited = new Promise<ExitReason>((resolve) => (this.#exited = resolve));
    this.#onChange();
    return {
      type: "started",
      child: { exited, shutdown: () => this.end({ type: "shutdown" }), kill: () => this.end({ type: "killed" }) },
    };
  }

  end(reason: ExitReason): void {
    if (!this.view.alive) return;
    const cause = CAUSES[reason.type];
    const state = cause === "done" || cause === "stopped" || cause === "rate_limited" ? cause : "crashed";
    this.view = { ...this.view, alive: false, state, exitCause: cause };
    this.#onChange();
    this.#exited?.(reason);
  }

  hurry(): boolean {
    return false;
  }

  async pause(): ReturnType<AgentChild["pause"]> {
    if (!this.view.alive) return fail("not_running", "not running");
    this.view = { ...this.view, state: "paused" };
    return ok({ pauseKind: "frozen" });
  }

  async resume(): ReturnType<AgentChild["resume"]> {
    this.view = { ...this.view, state: "busy" };
    return ok(undefined);
  }

  async turnOver(): Promise<void> {}
  async sweep(): Promise<void> {}
  update(spec: AgentSpec): void {
    this.spec = spec;
  }
  dispose(): void {}
}
