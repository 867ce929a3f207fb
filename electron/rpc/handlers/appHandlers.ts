/** The app itself: facts, health, events, settings, leaving. Delegation only. */
import { patternProblem } from "#shared/lib/subjects.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { CommandHandlers, QueryHandlers } from "#shared/rpc/handlers.ts";
import type { Core } from "#core/app.ts";
import { emergencyStop } from "#core/policies/index.ts";
import { examine } from "./doctor.ts";

type AppQueries = "app.info" | "app.doctor" | "events.read" | "settings.get";
type AppCommands = "app.quit" | "auth.mint" | "settings.set";

/** What only the host can do. */
export interface HostControls {
  /** Ends the app; agents go on. */
  readonly quit: () => void;
  /** A one-time URL for a browser. Error: unsupported on a host that serves none. */
  readonly mint: () => Promise<Result<{ url: string; expiresInS: number }>>;
}

export function appQueries(core: Core): Pick<QueryHandlers, AppQueries> {
  const { config, ports } = core;
  return {
    "app.info": async () =>
      ok({
        version: config.version,
        dataDir: config.dataDir,
        pid: config.pid,
        platform: ports.machine.platform,
        host: config.host,
        homeDir: ports.machine.homeDir,
        startedAt: core.startedAt,
        noStart: config.noStart,
      }),
    "app.doctor": async () => ok(await examine(core)),
    "events.read": async (input) => readEvents(core, input),
    "settings.get": async () => ok(core.settings.current),
  };
}

async function readEvents(
  core: Core,
  input: Parameters<QueryHandlers["events.read"]>[0],
): ReturnType<QueryHandlers["events.read"]> {
  const { pattern, ...query } = input;
  const problem = pattern === undefined ? undefined : patternProblem(pattern);
  if (problem !== undefined) return fail("bad_request", problem.message);
  core.recorder.flush();
  const events = core.store.events.read({
    limit: query.limit,
    order: query.order,
    ...(query.from === undefined ? {} : { from: query.from }),
    ...(query.to === undefined ? {} : { to: query.to }),
    ...(query.text === undefined ? {} : { text: query.text }),
    ...(pattern === undefined ? {} : { subject: pattern }),
  });
  return ok({ events: [...events], lastSeq: core.store.events.lastSeq() });
}

export function appCommands(core: Core, host: HostControls): Pick<CommandHandlers, AppCommands> {
  return {
    "app.quit": async ({ stopAgents }, { actor }) => {
      if (stopAgents) {
        const stopped = await emergencyStop({ ...core, ...core.ports }, actor);
        if (!stopped.ok) return stopped;
      }
      core.ports.clock.after(50, host.quit);
      return ok({});
    },
    "auth.mint": async () => host.mint(),
    "settings.set": async ({ key, value }, { actor }) => core.settings.set(key, value, actor),
  };
}
