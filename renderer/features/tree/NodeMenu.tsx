/** The context menu of one node, filled with what fits its state now. */
import type { ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useNode } from "#renderer/state/hooks.ts";
import { actionsFor, actOn } from "#renderer/state/nodeActions.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import type { TreeAction } from "./consequence.ts";
import { menuEntries } from "./menuEntries.ts";
import { TreeMenu } from "./TreeMenu.tsx";
import type { Go } from "./useGo.ts";

interface Props {
  readonly menu: MenuAt;
  readonly isConnected: boolean;
  readonly act: (action: TreeAction, path: string) => void;
  readonly go: Go;
  readonly onClose: () => void;
}

export interface MenuAt {
  readonly path: string;
  readonly at: { readonly x: number; readonly y: number };
}

export function NodeMenu({ menu, isConnected, act, go, onClose }: Props): ReactElement | null {
  const app = useApp();
  const node = useNode(menu.path);
  if (node === undefined) return null;
  const { path, kind } = node;
  const entries = menuEntries({
    path,
    kind,
    isConnected,
    actions: actionsFor(node),
    act: (id) => (id === "remove" ? actOn(app, id, path) : act(id, path)),
    add: () => openOverlay(app.store, { kind: "addChild", what: "agent", parent: path }),
    go,
  });
  return <TreeMenu name={`Actions for ${node.id}`} at={menu.at} entries={entries} onClose={onClose} />;
}
