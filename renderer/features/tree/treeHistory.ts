/** Lives and events of the node in the inspector: asked when it is selected, asked again when its state says there is more. */
import { useCoreQuery } from "#renderer/state/commands.ts";
import type { NodePatch } from "#shared/contract/index.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { Life } from "#shared/model/node.ts";
import { useEffect } from "react";
import { subjectPattern } from "./useGo.ts";

const SHOWN_EVENTS = 4;
const NO_LIVES: readonly Life[] = [];
const NO_EVENTS: readonly StoredEvent[] = [];

/** Newest first. */
export function useLives(node: NodePatch): { readonly lives: readonly Life[]; readonly problem: string | undefined } {
  const { data, error, refetch } = useCoreQuery("agent.lives", { id: node.path });
  useAgain(refetch, `${node.generation} ${node.pid ?? ""}`);
  return { lives: data ?? NO_LIVES, problem: error?.message };
}

/** Newest first. */
export function useLastEvents(node: NodePatch): readonly StoredEvent[] {
  const { data, refetch } = useCoreQuery("events.read", {
    pattern: subjectPattern(node.path, node.kind),
    limit: SHOWN_EVENTS,
    order: "desc",
  });
  useAgain(refetch, `${node.state} ${node.stateSince} ${node.detail ?? ""}`);
  return data?.events ?? NO_EVENTS;
}

/** Asks once more whenever `mark` changes, but not for the first one: that is the query's own first answer. */
function useAgain(refetch: () => Promise<unknown>, mark: string): void {
  useEffect(() => {
    const seen = mark;
    return () => {
      if (seen !== "") void refetch();
    };
  }, [refetch, mark]);
}
