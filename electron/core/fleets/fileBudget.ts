/** The `budget:` of one entry: one or a list to the rules they ask for, with what is wrong and where. */
import type { z } from "zod";
import { budgetRulesOf } from "#shared/model/fleetFile.ts";
import type { RawAgentChild } from "#shared/model/fleetFile.ts";
import { budgetId } from "#shared/model/budget.ts";
import type { BudgetRules } from "#shared/model/budget.ts";

export type RawBudgets = RawAgentChild["budget"];

interface Problem {
  /** Within the `budget:` key. */
  readonly at: readonly (string | number)[];
  readonly message: string;
}

export function readBudgets(
  raw: RawBudgets,
  supervisorId: string | undefined,
): { readonly rules: readonly BudgetRules[]; readonly problems: readonly Problem[] } {
  if (raw === undefined) return { rules: [], problems: [] };
  const list = Array.isArray(raw) ? raw : [raw];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const rules: BudgetRules[] = [];
  for (const [index, one] of list.entries()) {
    const at = Array.isArray(raw) ? [index] : [];
    const asked = budgetRulesOf(one);
    if (asked.length === 0) problems.push({ at, message: "A budget needs usd or tokens." });
    if (one.period === "run" && supervisorId !== undefined)
      problems.push({
        at: [...at, "period"],
        message: `A budget per run counts the lives of one agent, and ${supervisorId} is none. Put it on an agent, or choose another period.`,
      });
    for (const rule of asked) {
      if (rule.noticeAt > rule.warnAt)
        problems.push({ at: [...at, "notice_at"], message: "notice_at must be at most warn_at." });
      const id = budgetId("", rule.period, rule.unit);
      if (seen.has(id))
        problems.push({ at, message: `There are two budgets in ${rule.unit} per ${rule.period} here. Keep one.` });
      seen.add(id);
      rules.push(rule);
    }
  }
  return { rules, problems };
}

/** Of one thing or a list of them: what is wrong with the one that was written, instead of that it is neither. */
export function meantIssues(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const meant = issue.errors.find((issues) =>
    issues.every(({ code, path }) => code !== "invalid_type" || path.length > 0),
  );
  return meant === undefined ? [issue] : meant.map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
}
