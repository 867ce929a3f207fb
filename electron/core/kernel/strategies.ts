/** The rules of semantics.md 1.1 as pure functions: who is restarted, who goes with it, what counts as a clean end. */
import type { RestartType, Strategy } from "#shared/model/states.ts";
import type { ExitReason, Shutdown } from "./types.ts";

/** The exit classification table. `parked` and `lost` are decided before it is asked. */
export function isRestartedAfter(reason: ExitReason, restart: RestartType): boolean {
  if (restart === "permanent") return true;
  if (restart === "temporary") return false;
  return reason.type !== "normal" && reason.type !== "shutdown";
}

/** The children restarted together with `trigger`, itself included, in start order. */
export function restartGroup<T>(strategy: Strategy, children: readonly T[], trigger: T): readonly T[] {
  switch (strategy) {
    case "one_for_all":
      return children;
    case "rest_for_one":
      return children.slice(children.indexOf(trigger));
    case "one_for_one":
    case "simple_one_for_one":
      return [trigger];
  }
}

/**
 * Whether a child that was told to end did not end as told. `killed` is right only for brutal_kill: after any other
 * value it means the wait ran out. A permanent child is not supposed to end normally either.
 */
export function isUnexpectedEnd(
  reason: ExitReason,
  told: { readonly shutdown: Shutdown; readonly restart: RestartType },
): boolean {
  switch (reason.type) {
    case "shutdown":
      return told.shutdown === "brutal_kill" && told.restart === "permanent";
    case "normal":
      return told.restart === "permanent";
    case "killed":
      return told.shutdown !== "brutal_kill";
    case "crash":
      return true;
    case "parked":
    case "lost":
      return false;
  }
}

/** One phrase for logs and for the reason a supervisor gives its parent. */
export function describeReason(reason: ExitReason): string {
  switch (reason.type) {
    case "normal":
    case "killed":
      return reason.type;
    case "shutdown":
      return reason.detail === undefined ? "shutdown" : `shutdown: ${reason.detail}`;
    case "crash":
    case "parked":
    case "lost":
      return `${reason.type}: ${reason.detail}`;
  }
}
