/** A budget's past from the event log: who changed what and why, and what it came to. */
import { budgetLevelSchema, type BudgetChange } from "#shared/model/budget.ts";
import { levelWords } from "#shared/model/budgetWords.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import { budgetSubject } from "./budgetEvents.ts";
import type { Budgets } from "./budgets.ts";
import { amountText as amountWords } from "#shared/lib/amountWords.ts";
import type { Counter } from "./counter.ts";

/** Newest first. */
export function historyOf(
  budgets: Budgets,
  counter: Pick<Counter, "id" | "scope" | "rules">,
  limit: number,
): readonly BudgetChange[] {
  return eventsOf(budgets, counter, limit).map((event) => toChange(event, counter));
}

/** Its stored events, newest first. */
export function eventsOf(
  budgets: Budgets,
  counter: Pick<Counter, "id" | "scope" | "rules">,
  limit: number,
): readonly StoredEvent[] {
  budgets.deps.recorder.flush();
  return budgets.deps.store.events
    .read({ subject: budgetSubject(counter, "*"), limit: limit * 4, order: "desc" })
    .filter((event) => event.data["id"] === counter.id)
    .slice(0, limit);
}

function toChange({ seq, time, actor, type, data }: StoredEvent, { rules }: Pick<Counter, "rules">): BudgetChange {
  const number = (key: string): number | undefined => (typeof data[key] === "number" ? data[key] : undefined);
  const text = (key: string): string | undefined => (typeof data[key] === "string" ? data[key] : undefined);
  const [before, after, amount, reason] = [number("before"), number("after"), number("amount"), text("reason")];
  const overshoot = number("overshoot");
  const detail = text("detail") ?? reachedWords(data["to"], rules);
  return {
    seq,
    at: time,
    actor,
    what: type.slice("budget.".length),
    detail:
      overshoot === undefined || overshoot === 0
        ? detail
        : `${detail}, ${amountWords(overshoot, rules.unit)} beyond it`.replace(/^, /, ""),
    ...(reason === undefined ? {} : { reason }),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(amount === undefined ? {} : { amount }),
  };
}

/** "Over 80%"; nothing where a level was not said. */
function reachedWords(to: unknown, { noticeAt, warnAt }: Counter["rules"]): string {
  const level = budgetLevelSchema.safeParse(to);
  return level.success ? levelWords({ level: level.data, noticeAt, warnAt }) : "";
}
