import { useMemo } from "react";
import { useShallow } from "zustand/react/shallow";
import { useAppState } from "#renderer/state/hooks.ts";
import { subtree } from "#renderer/state/derive.ts";

export interface ParentChoice {
  readonly path: string;
  /** Indented by its depth. */
  readonly label: string;
}

/** Every supervisor of every fleet, in the tree's order. */
export function useParents(): readonly ParentChoice[] {
  const { fleets, nodes, children } = useAppState(
    useShallow((state) => ({ fleets: state.fleets, nodes: state.nodes, children: state.children })),
  );
  return useMemo(
    () =>
      [...fleets.keys()].flatMap((fleet) =>
        subtree({ children }, fleet).flatMap((path) => {
          const node = nodes.get(path);
          return node?.kind === "supervisor"
            ? [{ path, label: path === fleet ? `${fleet} (top)` : `${fleet} / ${node.id}` }]
            : [];
        }),
      ),
    [fleets, nodes, children],
  );
}
