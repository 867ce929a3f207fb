/** Joins budgets and sessions: the budget that is used up, as the brake an agent feels. */
import type { Brake, Budgets } from "#core/budgets/index.ts";
import type { Braked, Brakes } from "#core/ports/brakes.ts";

export function budgetBrakes(budgets: Budgets): Brakes {
  return {
    forStart: (path) => braked(budgets, path, budgets.brake(path, "new_life")),
    forPrompt: (path) => braked(budgets, path, budgets.brake(path)),
    mayResume: (path, byFile) => budgets.consent.lasting(path) ?? byFile,
  };
}

/** It goes on by itself at the reset only where a person said so, of the budget or of the agent. */
export function braked(budgets: Budgets, path: string, brake: Brake | undefined): Braked | undefined {
  if (brake === undefined) return undefined;
  const mayResume = brake.resumesAtReset || budgets.consent.of(path) === true;
  return {
    sentence: brake.sentence,
    ...(mayResume && brake.resetsAtMs !== undefined ? { resumesAtMs: brake.resetsAtMs } : {}),
  };
}
