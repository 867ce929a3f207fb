/** Joins workflows and the tools agents call: while an agent holds a step's lock, its calls are the run's, and the step tells of them. */
import type { Workflows } from "#core/workflows/index.ts";

export interface StepCall {
  /** What the record of the call carries. */
  readonly marks: { readonly contextId?: string; readonly correlationId?: string };
  ended(isOk: boolean): void;
}

/** Of an agent (`fleet/id`), before it calls a tool (`server.tool`). */
export type WorkCall = (path: string, tool: string) => StepCall;

export function stepCalls(workflows: () => Workflows): WorkCall {
  return (path, tool) => {
    const work = workflows().callsFor(path);
    if (work === undefined) return { marks: {}, ended: () => undefined };
    workflows().report(work.entry, path, `calls ${tool}`);
    return {
      marks: { contextId: work.contextId, correlationId: work.key },
      ended: (isOk) => {
        // Its lock may have gone to another one meanwhile.
        if (workflows().callsFor(path)?.key !== work.key) return;
        workflows().report(work.entry, path, `thinking… (${tool} ${isOk ? "answered" : "failed"})`);
      },
    };
  };
}
