/** A budget as clients see it: its own numbers, and what the budgets above it leave of them. */
import type { Budget } from "#shared/model/budget.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { noticeWords } from "./budgetWords.ts";
import { allowanceOf, leftOf, levelOf, resetsAtMs } from "./counter.ts";
import type { Counter } from "./counter.ts";

/** A pace needs some time to be one. */
const LEAST_PACE_MS = 10 * 60 * 1000;
/** Further ahead is no forecast. */
const FURTHEST_FORECAST_MS = 90 * 24 * 60 * 60 * 1000;

/** `above`: what the budgets over it have left at least, and which of them. */
export function publicBudget(
  counter: Counter,
  { nowMs, above }: { nowMs: number; above: { readonly left: number; readonly by: Counter } | undefined },
): Budget {
  const { rules, state } = counter;
  const allowance = allowanceOf(counter);
  const own = leftOf(counter);
  const resets = resetsAtMs(counter);
  const forecast = forecastMs(counter, nowMs);
  const notice = noticeWords(counter);
  return {
    ...rules,
    id: counter.id,
    scope: counter.scope,
    setBy: counter.setBy,
    frozen: state.frozen,
    periodStart: toIsoTime(state.periodStartMs),
    spent: state.spent,
    reserved: counter.reserved,
    granted: state.granted,
    carried: state.carried,
    allowance,
    available: Math.min(own, above?.left ?? own),
    overshoot: Math.max(0, state.spent - allowance),
    unpricedTokens: state.unpricedTokens,
    level: levelOf(counter),
    ...(resets === undefined ? {} : { resetsAt: toIsoTime(resets) }),
    ...(above !== undefined && above.left < own ? { cappedBy: above.by.id } : {}),
    ...(notice === undefined ? {} : { notice }),
    ...(forecast === undefined ? {} : { forecastAt: toIsoTime(forecast) }),
  };
}

/** When the allowance is used up at the pace of the period so far; undefined when that is not before it resets. */
function forecastMs(counter: Counter, nowMs: number): number | undefined {
  const { state } = counter;
  const left = allowanceOf(counter) - state.spent;
  const elapsed = Math.max(LEAST_PACE_MS, nowMs - state.periodStartMs);
  if (left <= 0 || state.spent <= 0) return undefined;
  const at = nowMs + (left / state.spent) * elapsed;
  const end = resetsAtMs(counter) ?? nowMs + FURTHEST_FORECAST_MS;
  return at < end ? Math.round(at) : undefined;
}
