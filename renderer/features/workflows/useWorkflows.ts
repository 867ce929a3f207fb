/** What the core says of workflows: definitions and runs, from one stream for as long as the page is open. */
import { useEffect, useState } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import type { StreamItem, WorkflowDefinition } from "#shared/contract/index.ts";
import type { Run } from "#shared/model/workflow.ts";

export interface WorkflowsState {
  readonly isLoaded: boolean;
  readonly problem: string | undefined;
  readonly definitions: readonly WorkflowDefinition[];
  /** Newest first. */
  readonly runs: readonly Run[];
}

const NOTHING: WorkflowsState = { isLoaded: false, problem: undefined, definitions: [], runs: [] };

export function useWorkflows(): WorkflowsState & { readonly retry: () => void } {
  const { client } = useApp();
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState(NOTHING);
  useEffect(() => {
    const control = client.open(
      "workflows",
      {},
      {
        onItem: (item) => setState((before) => taken(before, item)),
        onEnd: (error) => {
          if (error !== undefined) setState((before) => ({ ...before, problem: error.message }));
        },
      },
    );
    return () => control.close();
  }, [client, attempt]);
  return { ...state, retry: () => setAttempt((now) => now + 1) };
}

export function taken(before: WorkflowsState, item: StreamItem<"workflows">): WorkflowsState {
  switch (item.type) {
    case "snapshot":
      return { isLoaded: true, problem: undefined, definitions: item.definitions, runs: item.runs };
    case "definitions":
      return { ...before, definitions: item.definitions };
    case "runs":
      return { ...before, runs: merged(before.runs, item.runs) };
  }
}

function merged(before: readonly Run[], changed: readonly Run[]): readonly Run[] {
  const byId = new Map(changed.map((run) => [run.head.id, run]));
  const known = before.map((run) => byId.get(run.head.id) ?? run);
  const fresh = changed.filter(({ head }) => !before.some((run) => run.head.id === head.id));
  return [...fresh, ...known].toSorted((one, other) => other.head.startedAt.localeCompare(one.head.startedAt));
}
