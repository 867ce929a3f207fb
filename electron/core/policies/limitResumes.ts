/**
 * Joins fleets and budgets at a plan's limit: an agent that ended at it stays parked until the reset, and goes on then
 * only where a person said so of this agent, in the fleet file or by `budget.setResume`.
 */
import { parseTime } from "#shared/lib/isoTime.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { Budgets } from "#core/budgets/index.ts";
import { startNode } from "#core/fleets/index.ts";
import type { Fleets, ResolvedNode } from "#core/fleets/index.ts";
import type { Clock } from "#core/ports/clock.ts";

export interface LimitDeps {
  readonly budgets: Budgets;
  readonly fleets: Fleets;
  readonly clock: Clock;
}

/** Told of every agent that exited. */
export function limitResumes(deps: LimitDeps): (events: readonly StoredEvent[]) => void {
  return (events) => {
    for (const { type, data } of events)
      if (type === "agent.exited" && data["cause"] === "rate_limited" && typeof data["path"] === "string")
        awaitReset(deps, data["path"]);
  };
}

/** One timer to the reset; what the person says until then counts. */
export function awaitReset(deps: LimitDeps, path: string): void {
  const parked = parkedAt(deps, path);
  if (parked === undefined) return;
  deps.clock.after(Math.max(0, parked.untilMs - deps.clock.wallNow()), () => {
    const now = parkedAt(deps, path);
    // Started by a person meanwhile, or parked again until later.
    if (now === undefined || now.untilMs !== parked.untilMs || !isAgreed(deps, now.node)) return;
    void startNode(deps.fleets, { ref: path, actor: "system" });
  });
}

function parkedAt({ fleets }: LimitDeps, path: string): { node: ResolvedNode; untilMs: number } | undefined {
  const node = fleets.resolve(path);
  if (!node.ok || !fleets.isUp(node.value.known.row.name)) return undefined;
  const { state, pid, nextStartAt } = node.value.known.runtime.tree.patch(node.value.id);
  const isParked = state === "rate_limited" && pid === undefined && nextStartAt !== undefined;
  return isParked ? { node: node.value, untilMs: parseTime(nextStartAt) } : undefined;
}

function isAgreed({ budgets }: LimitDeps, { known, id, path }: ResolvedNode): boolean {
  const { spec } = known.runtime.tree.require(id);
  return budgets.consent.of(path) ?? (spec.kind === "agent" && spec.resumeAtReset);
}
