/** The same tree as a table: sorting, several at once, one row per node for screen readers. Rows outside the window are not rendered. */
import {
  useCallback,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type MouseEvent,
  type ReactElement,
  type RefObject,
} from "react";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { select, toggleSelected } from "#renderer/state/appStore.ts";
import { useAppState, useNode, useNowText } from "#renderer/state/hooks.ts";
import { Levers } from "#renderer/ui/Levers.tsx";
import { StrategyGlyph } from "#renderer/ui/StrategyGlyph.tsx";
import { stateTextColor } from "#renderer/ui/stateToken.ts";
import type { NodePatch } from "#shared/contract/index.ts";
import { cliName, stateWords } from "#shared/model/stateWords.ts";
import type { LayoutNode } from "./layout.ts";
import { outlineRows, type OutlineRow, type SortKey, type Sorting } from "./outlineRows.ts";
import { NodeLamp } from "./NodeLamp.tsx";
import type { SteerRow } from "./steer.ts";
import { sumOf, useCounts } from "./treeData.ts";
import { setFold, useTreeView } from "./treeView.ts";
import { useViewport } from "./useViewport.ts";
import { supervisorWords } from "./words.ts";
import "./outline.css";

interface Props {
  readonly shape: readonly LayoutNode[];
  readonly matches: ReadonlySet<string> | undefined;
  readonly selected: string | undefined;
  /** Filled with the current rows, for the keyboard. */
  readonly rowsRef: RefObject<readonly SteerRow[]>;
  readonly onOpen: (path: string) => void;
  readonly onMenu: (path: string, at: { readonly x: number; readonly y: number }) => void;
}

const ROW_PX = 30;
const HEAD_PX = 27;
/** Room for the bar of several selected rows. */
const FOOT_PX = 64;
/** Rendered above and below the window, so that scrolling a step shows no gap. */
const OVERSCAN_ROWS = 8;
const COLUMNS: readonly { readonly key: SortKey; readonly label: string; readonly className: string }[] = [
  { key: "name", label: "Name", className: "outline-name" },
  { key: "state", label: "State", className: "outline-state" },
  { key: "cli", label: "CLI", className: "outline-cli" },
  { key: "strategy", label: "Strategy", className: "outline-strategy" },
  { key: "restarts", label: "Restarts", className: "outline-restarts" },
  { key: "lives", label: "Lives", className: "outline-lives" },
];

export function Outline(props: Props): ReactElement {
  const { shape, matches, selected, rowsRef } = props;
  const folds = useTreeView((view) => view.folds);
  const [sorting, setSorting] = useState<Sorting>();
  const { store } = useApp();
  // Sorted by what changes, rows would jump under the pointer: the order is taken when sorting, folding or filtering.
  const rows = useMemo(
    () => outlineRows({ shape, folds, matches, sorting, nodeOf: (path) => store.getState().nodes.get(path) }),
    [shape, folds, matches, sorting, store],
  );
  const picked = useAppState((state) => state.selection);
  const onPick = usePick(rows);
  useLayoutEffect(() => {
    rowsRef.current = rows;
  }, [rows, rowsRef]);
  const scroller = useRef<HTMLDivElement>(null);
  const { scrollTop, height } = useViewport(scroller);
  const first = Math.max(0, Math.floor(scrollTop / ROW_PX) - OVERSCAN_ROWS);
  const shown = rows.slice(first, Math.ceil((scrollTop + height) / ROW_PX) + OVERSCAN_ROWS);
  const selectedIndex = rows.findIndex((row) => row.path === selected);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || selectedIndex < 0) return;
    const top = selectedIndex * ROW_PX;
    if (top < element.scrollTop) element.scrollTo({ top });
    else if (top + HEAD_PX + ROW_PX > element.scrollTop + element.clientHeight)
      element.scrollTo({ top: top + HEAD_PX + ROW_PX - element.clientHeight });
  }, [selectedIndex]);
  return (
    <div
      className="outline"
      ref={scroller}
      role="treegrid"
      aria-label="Supervision tree as a list"
      aria-multiselectable="true"
      aria-rowcount={rows.length + 1}
      tabIndex={0}
      aria-activedescendant={selected === undefined ? undefined : `outline-${selected}`}
    >
      <div className="outline-head" role="row">
        {COLUMNS.map((column) => (
          <HeadCell key={column.key} column={column} sorting={sorting} onSort={setSorting} />
        ))}
        <span className="outline-detail" role="columnheader">
          Detail
        </span>
      </div>
      <div role="rowgroup" style={{ height: rows.length * ROW_PX + FOOT_PX, position: "relative" }}>
        {shown.map((row, index) => (
          <Row
            key={row.path}
            {...props}
            row={row}
            index={first + index}
            isPicked={picked.has(row.path)}
            onPick={onPick}
          />
        ))}
      </div>
    </div>
  );
}

type Pick = (path: string, how: "only" | "toggle" | "range") => void;

