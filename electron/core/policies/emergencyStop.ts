/**
 * Joins fleets, the registry and the keeper: every agent, every tool server and everything it spawned ends at once. Supervisors are told first, so that
 * none of them starts a successor; then the keeper kills all trees; grace is never more than nothing.
 */
import { systemSubject } from "#shared/lib/eventSubjects.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Fleets } from "#core/fleets/index.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { PtyHost } from "#core/ports/ptyHost.ts";
import type { Registry } from "#core/registry/index.ts";
import type { Recorder } from "#core/store/index.ts";

export interface EmergencyStopDeps {
  readonly fleets: Fleets;
  readonly registry: Registry;
  readonly ptyHost: PtyHost;
  readonly clock: Clock;
  readonly recorder: Recorder;
}

export async function emergencyStop(
  deps: EmergencyStopDeps,
  actor: string,
): Promise<Result<{ killed: number; tookMs: number }>> {
  const started = deps.clock.now();
  const downs = deps.fleets
    .names()
    .filter((name) => deps.fleets.isUp(name))
    .map((name) => deps.fleets.halt(name, actor));
  const tools = deps.registry.servers.halt();
  const killed = await deps.ptyHost.killAll();
  const servers = await tools;
  if (!killed.ok) return killed;
  const running = (await Promise.all(downs)).reduce((sum, agents) => sum + agents, 0);
  const answer = {
    killed: Math.max(running, killed.value.killed) + servers,
    tookMs: Math.round(deps.clock.now() - started),
  };
  deps.recorder.note({
    subject: systemSubject("app", "emergency_stopped"),
    type: "app.emergency_stopped",
    actor,
    data: answer,
  });
  return ok(answer);
}
