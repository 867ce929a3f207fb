/** A node's lamp and word, counting by themselves; the only part of a row that is drawn again each second. */
import type { ReactElement } from "react";
import type { NodePatch } from "#shared/contract/index.ts";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { stateTextColor } from "#renderer/ui/stateToken.ts";
import { useBackoffShare, useNowText, useStateWords } from "./hooks.ts";
import { durationWords } from "#shared/lib/words.ts";

export function NodeLamp({
  node,
  size = 14,
  label,
}: {
  readonly node: NodePatch;
  readonly size?: number;
  readonly label?: string;
}): ReactElement {
  const remaining = useBackoffShare(node);
  return <Lamp state={node.state} size={size} remaining={remaining} {...(label === undefined ? {} : { label })} />;
}

/** The word alone, in its colour. */
export function StateWord({ node }: { readonly node: NodePatch }): ReactElement {
  const words = useStateWords(node);
  return (
    <span className="tab nowrap" style={{ color: stateTextColor(node.state) }}>
      {words}
    </span>
  );
}

/** "2m", since a moment. */
export function Age({ since }: { readonly since: string }): ReactElement {
  const text = useNowText((now) => durationWords(now - Date.parse(since)));
  return <span className="tab nowrap">{text}</span>;
}
