/** A node's lamp; in backoff its ring empties by itself. */
import type { ReactElement } from "react";
import { useBackoffShare } from "#renderer/state/hooks.ts";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import type { NodePatch } from "#shared/contract/index.ts";

export function NodeLamp({ node, size }: { readonly node: NodePatch; readonly size: number }): ReactElement {
  return node.state === "backoff" ? <CountingLamp node={node} size={size} /> : <Lamp state={node.state} size={size} />;
}

function CountingLamp({ node, size }: { readonly node: NodePatch; readonly size: number }): ReactElement {
  return <Lamp state={node.state} size={size} remaining={useBackoffShare(node)} />;
}
