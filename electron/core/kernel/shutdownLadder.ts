/** How one child is brought down: ask, wait as long as its spec says, kill, wait for the end itself. */
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Life } from "./childTable.ts";
import type { ExitReason, Shutdown } from "./types.ts";

export interface LadderDeps {
  readonly clock: Clock;
  readonly logger: Logger | undefined;
}

/** Resolves with the reason of the end, whoever caused it. A child that is gone already is not asked again. */
export async function bringDown(life: Life, shutdown: Shutdown, deps: LadderDeps): Promise<ExitReason> {
  if (life.ended) return life.exited;
  if (shutdown === "brutal_kill") {
    killLife(life, deps);
    return life.exited;
  }
  attempt("shutdown", life, deps);
  if (shutdown === "infinity") return life.exited;
  const cancel = deps.clock.after(shutdown, () => killLife(life, deps));
  const reason = await life.exited;
  cancel();
  return reason;
}

/** Brings all down at once under one timer (simple_one_for_one); the reasons are in the order of `lives`. */
export async function bringDownTogether(
  lives: readonly Life[],
  shutdown: Shutdown,
  deps: LadderDeps,
): Promise<readonly ExitReason[]> {
  for (const life of lives) {
    if (shutdown === "brutal_kill") killLife(life, deps);
    else if (!life.ended) attempt("shutdown", life, deps);
  }
  const killRest = () => lives.forEach((life) => killLife(life, deps));
  const cancel = typeof shutdown === "number" ? deps.clock.after(shutdown, killRest) : undefined;
  const reasons = await Promise.all(lives.map((life) => life.exited));
  cancel?.();
  return reasons;
}

export function killLife(life: Life, deps: LadderDeps): void {
  if (life.ended || life.killed) return;
  life.killed = true;
  attempt("kill", life, deps);
}

/** A handle that throws must not stop the ladder: the next rung is still to come. */
function attempt(rung: "shutdown" | "kill", life: Life, deps: LadderDeps): void {
  try {
    life.handle[rung]();
  } catch (error) {
    deps.logger?.error(`A child could not be told to end (${rung}).`, { error: String(error) });
  }
}
