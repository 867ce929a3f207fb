/**
 * RO-10 as a pure rule: what the healer does next with a letter. Not found: another tool; timeout: more time; rate limit
 * and network: wait; what may pass by itself: again; everything else is left to a person, at once or after the retries.
 */
import { parseTime, toIsoTime } from "#shared/lib/isoTime.ts";
import { exactDuration } from "#shared/lib/words.ts";
import { FAMILY_RULES, REPEAT_WAITS_MS } from "#shared/model/letterFamily.ts";
import type { LetterFamily } from "#shared/model/letterFamily.ts";
import type { ErrorClass, HealingPlan, LetterError, ToolRef } from "#shared/model/deadLetter.ts";

/** RO-10, for calls of tools: 5 s × (n + 1). A message is sent again after the shorter waits of its family. */
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
  readonly family: LetterFamily;
  /** Attempts since it died. */
  readonly retries: number;
  /** Whether it was a call of a tool. */
  readonly isToolCall: boolean;
  /** Tools that could take it over, best first, without those that were tried. */
  readonly alternatives: readonly ToolRef[];
  /** Another way was laid down beforehand, and is not taken yet. */
  readonly hasPlanB: boolean;
  /** Whether trying the first way once more does no harm, whatever became of it; absent: it does none. */
  readonly mayRepeat?: boolean;
}

/** These pass by themselves: worth one more attempt at the first way. */
const PASSING: ReadonlySet<ErrorClass> = new Set<ErrorClass>(["timeout", "rate_limit", "network"]);

function planB(nowMs: number): NextStep {
  const sentence = "Takes plan B.";
  const plan = {
    strategy: "plan_b" as const,
    by: "healer" as const,
    dueAt: toIsoTime(nowMs),
    timeoutMs: LONGER_TIMEOUT_MS,
    sentence,
  };
  return { type: "plan", plan };
}

export type NextStep =
  | { readonly type: "plan"; readonly plan: HealingPlan }
  /** `no_strategy`: the healer knows nothing (more) to do. */
  | { readonly type: "leave"; readonly reason: string };

export function nextStep(question: PlanQuestion, nowMs: number): NextStep {
  const { error, retries, hasPlanB, isToolCall } = question;
  const { attempts } = FAMILY_RULES[question.family];
  if (hasPlanB && (retries > 0 || !PASSING.has(error.class))) return planB(nowMs);
  if (retries >= attempts) return leave(`It failed again in each of ${attempts} attempts.`);
  const again: Again = ({ waitMs, ...rest }) => ({
    type: "plan",
    plan: { by: "healer", dueAt: toIsoTime(nowMs + waitMs), timeoutMs: ATTEMPT_TIMEOUT_MS, ...rest },
  });
  const step = byClass(question, {
    again,
    waitMs: isToolCall ? STEP_MS * (retries + 1) : repeatWaitMs(retries),
    nowMs,
  });
  const isFirstWay = step.type === "plan" && step.plan.alternative === undefined;
  return isFirstWay && question.mayRepeat === false ? leave(NOT_AGAIN) : step;
}

const NOT_AGAIN =
  "Its caller was told that it failed, and the tool does not say of itself that it changes nothing. Look at what was done, then send it again or discard it.";

type Again = (
  plan: Pick<HealingPlan, "strategy" | "sentence"> &
    Partial<Pick<HealingPlan, "timeoutMs" | "alternative">> & { readonly waitMs: number },
) => NextStep;

interface Choosing {
  readonly again: Again;
  readonly waitMs: number;
  readonly nowMs: number;
}

function byClass(question: PlanQuestion, { again, waitMs, nowMs }: Choosing): NextStep {
  switch (question.error.class) {
    case "not_found":
      return notFound(question, { again, waitMs });
    case "timeout":
      return again({
        strategy: "longer_timeout",
        waitMs,
        timeoutMs: LONGER_TIMEOUT_MS,
        sentence: "Tries again with a timeout of 60 s.",
      });
    case "rate_limit": {
      const limitMs = Math.max(waitMs, limitWaitMs(question.error, nowMs));
      if (limitMs > LONGEST_WAIT_MS) return leave(`The limit resets only in ${exactDuration(limitMs)}.`);
      const sentence = `Waits ${exactDuration(limitMs)} for the limit, then tries again.`;
      return again({ strategy: "wait", waitMs: limitMs, sentence });
    }
    case "network": {
      const sentence = "Waits for the network, then tries again.";
      return again({ strategy: "wait", waitMs: Math.max(waitMs, NETWORK_WAIT_MS), sentence });
    }
    case "processing":
    case "resource":
    case "unknown":
      return again({ strategy: "retry", waitMs, sentence: "Sends it again." });
    case "validation":
      return leave("Its content is not valid, so sending it again changes nothing.");
    case "auth":
      return leave("Access was refused, so sending it again changes nothing.");
  }
}

/** A message may find its receiver later; a tool that does not exist will not. */
function notFound(
  { alternatives: [alternative], isToolCall }: PlanQuestion,
  { again, waitMs }: Pick<Choosing, "again" | "waitMs">,
): NextStep {
  if (alternative !== undefined) {
    const sentence = `Tries ${alternative.tool} of ${alternative.server} instead.`;
    return again({ strategy: "alternative_tool", waitMs, alternative, sentence });
  }
  if (isToolCall) return leave("There is no other tool that could do it.");
  return again({ strategy: "retry", waitMs, sentence: "Sends it again." });
}

function limitWaitMs({ retryAt }: Pick<LetterError, "retryAt">, nowMs: number): number {
  return retryAt === undefined ? RATE_LIMIT_WAIT_MS : Math.max(0, parseTime(retryAt) - nowMs);
}

function repeatWaitMs(retries: number): number {
  return REPEAT_WAITS_MS[Math.min(retries, REPEAT_WAITS_MS.length - 1)] ?? STEP_MS;
}

function leave(reason: string): NextStep {
  return { type: "leave", reason };
}
