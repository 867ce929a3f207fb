/** The budgets slice's door. */
export { Budgets } from "./budgets.ts";
export type { Brake, LevelChange, ReserveAnswer } from "./budgets.ts";
export { find, freezeBudget, grantBudget, moveBudget, removeBudget, setBudget } from "./budgetCommands.ts";
export { historyOf } from "./budgetHistory.ts";
export { handBack, handedLeft, handOver, tokenBudget } from "./handovers.ts";
export type { Wanted } from "./reservations.ts";
export { NO_SPEND } from "./counter.ts";
export type { Spend } from "./counter.ts";
export type { BudgetTree, SpendEntry, SpendLedger } from "./deps.ts";
