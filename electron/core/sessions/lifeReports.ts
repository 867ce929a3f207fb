/** What a life says of itself besides its screen: hooks to its observer, token usage to its meter. */
import type { AgentAdapter, AgentObserver } from "#core/ports/agentAdapter.ts";
import type { LifeMeter } from "#core/ports/lifeMeter.ts";
import type { AgentSpec } from "#shared/model/fleetFile.ts";
import type { SessionDeps } from "./deps.ts";
import type { LifeRow } from "./lives.ts";

interface Reporting {
  readonly row: LifeRow;
  readonly observer: AgentObserver;
  readonly meter: LifeMeter;
  readonly isAlive: () => boolean;
}

/** The function that ends it, once there is one; undefined where nothing reports. */
export async function takeReports(deps: SessionDeps, life: Reporting): Promise<(() => void) | undefined> {
  const { row, observer, meter } = life;
  const desk = deps.desk(row.path, row.sessionId);
  if (row.notes.ingestToken === "") return undefined;
  const ingest = await deps.ingest();
  if (ingest === undefined || !life.isAlive()) return undefined;
  return ingest.register(row.sessionId, row.notes.ingestToken, {
    ...(desk === undefined ? {} : { desk }),
    hook: (payload, signal) => observer.hook(payload, signal),
    usage: (payload) => meter.told(payload),
    usageFlood: (why) => meter.toldRefused(why),
    telemetry: (batch) => {
      observer.telemetry?.(batch);
      meter.telemetry(batch);
    },
    telemetryRefused: (why) => meter.telemetryRefused(why),
  });
}

interface Metered {
  readonly row: LifeRow;
  readonly adapter: AgentAdapter | undefined;
  /** Absent where nobody knows any more. */
  readonly spec?: Pick<AgentSpec, "command" | "args" | "cwd" | "env">;
  /** Set where the life was adopted. */
  readonly adoptedAt?: number;
}

export function meterOf(deps: SessionDeps, { row, adapter, spec, adoptedAt }: Metered): LifeMeter {
  const { sessionId, agent, cliSessionId, startedAt } = row;
  const line = [spec?.command ?? "", ...(spec?.args ?? [])].join(" ");
  const printed = adapter?.printed?.of(line);
  const { cwd = "", env = {} } = spec ?? {};
  const wasUnheard = adoptedAt !== undefined && row.notes.activity === "busy";
  const life = { sessionId, agent, usage: adapter?.usage, printed, cwd, env, cliSessionId, startedAt, wasUnheard };
  return deps.lifeMeters.begin(life);
}
