/** Those who wait for a server that is being started: calls wait until it is up or given up, a verification until its first word. */
import type { McpConnection } from "#core/ports/mcpClient.ts";
import type { Clock } from "#core/ports/clock.ts";
import { fail } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

type Settle = (outcome: Result<McpConnection>) => void;

/** More calls than this that wait for one start are refused (the newest). */
const MOST_WAITING = 64;

export class Waiters {
  readonly #patient = new Set<Settle>();
  readonly #curious = new Set<Settle>();

  /** `untilFirstWord`: a first failure is an answer, though the supervisor goes on trying. */
  wait(
    clock: Clock,
    timeoutMs: number,
    { untilFirstWord = false }: { readonly untilFirstWord?: boolean } = {},
  ): Promise<Result<McpConnection>> {
    const group = untilFirstWord ? this.#curious : this.#patient;
    if (group.size >= MOST_WAITING)
      return Promise.resolve(
        fail("throttled", `More than ${MOST_WAITING} calls wait for this server to start. Try later.`),
      );
    const { promise, resolve } = Promise.withResolvers<Result<McpConnection>>();
    const cancel = clock.after(timeoutMs, () => settle(fail("timeout", `It was not up within ${timeoutMs / 1000} s.`)));
    const settle: Settle = (outcome) => {
      cancel();
      group.delete(settle);
      resolve(outcome);
    };
    group.add(settle);
    return promise;
  }

  /** It is up, or nobody tries any more. */
  settle(outcome: Result<McpConnection>): void {
    for (const one of [...this.#patient, ...this.#curious]) one(outcome);
  }

  /** This try failed; the next may not. */
  failed(outcome: Result<McpConnection>): void {
    for (const one of this.#curious) one(outcome);
  }
}
