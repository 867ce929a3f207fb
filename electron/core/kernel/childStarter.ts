/**
 * Runs one start at a time and never hangs on it: once the supervisor is to stop, the start is told by its signal and
 * given the child's own shutdown time; what it still brings up after that is taken down again.
 */
import type { Logger } from "../ports/logger.ts";
import type { Clock } from "../ports/clock.ts";
import { createLife } from "./childTable.ts";
import { bringDown } from "./shutdownLadder.ts";
import type { StartContext, StartOutcome } from "./types.ts";
import type { CheckedChild } from "./validateSpec.ts";

/** `abandoned`: the supervisor stops, the start was not waited for. */
export type StarterOutcome = StartOutcome | { readonly type: "abandoned" };

/** The abort reason that tells a nested supervisor's start to kill instead of to ask. */
export const KILLED = "killed";

interface PendingStart {
  readonly spec: CheckedChild;
  readonly controller: AbortController;
  readonly giveUp: () => void;
}

export class ChildStarter {
  readonly #deps: { readonly clock: Clock; readonly logger: Logger | undefined };
  #pending: PendingStart | undefined;
  #cancelGrace: (() => void) | undefined;
  #isKilled = false;

  constructor(deps: { readonly clock: Clock; readonly logger: Logger | undefined }) {
    this.#deps = deps;
  }

  async start(spec: CheckedChild, occasion: StartContext["occasion"]): Promise<StarterOutcome> {
    const controller = new AbortController();
    const gate = Promise.withResolvers<StarterOutcome>();
    let isAbandoned = false;
    const giveUp = () => {
      isAbandoned = true;
      gate.resolve({ type: "abandoned" });
    };
    this.#pending = { spec, controller, giveUp };
    void invokeStart(spec, { childId: spec.id, occasion, signal: controller.signal }).then((outcome) => {
      if (isAbandoned) this.#takeDownLate(spec, outcome);
      else gate.resolve(outcome);
    });
    const outcome = await gate.promise;
    this.#pending = undefined;
    this.#cancelGrace?.();
    return outcome;
  }

  /** The supervisor stops: the start under way gets its signal and then as long as the child's shutdown allows. */
  abort(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    pending.controller.abort();
    const { shutdown } = pending.spec;
    if (shutdown === "infinity") return;
    if (shutdown === "brutal_kill") pending.giveUp();
    else this.#cancelGrace = this.#deps.clock.after(shutdown, pending.giveUp);
  }

  /** The supervisor is killed: nothing is waited for, and what comes up late is killed. */
  kill(): void {
    this.#isKilled = true;
    this.#pending?.controller.abort(KILLED);
    this.#pending?.giveUp();
  }

  #takeDownLate(spec: CheckedChild, outcome: StartOutcome): void {
    if (outcome.type !== "started") return;
    this.#deps.logger?.warn("A child came up after its supervisor had stopped; it is taken down.", { id: spec.id });
    const life = createLife(outcome.child, this.#deps.clock);
    void bringDown(life, this.#isKilled ? "brutal_kill" : spec.shutdown, this.#deps);
  }
}

async function invokeStart(spec: CheckedChild, context: StartContext): Promise<StartOutcome> {
  try {
    return await spec.start(context);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { type: "error", reason: { type: "crash", detail: `start threw: ${detail}` } };
  }
}
