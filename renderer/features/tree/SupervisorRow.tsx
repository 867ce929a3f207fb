/** A supervisor in each of its forms: root and header with facts beside the name, block with facts below, one line otherwise. */
import { memo, type ReactElement } from "react";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useNode, useNowText } from "#renderer/state/hooks.ts";
import type { NodePatch } from "#shared/contract/index.ts";
import type { Columns } from "./columns.ts";
import { CountLamps, countsSentence, StripLamps } from "./Counts.tsx";
import { NodeLamp } from "./NodeLamp.tsx";
import { rowId, type RowProps } from "./rows.ts";
import { FactColumns, FactsBelow, FactsBeside } from "./SupervisorFacts.tsx";
import { sumOf, useCounts, type StateCounts } from "./treeData.ts";
import { setFold, useTreeView } from "./treeView.ts";
import { supervisorWords, usedWords } from "./words.ts";
import "./supervisors.css";

/** "2 rate-limited" with its lamp and gap. */
const WORDED_COUNT_PX = 98;

interface Props extends RowProps {
  readonly columns: Columns;
  /** Level 1 has room for strategy and levers beside the name; the others show counts there. */
  readonly isRoomy: boolean;
  /** The selected agent, where it has no row of its own and this one stands for it. */
  readonly holds: string | undefined;
}

export const SupervisorRow = memo(function SupervisorRow(props: Props) {
  const { row, isActive, isSelected, isDimmed, width, columns, holds } = props;
  const node = useNode(row.path);
  const counts = useCounts(row.path);
  const isGivingUp = useTreeView((view) => view.radius?.givesUp.some((one) => one.path === row.path) === true);
  const word = useNowText((now) => (node === undefined ? "" : supervisorWords(node, sumOf(counts), now)));
  if (node === undefined) return null;
  return (
    <div
      id={rowId(row.path)}
      className={`tree-sup tree-sup-${row.kind}`}
      role="treeitem"
      aria-level={row.depth}
      aria-posinset={row.position}
      aria-setsize={row.setSize}
      aria-selected={isSelected}
      aria-expanded={row.isOpen}
      aria-label={sayAll(node, counts, word)}
      data-path={row.path}
      data-active={flag(isActive)}
      data-holds={flag(holds !== undefined)}
      data-hit={flag(isGivingUp)}
      data-dimmed={flag(isDimmed)}
      style={{ left: row.x - 6, top: row.y - 14, width: widthOf(row, columns, width) }}
    >
      <NameTag node={node} row={row} columns={columns} />
      <Body {...props} node={node} counts={counts} />
    </div>
  );
});

function flag(isOn: boolean): true | undefined {
  return isOn ? true : undefined;
}

function widthOf(row: RowProps["row"], columns: Columns, width: number): number {
  return row.kind === "block" ? Math.max(60, columns.ladderX - row.x) : Math.max(120, width - row.x);
}

function sayAll(node: NodePatch, counts: StateCounts, word: string): string {
  return [`${node.id}, supervisor`, word, node.strategy ?? "", usedWords(node), countsSentence(counts)]
    .filter((part) => part !== "")
    .join(", ");
}

function NameTag({
  node,
  row,
  columns,
}: {
  readonly node: NodePatch;
  readonly row: RowProps["row"];
  readonly columns: Columns;
}): ReactElement {
  const isLine = row.kind === "strip" || row.kind === "counts";
  const isOpenArea = row.kind === "root" || row.kind === "header";
  return (
    <span className="tree-sup-name" style={{ maxWidth: isOpenArea ? 260 : columns.ladderX - row.x - 6 }}>
      <NodeLamp node={node} size={isLine ? 14 : 16} />
      <span className="tree-sup-id">{node.id}</span>
      {(isLine || row.kind === "header") && <span className="tree-count">{row.agents}</span>}
      <Fold path={row.path} isOpen={row.isOpen === true} name={node.id} />
    </span>
  );
}

type BodyProps = Props & { readonly node: NodePatch; readonly counts: StateCounts };

function Body({ row, node, counts, columns, width, isRoomy, holds }: BodyProps): ReactElement {
  const left = columns.factsX - row.x + 6;
  const room = width - columns.factsX;
  switch (row.kind) {
    case "block":
      return <FactsBelow node={node} />;
    case "strip":
      return (
        <>
          {row.strip !== undefined && <StripLamps strip={row.strip} offset={row.x - 6} selected={holds} />}
          <FactColumns node={node} counts={counts} left={left} room={room} />
        </>
      );
    case "root":
      return isRoomy ? (
        <FactsBeside node={node} />
      ) : (
        <CountLamps counts={counts} isWorded={counts.size * WORDED_COUNT_PX < width - 240} />
      );
    case "header":
      if (isRoomy) return <FactsBeside node={node} />;
      break;
    case "counts":
    case "agent":
      break;
  }
  return (
    <>
      <span
        className="tree-counts-line"
        data-open={row.isOpen === true ? true : undefined}
        style={{ left: columns.ladderX - row.x + 6 }}
      >
        <CountLamps counts={counts} isWorded={false} />
      </span>
      <FactColumns node={node} counts={undefined} left={left} room={room} />
    </>
  );
}

/** The mouse's way to fold; the keyboard has Left, Right and the brackets. */
function Fold({
  path,
  isOpen,
  name,
}: {
  readonly path: string;
  readonly isOpen: boolean;
  readonly name: string;
}): ReactElement {
  const Icon = isOpen ? ChevronDown : ChevronRight;
  return (
    <button
      type="button"
      className="tree-fold"
      tabIndex={-1}
      title={`${isOpen ? "Fold" : "Open"} ${name}`}
      aria-hidden="true"
      onClick={(event) => {
        event.stopPropagation();
        setFold(path, !isOpen);
      }}
    >
      <Icon size={12} strokeWidth={1.8} />
    </button>
  );
}
