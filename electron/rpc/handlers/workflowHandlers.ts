/** Workflows: definitions, runs, and what a person does about them. Delegation only. */
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { CommandHandlers, QueryHandlers, StreamHandlers } from "#shared/rpc/handlers.ts";
import type { Run, RunHead } from "#shared/model/workflow.ts";
import type { Core } from "#core/app.ts";

type WorkflowQueries = "workflow.definitions" | "workflow.runs" | "workflow.run";
type WorkflowCommands =
  | "workflow.start"
  | "workflow.suspend"
  | "workflow.resume"
  | "workflow.abort"
  | "workflow.undo"
  | "workflow.skipUndo"
  | "workflow.retryStep"
  | "workflow.planB";

export function workflowQueries({ workflows }: Core): Pick<QueryHandlers, WorkflowQueries> {
  return {
    "workflow.definitions": async () => ok([...workflows.definitions()]),
    "workflow.runs": async ({ limit }) => ok([...workflows.runs(limit)]),
    "workflow.run": async ({ run }) => workflows.run(run),
  };
}

export function workflowCommands({ workflows }: Core): Pick<CommandHandlers, WorkflowCommands> {
  return {
    "workflow.start": async (request, { actor }) => headOf(workflows.start({ ...request, actor })),
    "workflow.suspend": async ({ run }, { actor }) => headOf(workflows.suspend(run, actor)),
    "workflow.resume": async ({ run }, { actor }) => headOf(workflows.resume(run, actor)),
    "workflow.abort": async ({ run }, { actor }) => headOf(workflows.abort(run, actor)),
    "workflow.undo": async ({ run }, { actor }) => headOf(workflows.undo(run, actor)),
    "workflow.skipUndo": async (ref, { actor }) => headOfMoved(workflows.skipUndo(ref, actor)),
    "workflow.retryStep": async (ref, { actor }) => headOfMoved(workflows.retry(ref, { actor })),
    "workflow.planB": async (ref, { actor }) => headOfMoved(workflows.planB(ref, { actor })),
  };
}

export function workflowStreams({ workflows }: Core): Pick<StreamHandlers, "workflows"> {
  return {
    workflows: (_input, sink) => {
      sink.send({ type: "snapshot", definitions: [...workflows.definitions()], runs: [...workflows.runs(SHOWN)] });
      const close = workflows.feed.watch({
        runs: (runs) => sink.send({ type: "runs", runs: [...runs] }),
        definitions: () => sink.send({ type: "definitions", definitions: [...workflows.definitions()] }),
      });
      return ok({ close });
    },
  };
}

/** As many as the list of the page holds. */
const SHOWN = 100;

function headOf(result: Result<Run>): Result<{ head: RunHead }> {
  return result.ok ? ok({ head: result.value.head }) : result;
}

function headOfMoved(result: Result<{ run: Run }>): Result<{ head: RunHead }> {
  return result.ok ? ok({ head: result.value.run.head }) : result;
}
