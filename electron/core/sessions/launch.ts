/** From a specification to a running life: decide how it begins, let the adapter plan it, spawn it in the keeper. */
import { agreedTools, scopesOf } from "#shared/model/agentScopes.ts";
import type { AgentSpec } from "#shared/model/fleetFile.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { AgentAdapter, LaunchPlan } from "#core/ports/agentAdapter.ts";
import { agentSubject } from "#shared/lib/eventSubjects.ts";
import type { SessionDeps } from "./deps.ts";
import { decideLifeStart } from "./lifePlan.ts";
import type { LifeStart } from "./lifePlan.ts";
import { beginLife } from "./lifeBegins.ts";
import type { LiveLife } from "./liveLife.ts";
import type { LifeRow } from "./lives.ts";
import { meterLaunch } from "./metering.ts";

export interface LaunchOrder {
  readonly path: string;
  readonly spec: AgentSpec;
  readonly adapter: AgentAdapter;
  readonly last: LifeRow | undefined;
  readonly automatic: boolean;
  readonly freshAsked: boolean;
  readonly size: { cols: number; rows: number };
}

/** Errors are refusals a retry would not mend; a failing keeper is reported as `keeper_unavailable`. */
export async function launchLife(deps: SessionDeps, order: LaunchOrder): Promise<Result<LiveLife>> {
  const start = decideLifeStart({
    last: order.last,
    spec: order.spec,
    resumable: order.adapter.resumable,
    automatic: order.automatic,
    freshAsked: order.freshAsked,
  });
  const sessionId = deps.newId();
  const token = deps.newToken();
  const plan = await planLife(deps, order, { sessionId, token, start });
  if (!plan.ok) return plan;
  noteWithoutTools(deps, order.path, plan.value.withoutTools);
  const { plan: turned, gateway } = await meterLaunch(deps, { ...order, sessionId, plan: plan.value });
  const generation = (order.last?.generation ?? 0) + 1;
  const spawned = await deps.ptyHost.spawn({
    sessionId,
    tag: { path: order.path, generation, agent: order.spec.agent },
    file: turned.file,
    args: [...turned.args],
    cwd: turned.cwd,
    env: { ...turned.env },
    ...order.size,
  });
  if (!spawned.ok) return spawned;
  const row: LifeRow = {
    sessionId,
    path: order.path,
    generation,
    mode: start.type === "resume" ? "resumed" : "fresh",
    agent: order.spec.agent,
    pid: spawned.value.pid,
    startedAt: toIsoTime(deps.clock.wallNow()),
    outputBytes: 0,
    outputStart: 0,
    ...cliSession(plan.value, start),
    notes: {
      memo: plan.value.memo,
      ingestToken: token,
      activity: "starting",
      detail: "",
      hasPrompt: start.type === "fresh" && order.spec.prompt !== undefined,
      resumeBroken: false,
      ...(gateway === undefined ? {} : { gateway }),
      ...taskOf(order, start),
    },
  };
  return ok(beginLife(deps, { row, plan: plan.value, spec: order.spec, adapter: order.adapter, size: order.size }));
}

/** A conversation that goes on goes on with its task. */
function taskOf({ spec, last }: LaunchOrder, start: LifeStart): { task?: string } {
  const task = (start.type === "resume" ? last?.notes.task : undefined) ?? spec.task;
  return task === undefined ? {} : { task };
}

function cliSession(plan: LaunchPlan, start: LifeStart): { cliSessionId?: string } {
  if (plan.cliSessionId !== undefined) return { cliSessionId: plan.cliSessionId };
  return start.type === "resume" ? { cliSessionId: start.cliSessionId } : {};
}

async function planLife(
  deps: SessionDeps,
  order: LaunchOrder,
  life: { sessionId: string; token: string; start: LifeStart },
): Promise<Result<LaunchPlan>> {
  const { spec } = order;
  const scopes = scopesOf(spec);
  const ingest = await deps.ingest();
  try {
    return await order.adapter.launch({
      sessionId: life.sessionId,
      cwd: spec.cwd,
      args: spec.args,
      env: spec.env,
      mode:
        life.start.type === "resume" ? { type: "resume", cliSessionId: life.start.cliSessionId } : { type: "fresh" },
      filesDir: deps.filesDir(life.sessionId),
      ...(spec.command === undefined ? {} : { command: spec.command }),
      ...(spec.prompt === undefined || life.start.type === "resume" ? {} : { prompt: spec.prompt }),
      ...(spec.model === undefined ? {} : { model: spec.model }),
      ...(ingest === undefined
        ? {}
        : { ingest: { url: ingest.url, telemetryUrl: ingest.telemetryUrl, token: life.token } }),
      ...(ingest === undefined || scopes.length === 0
        ? {}
        : { tools: { url: `${ingest.toolsUrl}/${life.sessionId}`, token: life.token, agreed: agreedTools(scopes) } }),
    });
  } catch (error) {
    deps.logger.error("An adapter failed while planning a launch.", { path: order.path, error: String(error) });
    return fail("internal", `${order.adapter.name} could not be prepared: ${String(error)}. The log has the details.`);
  }
}

function noteWithoutTools({ recorder }: SessionDeps, path: string, detail: string | undefined): void {
  if (detail === undefined) return;
  const subject = agentSubject(path, "without_tools");
  recorder.note({ subject, type: "agent.without_tools", actor: "system", data: { path, detail } });
}

/** The event of a start that could not even be tried. */
export function noteRefusal(deps: SessionDeps, path: string, detail: string): void {
  deps.recorder.note({
    subject: agentSubject(path, "start_refused"),
    type: "agent.start_refused",
    actor: "system",
    data: { path, detail },
  });
}

/** The machine has no room for it yet: it waits in line, which is no failure. */
export function noteQueued(deps: SessionDeps, path: string, reason: string): void {
  deps.recorder.note({
    subject: agentSubject(path, "start_queued"),
    type: "agent.start_queued",
    actor: "system",
    data: { path, detail: reason },
  });
}
