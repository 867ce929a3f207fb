/** What the menu of a node offers: the ways out, then what fits its state. */
import type { NodeAction, NodeActionId } from "#renderer/state/nodeActions.ts";
import type { MenuEntry } from "./TreeMenu.tsx";
import type { Go } from "./useGo.ts";

interface Input {
  readonly path: string;
  readonly kind: "agent" | "supervisor";
  readonly isConnected: boolean;
  /** Those that make sense for the node as it stands. */
  readonly actions: readonly NodeAction[];
  readonly act: (id: NodeActionId) => void;
  readonly add: () => void;
  readonly go: Go;
}

export function menuEntries({ path, kind, isConnected, actions, act, add, go }: Input): readonly MenuEntry[] {
  const ways: readonly MenuEntry[] =
    kind === "agent"
      ? [
          { label: "Terminal", keys: "enter", run: () => go.terminal(path) },
          { label: "Session", keys: "s", run: () => go.session(path) },
        ]
      : [{ label: "Add agent", isDisabled: !isConnected, run: add }];
  return [
    ...ways,
    { label: "Events", keys: "e", run: () => go.events(path) },
    ...actions.map(({ id, label, keys }) => ({
      label,
      ...(keys === undefined ? {} : { keys }),
      isDanger: id === "stop" || id === "remove",
      isDisabled: !isConnected,
      run: () => act(id),
    })),
  ];
}
