/** Strategy and intensity of a supervisor in the places a row has for them: below its name, beside it, or in columns. */
import type { ReactElement } from "react";
import { ArrowUp } from "lucide-react";
import { useNowText } from "#renderer/state/hooks.ts";
import { Levers } from "#renderer/ui/Levers.tsx";
import { StrategyGlyph } from "#renderer/ui/StrategyGlyph.tsx";
import type { NodePatch } from "#shared/contract/index.ts";
import { stateWords } from "#shared/model/stateWords.ts";
import { Summary } from "./Counts.tsx";
import { useEscalatedChildren, type StateCounts } from "./treeData.ts";
import { usedWords } from "./words.ts";

/** More levers than this are a fence; the text says it better. */
const MAX_LEVERS = 5;

export function Strategy({ node }: { readonly node: NodePatch }): ReactElement | null {
  if (node.strategy === undefined) return null;
  return (
    <span className="tree-fact">
      <StrategyGlyph strategy={node.strategy} />
      <span className="tree-mono">{node.strategy}</span>
    </span>
  );
}

const DOWN_WORDS: Readonly<Partial<Record<NodePatch["state"], string>>> = {
  escalated: "escalated",
  gave_up: "gave up",
};

export function Intensity({
  node,
  isShort,
}: {
  readonly node: NodePatch;
  readonly isShort: boolean;
}): ReactElement | null {
  if (node.intensity === undefined) return null;
  const used = node.restartsInWindow ?? 0;
  const down = DOWN_WORDS[node.state];
  const short = `${used} of ${node.intensity}`;
  return (
    <span className="tree-fact" data-down={down === undefined ? undefined : true}>
      {node.intensity <= MAX_LEVERS && <Levers used={used} allowed={node.intensity} />}
      {isShort ? short : down === undefined ? usedWords(node) : `${short}, ${down}`}
    </span>
  );
}

export function FactsBelow({ node }: { readonly node: NodePatch }): ReactElement {
  return (
    <span className="tree-facts-below">
      <Strategy node={node} />
      <Intensity node={node} isShort={false} />
    </span>
  );
}

/** Also names who escalated to it. */
export function FactsBeside({ node }: { readonly node: NodePatch }): ReactElement {
  const escalated = useEscalatedChildren(node.path);
  return (
    <span className="tree-facts-beside">
      <Strategy node={node} />
      <Intensity node={node} isShort={false} />
      {escalated.map((child) => (
        <EscalatedChild key={child.path} child={child} />
      ))}
    </span>
  );
}

function EscalatedChild({ child }: { readonly child: NodePatch }): ReactElement {
  const words = useNowText((now) => stateWords(child, now));
  return (
    <span className="tree-fact tree-fact-escalated">
      <ArrowUp size={12} aria-hidden="true" />
      {child.id} {words.charAt(0).toLowerCase()}
      {words.slice(1)}
    </span>
  );
}

interface ColumnsProps {
  readonly node: NodePatch;
  /** Undefined where the counts stand on the line already. */
  readonly counts: StateCounts | undefined;
  readonly left: number;
  /** To the right edge, px; narrow pages lose the strategy first, then the levers. */
  readonly room: number;
}

export function FactColumns({ node, counts, left, room }: ColumnsProps): ReactElement {
  return (
    <span className="tree-line-facts" style={{ left }}>
      {counts === undefined ? <span className="tree-summary" /> : <Summary counts={counts} state={node.state} />}
      {room > 420 && <Strategy node={node} />}
      {room > 290 && <Intensity node={node} isShort />}
    </span>
  );
}
