/** A fake for looking at screens: workflows, with runs that stand still. */
import { fail, ok } from "#shared/model/result.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { Run } from "#shared/model/workflow.ts";
import type { Handlers } from "#shared/rpc/handlers.ts";
import { sampleRuns, SAMPLE_WORKFLOW } from "./sampleWorkflows.ts";

type Named<T, P extends string> = { [K in Extract<keyof T, P>]: T[K] };

export interface DemoWorkflows {
  readonly runs: readonly Run[];
  readonly events: readonly StoredEvent[];
  readonly queries: Named<Handlers["queries"], `workflow.${string}`>;
  readonly commands: Named<Handlers["commands"], `workflow.${string}`>;
  readonly streams: Pick<Handlers["streams"], "workflows">;
}

export function demoWorkflows(hasAny: boolean): DemoWorkflows {
  const { runs, events } = hasAny ? sampleRuns(Date.now()) : { runs: [], events: [] };
  const definitions = hasAny ? [{ fleet: "appraisal", spec: SAMPLE_WORKFLOW }] : [];
  const find = (id: string) => {
    const run = runs.find(({ head }) => head.id === id);
    return run === undefined ? fail("not_found", `There is no run ${id}.`) : ok({ head: run.head });
  };
  return {
    runs,
    events,
    queries: {
      "workflow.definitions": async () => ok(definitions),
      "workflow.runs": async () => ok([...runs]),
      "workflow.run": async ({ run: id }) => {
        const run = runs.find(({ head }) => head.id === id);
        return run === undefined ? fail("not_found", `There is no run ${id}.`) : ok(run);
      },
    },
    commands: {
      "workflow.start": async () => find(runs[0]?.head.id ?? ""),
      "workflow.suspend": async ({ run }) => find(run),
      "workflow.resume": async ({ run }) => find(run),
      "workflow.abort": async ({ run }) => find(run),
      "workflow.undo": async ({ run }) => find(run),
      "workflow.skipUndo": async ({ run }) => find(run),
      "workflow.retryStep": async ({ run }) => find(run),
      "workflow.planB": async ({ run }) => find(run),
    },
    streams: {
      workflows: (_input, sink) => {
        sink.send({ type: "snapshot", definitions, runs: [...runs] });
        return ok({ close() {} });
      },
    },
  };
}
