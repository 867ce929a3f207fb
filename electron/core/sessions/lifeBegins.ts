/** The two ways in which a life comes to this core: spawned by it, or found running. */
import type { KeeperSession } from "#shared/rpc/keeperProtocol.ts";
import type { AgentSpec } from "#shared/model/fleetFile.ts";
import type { AgentAdapter, LaunchPlan } from "#core/ports/agentAdapter.ts";
import type { SessionDeps } from "./deps.ts";
import { noteAdopted, noteStarted } from "./lifeEvents.ts";
import type { LifeInit } from "./lifeInit.ts";
import { LiveLife } from "./liveLife.ts";
import { rowOfSession, type LifeRow } from "./lives.ts";

/** A life this core has just spawned. */
export function beginLife(
  deps: SessionDeps,
  init: Omit<LifeInit, "prompt" | "adoptedAt"> & { readonly plan: LaunchPlan },
): LiveLife {
  const prompt = init.plan.promptPassed || !init.row.notes.hasPrompt ? undefined : init.spec.prompt;
  const life = new LiveLife(deps, { ...init, ...(prompt === undefined ? {} : { prompt }) });
  noteStarted(deps, init.row);
  return life;
}

/** A life an earlier core spawned; the keeper kept it, ended or not. */
export function adoptLife(
  deps: SessionDeps,
  init: { session: KeeperSession; row: LifeRow | undefined; spec: AgentSpec; adapter: AgentAdapter },
): LiveLife {
  const { session, spec, adapter } = init;
  const row = init.row ?? rowOfSession(session);
  const life = new LiveLife(deps, { row, spec, adapter, size: session, adoptedAt: session.outputBytes });
  noteAdopted(deps, row, session.pid);
  return life;
}