/** Click takes one row, Ctrl or Cmd adds one, Shift takes everything from the last one taken. */
function usePick(rows: readonly OutlineRow[]): Pick {
  const { store } = useApp();
  const anchor = useRef<string>(undefined);
  return useCallback<Pick>(
    (path, how) => {
      const from = rows.findIndex((row) => row.path === anchor.current);
      if (how === "range" && from >= 0) {
        const to = rows.findIndex((row) => row.path === path);
        store.setState({
          selected: path,
          selection: new Set(rows.slice(Math.min(from, to), Math.max(from, to) + 1).map((row) => row.path)),
        });
        return;
      }
      anchor.current = path;
      if (how === "toggle") toggleSelected(store, path);
      else select(store, path);
    },
    [rows, store],
  );
}

interface HeadProps {
  readonly column: (typeof COLUMNS)[number];
  readonly sorting: Sorting | undefined;
  readonly onSort: (sorting: Sorting | undefined) => void;
}

/** Up, down, then back to the tree's own order. */
function HeadCell({ column, sorting, onSort }: HeadProps): ReactElement {
  const isOn = sorting?.key === column.key;
  const next = !isOn
    ? { key: column.key, isDescending: false }
    : sorting.isDescending
      ? undefined
      : { key: column.key, isDescending: true };
  return (
    <span
      className={column.className}
      role="columnheader"
      aria-sort={isOn ? (sorting.isDescending ? "descending" : "ascending") : "none"}
    >
      <button type="button" onClick={() => onSort(next)}>
        {column.label}
        {isOn && (
          <ChevronDown
            size={11}
            style={sorting.isDescending ? undefined : { transform: "rotate(180deg)" }}
            aria-hidden="true"
          />
        )}
      </button>
    </span>
  );
}

interface RowProps extends Props {
  readonly row: OutlineRow;
  readonly index: number;
  readonly isPicked: boolean;
  readonly onPick: Pick;
}

function Row({ row, index, isPicked, selected, onPick, onOpen, onMenu }: RowProps): ReactElement | null {
  const node = useNode(row.path);
  if (node === undefined) return null;
  const pick = (event: MouseEvent): void =>
    onPick(row.path, event.shiftKey ? "range" : event.metaKey || event.ctrlKey ? "toggle" : "only");
  return (
    <div
      id={`outline-${row.path}`}
      className="outline-row"
      role="row"
      aria-level={row.depth}
      aria-posinset={row.position}
      aria-setsize={row.setSize}
      aria-rowindex={index + 2}
      aria-selected={isPicked}
      aria-expanded={row.isOpen}
      data-active={row.path === selected || undefined}
      style={{ top: index * ROW_PX }}
      onClick={pick}
      onDoubleClick={() => onOpen(row.path)}
      onContextMenu={(event) => {
        event.preventDefault();
        onMenu(row.path, { x: event.clientX, y: event.clientY });
      }}
    >
      <span className="outline-name" role="gridcell" style={{ paddingLeft: 12 + (row.depth - 1) * 20 }}>
        <Caret row={row} />
        <NodeLamp node={node} size={14} />
        <span className={node.kind === "supervisor" ? "strong ell" : "medium ell"}>{node.id}</span>
      </span>
      <StateCell node={node} />
      <span className="outline-cli t2" role="gridcell">
        {cliName(node.agent)}
      </span>
      <SupervisionCells node={node} />
      <span className="outline-detail t3" role="gridcell">
        {node.detail ?? node.exitDetail ?? ""}
      </span>
    </div>
  );
}

function Caret({ row }: { readonly row: OutlineRow }): ReactElement {
  if (row.isOpen === undefined) return <span className="outline-caret" />;
  const Icon = row.isOpen ? ChevronDown : ChevronRight;
  return (
    <button
      type="button"
      className="outline-caret"
      tabIndex={-1}
      aria-hidden="true"
      onClick={(event) => {
        event.stopPropagation();
        setFold(row.path, row.isOpen !== true);
      }}
    >
      <Icon size={12} />
    </button>
  );
}

function StateCell({ node }: { readonly node: NodePatch }): ReactElement {
  const counts = useCounts(node.path);
  const word = useNowText((now) =>
    node.kind === "supervisor" ? supervisorWords(node, sumOf(counts), now) : stateWords(node, now),
  );
  return (
    <span className="outline-state ell" role="gridcell" style={{ color: stateTextColor(node.state) }}>
      {word}
    </span>
  );
}

function SupervisionCells({ node }: { readonly node: NodePatch }): ReactElement {
  const used = node.restartsInWindow ?? 0;
  return (
    <>
      <span className="outline-strategy t2" role="gridcell">
        {node.strategy !== undefined && (
          <>
            <StrategyGlyph strategy={node.strategy} />
            <span className="tree-mono">{node.strategy}</span>
          </>
        )}
      </span>
      <span className="outline-restarts t2 tab" role="gridcell">
        {node.intensity === undefined ? (
          node.restarts > 0 && node.restarts
        ) : (
          <>
            <Levers used={used} allowed={node.intensity <= 5 ? node.intensity : 0} />
            {`${used} of ${node.intensity}`}
          </>
        )}
      </span>
      <span className="outline-lives t2 num" role="gridcell">
        {node.kind === "agent" && node.generation > 0 && node.generation}
      </span>
    </>
  );
}
