/**
 * Ends what sessions that are over left running. Each restart asks for it, and one look at the process table serves
 * all that asked meanwhile: in a storm of restarts the looks would cost more than the restarts.
 */
import { killSessions, type KillOutcome, type SessionProcesses } from "#platform/processTree.ts";

/** A restart goes first: the look takes milliseconds that its spawn would wait for … */
const FIRST_AFTER_MS = 20;
/** … and what a storm leaves is looked for this often. */
const EVERY_MS = 250;

interface Gathered {
  readonly sessions: SessionProcesses[];
  readonly outcome: PromiseWithResolvers<KillOutcome>;
}

export class Sweeps {
  #gathered: Gathered | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** What became of this session's processes in the sweep that it joins. */
  async sweep(session: SessionProcesses): Promise<KillOutcome> {
    const gathered = (this.#gathered ??= this.#gather());
    gathered.sessions.push(session);
    const { killed, survivors } = await gathered.outcome.promise;
    return { killed, survivors: survivors.filter(({ pid }) => session.seen.has(pid)) };
  }

  #gather(): Gathered {
    const gathered: Gathered = { sessions: [], outcome: Promise.withResolvers<KillOutcome>() };
    const waitMs = Math.max(FIRST_AFTER_MS, this.#lastMs + EVERY_MS - performance.now());
    setTimeout(() => {
      this.#gathered = undefined;
      this.#lastMs = performance.now();
      killSessions(gathered.sessions).then(gathered.outcome.resolve, gathered.outcome.reject);
    }, waitMs);
    return gathered;
  }
}
