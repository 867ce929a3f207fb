/** A budget's stored events: the audit of who changed what, and when it reached which level. */
import { systemSubject } from "#shared/lib/eventSubjects.ts";
import type { EventVerb, NewEvent } from "#shared/model/event.ts";
import type { Counter } from "./counter.ts";

/** `ws.<fleet>.budget.<id>-<period>-<unit>.<verb>`; budgets over everything under `sys.budget`. */
export function budgetSubject({ scope, rules }: Pick<Counter, "scope" | "rules">, verb: string): string {
  if (scope === "*") return systemSubject("budget", verb);
  const [fleet = scope, id = fleet] = scope.split("/");
  return `ws.${fleet}.budget.${id}-${rules.period}-${rules.unit}.${verb}`;
}

export function budgetEvent(
  counter: Pick<Counter, "id" | "scope" | "rules">,
  { verb, actor, data }: { verb: EventVerb<"budget">; actor: string; data: Record<string, unknown> },
): NewEvent {
  const { id, scope, rules } = counter;
  return {
    subject: budgetSubject(counter, verb),
    type: `budget.${verb}`,
    actor,
    data: { id, ...(scope === "*" ? {} : { path: scope }), unit: rules.unit, ...data },
  };
}
