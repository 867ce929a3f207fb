/** Applies a new good version of a fleet file to what runs: only the difference. */
import type { ChildNodeSpec, FleetSpec, SupervisorNodeSpec } from "#shared/model/fleetFile.ts";
import { diffFleets } from "./fleetDiff.ts";
import type { FleetRuntime } from "./fleetRuntime.ts";

/** False: the fleet's own supervisor is of another kind, so the fleet has to be started anew. */
export async function applyFleet(runtime: FleetRuntime, next: FleetSpec): Promise<boolean> {
  const diff = diffFleets(runtime.fleet, next);
  if (diff.isRootChanged) return false;
  for (const id of diff.removed) await runtime.endChild(id);
  runtime.setFleet(next, diff.removed);
  // First: whether a child may be significant depends on them.
  for (const spec of diff.ruled) await runtime.updateSupervisor(spec);
  for (const { parentId, spec } of diff.added) await runtime.addChild(parentId, spec, nextSibling(next.root, spec));
  for (const spec of diff.updated) await runtime.updateAgent(spec, { runsOtherwise: false });
  for (const spec of diff.restarted)
    await runtime.updateAgent(spec, { runsOtherwise: true, before: nextSibling(next.root, spec) });
  return true;
}

/** The child that stands after `spec` in the file, so that the start order is the file's. */
function nextSibling(within: SupervisorNodeSpec, spec: ChildNodeSpec): string | undefined {
  const index = within.children.indexOf(spec);
  if (index >= 0) return within.children[index + 1]?.id;
  for (const child of within.children) {
    const found = child.kind === "supervisor" ? nextSibling(child, spec) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
