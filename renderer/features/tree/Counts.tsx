/** Agents of a supervisor in sum: lamps on its line, a lamp and a number per state, or the words for what stands out. */
import { memo, type ReactElement } from "react";
import { useNode } from "#renderer/state/hooks.ts";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { stateTextColor } from "#renderer/ui/stateToken.ts";
import { STATE_WORDS } from "#shared/model/stateWords.ts";
import { NEED_ORDER, type NodeState } from "#shared/model/states.ts";
import type { LayoutRow } from "./layout.ts";
import { NodeLamp } from "./NodeLamp.tsx";
import type { StateCounts } from "./treeData.ts";
import { useTreeView } from "./treeView.ts";
import { COUNT_WORDS } from "./words.ts";

const QUIET: ReadonlySet<NodeState> = new Set(["idle", "done", "stopped"]);
/** Said in words on a supervisor's line; everything else is "busy" or "quiet" there. */
const EXCEPTIONS = NEED_ORDER.filter(
  (state) => !QUIET.has(state) && state !== "busy" && state !== "starting" && state !== "stopping",
);

export function StripLamps({
  strip,
  offset,
  selected,
}: {
  readonly strip: NonNullable<LayoutRow["strip"]>;
  readonly offset: number;
  readonly selected: string | undefined;
}): ReactElement {
  return (
    <>
      {strip.paths.map((path, index) => (
        <StripLamp
          key={path}
          path={path}
          x={strip.x + index * strip.step + 8 - offset}
          step={strip.step}
          isSelected={path === selected}
        />
      ))}
    </>
  );
}

/** Quiet ones 9 px, busy 11, the rest 14: what needs a person is also the largest. */
const StripLamp = memo(function StripLamp({
  path,
  x,
  step,
  isSelected,
}: {
  readonly path: string;
  readonly x: number;
  readonly step: number;
  readonly isSelected: boolean;
}) {
  const node = useNode(path);
  const hit = useTreeView((view) => view.effects.get(path));
  if (node === undefined) return null;
  const size = Math.min(step, QUIET.has(node.state) ? 9 : node.state === "busy" ? 11 : 14);
  return (
    <span
      className="tree-strip-lamp"
      data-path={path}
      data-hit={hit}
      data-selected={isSelected || undefined}
      title={`${node.id}: ${STATE_WORDS[node.state]}`}
      style={{ left: x - size / 2 - 1.5, top: 14 - size / 2 - 1.5 }}
    >
      <NodeLamp node={node} size={size} />
    </span>
  );
});

export function CountLamps({
  counts,
  isWorded,
}: {
  readonly counts: StateCounts;
  readonly isWorded: boolean;
}): ReactElement {
  return (
    <span className="tree-count-lamps">
      {inNeedOrder(counts).map(([state, count]) => (
        <span key={state} className="tree-count-lamp" style={{ color: stateTextColor(state) }}>
          <Lamp state={state} size={12} />
          {isWorded ? `${count} ${COUNT_WORDS[state]}` : count}
        </span>
      ))}
    </span>
  );
}

/** "1 in backoff, 1 waiting" where something stands out, else "4 busy, 3 quiet". */
export function Summary({ counts, state }: { readonly counts: StateCounts; readonly state: NodeState }): ReactElement {
  const exceptions = inNeedOrder(counts).filter(([one]) => EXCEPTIONS.includes(one));
  if (exceptions.length === 0) return <span className="tree-summary tree-quiet">{quietSentence(counts, state)}</span>;
  return (
    <span className="tree-summary">
      {exceptions.slice(0, 2).map(([one, count]) => (
        <span key={one} className="tree-count-lamp" style={{ color: stateTextColor(one) }}>
          <Lamp state={one} size={11} />
          {count} {COUNT_WORDS[one]}
        </span>
      ))}
    </span>
  );
}

function quietSentence(counts: StateCounts, state: NodeState): string {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (all === 0) return "no agents yet";
  const busy = (counts.get("busy") ?? 0) + (counts.get("starting") ?? 0);
  if (state === "stopped") return `${all} stopped`;
  return busy === 0 ? `${all} quiet` : busy === all ? `${busy} busy` : `${busy} busy, ${all - busy} quiet`;
}

/** "2 waiting, 3 busy", for a row's name. */
export function countsSentence(counts: StateCounts): string {
  return inNeedOrder(counts)
    .map(([state, count]) => `${count} ${COUNT_WORDS[state]}`)
    .join(", ");
}

/** Waiting for a permission and for an answer look and sound the same, so they count as one. */
function inNeedOrder(counts: StateCounts): readonly (readonly [NodeState, number])[] {
  const waiting = (counts.get("waiting_permission") ?? 0) + (counts.get("waiting_answer") ?? 0);
  return NEED_ORDER.filter((state) => state !== "waiting_answer")
    .map((state) => [state, state === "waiting_permission" ? waiting : (counts.get(state) ?? 0)] as const)
    .filter(([, count]) => count > 0);
}
