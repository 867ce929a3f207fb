/**
 * Joins fleets, sessions and budgets at a plan's limit: an agent that ended at it stays parked until the reset, one that
 * still runs waits at it; either goes on then only where a person said so of it, in the fleet file or by `budget.setResume`.
 */
import { parseTime } from "#shared/lib/isoTime.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { Budgets } from "#core/budgets/index.ts";
import { startNode } from "#core/fleets/index.ts";
import type { Fleets, ResolvedNode } from "#core/fleets/index.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Sessions } from "#core/sessions/index.ts";

export interface LimitDeps {
  readonly budgets: Budgets;
  readonly fleets: Fleets;
  readonly sessions: Pick<Sessions, "limitReset">;
  readonly clock: Clock;
}

/** Told of every agent that exited, and of every change of state. */
export function limitResumes(deps: LimitDeps): (events: readonly StoredEvent[]) => void {
  return (events) => {
    for (const { type, data } of events) {
      const isLimited =
        (type === "agent.exited" && data["cause"] === "rate_limited") ||
        (type === "agent.state_changed" && data["state"] === "rate_limited" && data["until"] !== undefined);
      if (isLimited && typeof data["path"] === "string") awaitReset(deps, data["path"]);
    }
  };
}

/** One timer to the reset; what the person says until then counts. */
export function awaitReset(deps: LimitDeps, path: string): void {
  const limited = limitedAt(deps, path);
  if (limited === undefined) return;
  deps.clock.after(Math.max(0, limited.untilMs - deps.clock.wallNow()), () => {
    const now = limitedAt(deps, path);
    // Started by a person meanwhile, or limited again until later.
    if (now === undefined || now.untilMs !== limited.untilMs) return;
    if (now.isRunning) void deps.sessions.limitReset(path);
    else if (isAgreed(deps, now.node)) void startNode(deps.fleets, { ref: path, actor: "system" });
  });
}

interface Limited {
  readonly node: ResolvedNode;
  readonly untilMs: number;
  readonly isRunning: boolean;
}

function limitedAt({ fleets }: LimitDeps, path: string): Limited | undefined {
  const node = fleets.resolve(path);
  if (!node.ok || !fleets.isUp(node.value.known.row.name)) return undefined;
  const { state, pid, nextStartAt } = node.value.known.runtime.tree.patch(node.value.id);
  if (state !== "rate_limited" || nextStartAt === undefined) return undefined;
  return { node: node.value, untilMs: parseTime(nextStartAt), isRunning: pid !== undefined };
}

function isAgreed({ budgets }: LimitDeps, { known, id, path }: ResolvedNode): boolean {
  const { spec } = known.runtime.tree.require(id);
  return budgets.consent.lasting(path) ?? (spec.kind === "agent" && spec.resumeAtReset);
}
