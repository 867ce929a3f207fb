/** Lives that go through the metering gateway: turned at the launch, registered while they run, also by the next core. */
import { agentSubject } from "#shared/lib/eventSubjects.ts";
import type { AgentSpec } from "#shared/model/fleetFile.ts";
import type { AgentAdapter, LaunchPlan } from "#core/ports/agentAdapter.ts";
import type { SessionDeps } from "./deps.ts";
import type { LifeRow } from "./lives.ts";

export interface PlannedLife {
  readonly path: string;
  readonly spec: AgentSpec;
  readonly adapter: AgentAdapter;
  readonly sessionId: string;
  readonly plan: LaunchPlan;
}

export interface MeteredPlan {
  readonly plan: LaunchPlan;
  readonly gateway?: NonNullable<LifeRow["notes"]["gateway"]>;
}

/** A launch that cannot be metered goes its own way, and the events say why. */
export async function meterLaunch(deps: SessionDeps, life: PlannedLife): Promise<MeteredPlan> {
  const { metering } = deps;
  const { adapter, plan, spec, path, sessionId } = life;
  if (spec.agent === "command" || !metering.isWanted(spec)) return { plan };
  const gateway = await metering.open();
  const token = deps.newToken();
  const turned =
    gateway === undefined
      ? ({ type: "unmetered", why: "The metering gateway could not be opened." } as const)
      : await adapter.meter?.(plan, { baseUrl: `${gateway.url}/${sessionId}`, token });
  if (turned?.type === "metered") {
    const { args, env, routes, tokenHeader } = turned;
    const kept = { token, routes, ...(tokenHeader === undefined ? {} : { tokenHeader }) };
    return { plan: { ...plan, args, env }, gateway: kept };
  }
  const detail = turned?.why ?? `${adapter.name} has no setting for a base URL.`;
  const data = { path, sessionId, detail };
  deps.recorder.note({ subject: agentSubject(path, "unmetered"), type: "agent.unmetered", actor: "system", data });
  return { plan };
}

/** The returned function ends it. */
export function registerMetered(deps: SessionDeps, row: LifeRow, spec: AgentSpec): () => void {
  const kept = row.notes.gateway;
  if (kept === undefined) return () => {};
  let end: (() => void) | undefined;
  let isOver = false;
  const register = async (): Promise<void> => {
    const [gateway, env] = await Promise.all([deps.metering.open(), deps.metering.environment()]);
    if (isOver || gateway === undefined) return;
    const session = {
      sessionId: row.sessionId,
      agent: row.agent,
      env: { ...env, ...spec.env },
      token: kept.token,
      routes: kept.routes,
    };
    end = gateway.register({
      ...session,
      ...(kept.tokenHeader === undefined ? {} : { tokenHeader: kept.tokenHeader }),
    });
  };
  register().catch((error: unknown) =>
    deps.logger.error("An agent could not be let through the metering gateway.", {
      path: row.path,
      error: String(error),
    }),
  );
  return () => {
    isOver = true;
    end?.();
  };
}
