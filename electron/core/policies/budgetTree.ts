/** Joins budgets and fleets: who stands above whom, so that a budget on a supervisor binds every agent below it. */
import { nearest } from "#shared/lib/nearest.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { BudgetTree } from "#core/budgets/index.ts";
import type { Fleets, ResolvedNode } from "#core/fleets/index.ts";

/** Everything, the widest scope. */
const EVERYTHING = "*";

export function budgetTree(known: () => Fleets): BudgetTree {
  return {
    scopesOf: (path) => scopesOf(known(), path),
    resolve: (ref) => {
      const fleets = known();
      if (ref === EVERYTHING || ref === "everything") return ok({ scope: EVERYTHING, kind: "everything" });
      const node = fleets.resolve(ref);
      if (node.ok) return ok({ scope: node.value.path, kind: kindOf(node.value) });
      if (node.error.code !== "not_found") return node;
      const meant = nearest(ref, fleets.names());
      return fail(
        "not_found",
        `${node.error.message} A budget stands on an agent, a supervisor, a fleet, or * for everything.${meant === undefined ? "" : ` Fleets are ${fleets.names().join(", ")}.`}`,
      );
    },
    agentsBelow: (scope) => {
      const fleets = known();
      if (scope === EVERYTHING) return fleets.names().flatMap((name) => agentsOf(fleets, name));
      return agentsOf(fleets, scope);
    },
  };
}

function kindOf({ isFleet, known, id }: ResolvedNode): "fleet" | "supervisor" | "agent" {
  return isFleet ? "fleet" : known.runtime.tree.require(id).spec.kind;
}

function scopesOf(fleets: Fleets, path: string): readonly string[] {
  if (path === EVERYTHING) return [EVERYTHING];
  const fleet = path.split("/")[0] ?? path;
  const node = fleets.resolve(path);
  // Removed from its file, but what it spent still counts where it stood at least.
  if (!node.ok || node.value.path !== path) return path === fleet ? [EVERYTHING, fleet] : [EVERYTHING, fleet, path];
  const { tree } = node.value.known.runtime;
  const above = tree
    .ancestors(node.value.id)
    .map((id) => tree.require(id).path)
    .toReversed();
  return [EVERYTHING, ...above, ...templateOf(node.value), path];
}

/** What stands on the template of a simple_one_for_one supervisor binds all its instances together. */
function templateOf({ known, id }: ResolvedNode): readonly string[] {
  const { tree } = known.runtime;
  const parentId = tree.require(id).parentId;
  const parent = parentId === undefined ? undefined : tree.require(parentId).spec;
  if (parent?.kind !== "supervisor" || parent.strategy !== "simple_one_for_one") return [];
  const template = parent.children[0]?.id;
  return template === undefined || template === id ? [] : [tree.require(template).path];
}

function agentsOf(fleets: Fleets, scope: string): readonly string[] {
  const node = fleets.resolve(scope);
  if (!node.ok || node.value.path !== scope) return scope.includes("/") ? [scope] : [];
  const { tree } = node.value.known.runtime;
  return tree.agentsBelow(node.value.id).map((id) => tree.require(id).path);
}
