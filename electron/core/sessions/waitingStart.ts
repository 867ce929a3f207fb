/**
 * A start that waits: for its time in a staggered boot or a backoff, then for the machine. Its supervisor goes on
 * meanwhile; the waiting counts nothing, and a stop ends it.
 */
import type { Clock } from "#core/ports/clock.ts";
import type { AgentView } from "#core/ports/agentRunner.ts";
import type { ChildHandle, ExitReason, StartOutcome } from "#core/kernel/index.ts";
import type { GateRequest, StartGate } from "./startGate.ts";

export interface WaitingStartDeps {
  readonly clock: Clock;
  readonly gate: StartGate;
  readonly wish: GateRequest;
  readonly startNow: () => Promise<StartOutcome>;
  /** Nothing waits any more: it begins, or was told to end. */
  readonly onOver: () => void;
  readonly onChange: () => void;
  /** The machine has no room; once per start. */
  readonly onQueued: (reason: string) => void;
}

export class WaitingStart {
  readonly child: ChildHandle;
  /** What of the agent's view the waiting changes. */
  view: Partial<AgentView> = {};
  readonly #deps: WaitingStartDeps;
  readonly #exited = Promise.withResolvers<ExitReason>();
  #outcome: StartOutcome | undefined;
  #asked: "shutdown" | "kill" | undefined;
  #isOver = false;
  #cancel: () => void = () => {};

  constructor(deps: WaitingStartDeps) {
    this.#deps = deps;
    const { promise } = this.#exited;
    this.child = { exited: promise, shutdown: () => this.#end("shutdown"), kill: () => this.#end("kill") };
  }

  delay(delayMs: number, view: Partial<AgentView>): void {
    this.view = view;
    this.#cancel = this.#deps.clock.after(delayMs, () => void this.#arrive());
  }

  queue(reason: string): void {
    const sinceMs = this.#deps.clock.wallNow();
    const say = (detail: string): void => {
      this.view = { sinceMs, detail, queued: true };
    };
    say(reason);
    this.#deps.onQueued(reason);
    this.#cancel = this.#deps.gate.join({
      request: this.#deps.wish,
      go: () => this.#begin(),
      onReason: (next) => {
        if (this.view.detail === next) return;
        say(next);
        this.#deps.onChange();
      },
    });
    this.#deps.onChange();
  }

  /** A person wants it now, whatever it waits for. */
  hurry(): void {
    this.#deps.gate.pass(this.#deps.wish);
    this.#begin();
  }

  dispose(): void {
    this.#isOver = true;
    this.#cancel();
  }

  async #arrive(): Promise<void> {
    const reason = await this.#deps.gate.ask(this.#deps.wish);
    if (this.#isOver) return;
    if (reason === undefined) this.#begin();
    else this.queue(reason);
  }

  #begin(): void {
    if (this.#isOver) return;
    this.dispose();
    this.#deps.onOver();
    void this.#deps.startNow().then((started) => {
      this.#outcome = started;
      if (started.type !== "started") return this.#exited.resolve({ type: "normal" });
      void started.child.exited.then(this.#exited.resolve);
      if (this.#asked !== undefined) started.child[this.#asked]();
    });
  }

  #end(how: "shutdown" | "kill"): void {
    if (this.#outcome?.type === "started") return this.#outcome.child[how]();
    this.#asked = how;
    // The spawn is under way: what comes of it is ended.
    if (this.#isOver) return;
    this.dispose();
    this.#deps.onOver();
    this.#exited.resolve({ type: "shutdown" });
    this.#deps.onChange();
  }
}
