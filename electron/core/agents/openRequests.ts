/** Model requests that a CLI's telemetry says were begun and never that they ended: interrupted, and counted by nobody. */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { UsageGap } from "#core/ports/usage.ts";

export interface Begun {
  /** Ends and beginnings of the same key are paired in their order. */
  readonly key: string;
  readonly at: string;
  readonly cliSessionId: string | undefined;
  readonly model: string | undefined;
}

/** Requests that fail at once leave no trace either; a CLI makes a few at a time. */
const MOST = 100;

export class OpenRequests {
  readonly #agent: string;
  readonly #name: string;
  #open: readonly Begun[] = [];

  constructor(agent: string, name: string) {
    this.#agent = agent;
    this.#name = name;
  }

  begun(request: Begun): void {
    this.#open = [...this.#open, request].slice(-MOST);
  }

  ended(key: string): void {
    const at = this.#open.findIndex((request) => request.key === key);
    if (at >= 0) this.#open = this.#open.toSpliced(at, 1);
  }

  /** Of those that `isOver` the answers will never come. */
  take(isOver: (request: Begun) => boolean): readonly UsageGap[] {
    const over = this.#open.filter(isOver);
    this.#open = this.#open.filter((request) => !isOver(request));
    return over.map((request) => interruptedGap("otlp", this.#agent, { ...request, name: this.#name }));
  }
}

export function interruptedGap(
  source: "otlp" | "transcript",
  agent: string,
  request: Begun & { readonly name: string },
): UsageGap {
  const { at, cliSessionId, model, key, name } = request;
  return {
    source,
    at: at === "" ? toIsoTime(0) : at,
    agent,
    why: "interrupted",
    detail: `A request was interrupted, and ${name} tells nobody what it took. With the gateway it is estimated.`,
    sourceKey: `interrupted ${key} ${at}`,
    ...(cliSessionId === undefined ? {} : { cliSessionId }),
    ...(model === undefined ? {} : { model }),
  };
}
