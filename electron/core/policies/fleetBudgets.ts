/** Joins fleet files and budgets: what a file asks for, on its head, a supervisor or an agent, stands as a budget. */
import type { StoredEvent } from "#shared/model/event.ts";
import type { ChildNodeSpec, FleetSpec } from "#shared/model/fleetFile.ts";
import type { Budgets } from "#core/budgets/index.ts";

/** Told of every fleet as its file stands. */
export function fleetBudgets(budgets: Budgets): (name: string, fleet: FleetSpec | undefined) => void {
  return (name, fleet) => {
    budgets.setFileBudgets(name, fleet === undefined ? [] : budgetsBelow(fleet.root, name, name));
  };
}

function budgetsBelow(node: ChildNodeSpec, scope: string, fleet: string): Parameters<Budgets["setFileBudgets"]>[1] {
  const own = node.budgets.map((rules) => ({ scope, rules }));
  if (node.kind === "agent") return own;
  return [...own, ...node.children.flatMap((child) => budgetsBelow(child, `${fleet}/${child.id}`, fleet))];
}

/** A budget per run begins with the life that `agent.started` tells of. */
export function runBegins(budgets: Budgets): (events: readonly StoredEvent[]) => void {
  return (events) => {
    for (const { type, data } of events)
      if (type === "agent.started" && typeof data["path"] === "string" && typeof data["sessionId"] === "string")
        budgets.lifeBegan(data["path"], data["sessionId"]);
  };
}
