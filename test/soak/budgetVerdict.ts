/** What a hard stop was worth, from the model server's own log. */
import type { FakeRequest } from "#test/support/fakeModelTurn.ts";

export type Fault = "none" | "killed in flight" | "killed after the stop";

export interface BudgetRun {
  readonly id: string;
  readonly fault: Fault;
  readonly limit: number;
  /** The request in which the core is killed. */
  readonly killAt: number;
  /** How many there were when it was stopped. */
  requests?: number;
}

export interface Judgement {
  /** Tokens beyond the limit, of answers that were cut off with their core, too; negative when it is not reached. */
  readonly overshoot: number;
  /** Requests under way when the limit was reached, the one that reached it included. */
  readonly inFlight: number;
  readonly largest: number;
}

/** An Anthropic answer: the cache counts beside the input. */
function tokensOf({ usage }: FakeRequest): number {
  return usage.input + usage.output + usage.cacheRead + usage.cacheWrite;
}

export function judge(requests: readonly FakeRequest[], limit: number): Judgement {
  const usedUpAt = usedUp(requests, limit);
  const inFlight = requests.filter(({ at, endedAt = Infinity }) => at <= usedUpAt && endedAt >= usedUpAt);
  return {
    overshoot: requests.reduce((sum, one) => sum + tokensOf(one), 0) - limit,
    inFlight: usedUpAt === Infinity ? 0 : inFlight.length,
    largest: Math.max(0, ...requests.map(tokensOf)),
  };
}

/** Requests that began when the answers before them had used the budget up. */
export function lateRequests(requests: readonly FakeRequest[], limit: number): readonly string[] {
  const usedUpAt = usedUp(requests, limit);
  const late = requests.filter(({ at }) => at > usedUpAt);
  return late.map(({ sequence, at }) => `asked #${sequence} ${at - usedUpAt} ms after the budget was used up`);
}

function usedUp(requests: readonly FakeRequest[], limit: number): number {
  let sum = 0;
  for (const request of requests.toSorted((a, b) => (a.endedAt ?? Infinity) - (b.endedAt ?? Infinity))) {
    sum += tokensOf(request);
    if (sum >= limit) return request.endedAt ?? Infinity;
  }
  return Infinity;
}
