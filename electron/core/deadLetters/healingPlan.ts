/**
 * RO-10 as a pure rule: what the healer does next with a letter. Not found: another tool; timeout: more time; rate limit
 * and network: wait; what may pass by itself: again; everything else is left to a person, at once or after the retries.
 */
import { parseTime, toIsoTime } from "#shared/lib/isoTime.ts";
import { exactDuration } from "#shared/lib/words.ts";
import { MOST_HEALER_RETRIES } from "#shared/model/deadLetter.ts";
import type { HealingPlan, LetterError, ToolRef } from "#shared/model/deadLetter.ts";

/** RO-10: 5 s × (n + 1). */
const STEP_MS = 5000;
export const LONGER_TIMEOUT_MS = 60_000;
const RATE_LIMIT_WAIT_MS = 60_000;
const NETWORK_WAIT_MS = 10_000;
/** A limit that resets later than this is a person's business: a plan that sleeps for days looks like nothing happens. */
const LONGEST_WAIT_MS = 6 * 60 * 60 * 1000;
/** MS-B5: how long a consumer has to acknowledge; an attempt gets as long. */
export const ATTEMPT_TIMEOUT_MS = 30_000;

export interface PlanQuestion {
  readonly error: Pick<LetterError, "class" | "message" | "retryAt">;
  /** Attempts since it died. */
  readonly retries: number;
  /** Whether it was a call of a tool. */
  readonly isToolCall: boolean;
  /** Tools that could take it over, best first, without those that were tried. */
  readonly alternatives: readonly ToolRef[];
}

export type NextStep =
  | { readonly type: "plan"; readonly plan: HealingPlan }
  /** `no_strategy`: the healer knows nothing (more) to do. */
  | { readonly type: "leave"; readonly reason: string };

export function nextStep(question: PlanQuestion, nowMs: number): NextStep {
  const { error, retries } = question;
  if (retries >= MOST_HEALER_RETRIES) return leave(`It failed again in each of ${MOST_HEALER_RETRIES} attempts.`);
  const waitMs = STEP_MS * (retries + 1);
  const again = (
    strategy: HealingPlan["strategy"],
    more: Partial<Pick<HealingPlan, "timeoutMs" | "alternative">> & { waitMs: number; sentence: string },
  ): NextStep => {
    const { waitMs: ms, ...rest } = more;
    const plan = {
      strategy,
      by: "healer" as const,
      dueAt: toIsoTime(nowMs + ms),
      timeoutMs: ATTEMPT_TIMEOUT_MS,
      ...rest,
    };
    return { type: "plan", plan };
  };
  switch (error.class) {
    case "not_found":
      return notFound(
        question,
        (alternative) =>
          again("alternative_tool", {
            waitMs,
            alternative,
            sentence: `Tries ${alternative.tool} of ${alternative.server} instead.`,
          }),
        () => again("retry", { waitMs, sentence: "Sends it again." }),
      );
    case "timeout":
      return again("longer_timeout", {
        waitMs,
        timeoutMs: LONGER_TIMEOUT_MS,
        sentence: "Tries again with a timeout of 60 s.",
      });
    case "rate_limit": {
      const limitMs = Math.max(waitMs, limitWaitMs(error, nowMs));
      if (limitMs > LONGEST_WAIT_MS) return leave(`The limit resets only in ${exactDuration(limitMs)}.`);
      return again("wait", {
        waitMs: limitMs,
        sentence: `Waits ${exactDuration(limitMs)} for the limit, then tries again.`,
      });
    }
    case "network":
      return again("wait", {
        waitMs: Math.max(waitMs, NETWORK_WAIT_MS),
        sentence: "Waits for the network, then tries again.",
      });
    case "processing":
    case "resource":
    case "unknown":
      return again("retry", { waitMs, sentence: "Sends it again." });
    case "validation":
      return leave("Its content is not valid, so sending it again changes nothing.");
    case "auth":
      return leave("Access was refused, so sending it again changes nothing.");
  }
}

/** A message may find its receiver later; a tool that does not exist will not. */
function notFound(question: PlanQuestion, instead: (tool: ToolRef) => NextStep, again: () => NextStep): NextStep {
  const [alternative] = question.alternatives;
  if (alternative !== undefined) return instead(alternative);
  return question.isToolCall ? leave("There is no other tool that could do it.") : again();
}

function limitWaitMs({ retryAt }: Pick<LetterError, "retryAt">, nowMs: number): number {
  return retryAt === undefined ? RATE_LIMIT_WAIT_MS : Math.max(0, parseTime(retryAt) - nowMs);
}

function leave(reason: string): NextStep {
  return { type: "leave", reason };
}
