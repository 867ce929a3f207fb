/**
 * The supervision diagram: an SVG of lines below, rows as a tree above. Only what is on the screen is in the page, and a
 * patch of one node renders one row and one line. The tree holds the focus; the row it points to is always in the page.
 */
import {
  useLayoutEffect,
  useMemo,
  useRef,
  type CSSProperties,
  type DOMAttributes,
  type MouseEvent,
  type ReactElement,
  type RefObject,
} from "react";
import { AgentRow } from "./AgentRow.tsx";
import { textColumns } from "./columns.ts";
import { DiagramLines } from "./DiagramLines.tsx";
import { layoutTree, type LayoutNode, type TreeLayout, type ZoomLevel } from "./layout.ts";
import { linesWithin, rowsWithin, shownRow } from "./place.ts";
import { rowId } from "./rows.ts";
import type { SteerRow } from "./steer.ts";
import { SupervisorRow } from "./SupervisorRow.tsx";
import { useDistress } from "./treeData.ts";
import { setHovered, useTreeView } from "./treeView.ts";
import { useParentOf, useSteadyScroll } from "./useSteadyScroll.ts";
import { useViewport, type Viewport } from "./useViewport.ts";
import "./diagram.css";

interface Props {
  readonly shape: readonly LayoutNode[];
  readonly level: ZoomLevel;
  /** Undefined without a filter. */
  readonly matches: ReadonlySet<string> | undefined;
  readonly selected: string | undefined;
  readonly onSelect: (path: string) => void;
  readonly onOpen: (path: string) => void;
  readonly onMenu: (path: string, at: { readonly x: number; readonly y: number }) => void;
  /** Filled with the current rows, for the keyboard. */
  readonly rowsRef: RefObject<readonly SteerRow[]>;
}

export function Diagram(props: Props): ReactElement {
  const { shape, level, matches, selected, rowsRef } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const viewport = useViewport(scroller);
  const folds = useTreeView((view) => view.folds);
  const { urgent } = useDistress();
  const layout = useMemo(
    () =>
      layoutTree({
        roots: shape,
        level,
        width: viewport.width,
        folds,
        urgent,
        ...(matches === undefined ? {} : { matches }),
      }),
    [shape, level, viewport.width, folds, urgent, matches],
  );
  useLayoutEffect(() => {
    rowsRef.current = layout.rows;
  }, [layout, rowsRef]);
  useSteadyScroll(scroller, { layout, height: viewport.height, selected });
  return (
    <div className="tree-scroll" ref={scroller}>
      {viewport.height > 0 && <Canvas {...props} layout={layout} viewport={viewport} />}
    </div>
  );
}

function Canvas(props: Props & { readonly layout: TreeLayout; readonly viewport: Viewport }): ReactElement {
  const { layout, viewport, selected, matches, level } = props;
  const { escalated } = useDistress();
  const longest = useMemo(
    () =>
      layout.rows.reduce(
        (most, row) => (row.kind === "agent" ? Math.max(most, row.path.length - row.path.lastIndexOf("/") - 1) : most),
        0,
      ),
    [layout],
  );
  const parentOf = useParentOf();
  const active = shownRow(layout, selected, parentOf);
  const texts = textColumns(viewport.width - layout.columns.jointX - 24, longest);
  const top = viewport.scrollTop - viewport.height * 0.5;
  const bottom = viewport.scrollTop + viewport.height * 1.5;
  const onPage = rowsWithin(layout.rows, top, bottom);
  const rows = active === undefined || onPage.includes(active) ? onPage : [...onPage, active];
  return (
    <div
      className="tree-canvas"
      role="tree"
      aria-label="Supervision tree"
      tabIndex={0}
      aria-activedescendant={active === undefined ? undefined : rowId(active.path)}
      data-tail={texts.hasTail ? "beside" : "instead"}
      style={{ ...columnStyle(texts), height: Math.max(layout.height, viewport.height) }}
      {...pointerHandlers(props)}
    >
      <DiagramLines
        layout={layout}
        rows={onPage}
        lines={linesWithin(layout.lines, top, bottom)}
        escalated={[...escalated]}
        matches={matches}
      />
      {rows.map((row) => {
        const shared = {
          row,
          isActive: row === active,
          isSelected: row.path === selected,
          isDimmed: matches !== undefined && !matches.has(row.path),
          width: viewport.width,
        };
        return row.kind === "agent" ? (
          <AgentRow key={row.path} {...shared} />
        ) : (
          <SupervisorRow
            key={row.path}
            {...shared}
            columns={layout.columns}
            isRoomy={level === 1}
            holds={row === active && row.path !== selected ? selected : undefined}
          />
        );
      })}
    </div>
  );
}

function columnStyle(columns: ReturnType<typeof textColumns>): CSSProperties & Record<`--tree-${string}`, string> {
  return {
    "--tree-name": `${columns.name}px`,
    "--tree-cli": `${columns.cli}px`,
    "--tree-word": `${columns.word}px`,
    "--tree-spend": columns.hasSpend ? "flex" : "none",
    "--tree-detail": columns.hasDetail ? "block" : "none",
  };
}

/** One set of listeners on the canvas; rows and lamps say whose they are with data-path. */
function pointerHandlers({
  selected,
  onSelect,
  onOpen,
  onMenu,
}: Props): Pick<
  DOMAttributes<HTMLDivElement>,
  "onClick" | "onDoubleClick" | "onContextMenu" | "onPointerOver" | "onPointerLeave"
> {
  return {
    onClick: (event) => withPath(event, onSelect),
    onDoubleClick: (event) => withPath(event, onOpen),
    onContextMenu: (event) => {
      // From the keyboard the event comes from the tree itself and is about the selection.
      const path = pathOf(event.target) ?? selected;
      if (path === undefined) return;
      event.preventDefault();
      const row = document.getElementById(rowId(path))?.getBoundingClientRect();
      const isByKey = event.target === event.currentTarget && row !== undefined;
      onMenu(path, isByKey ? { x: row.left + 40, y: row.bottom } : { x: event.clientX, y: event.clientY });
    },
    onPointerOver: (event) => setHovered(pathOf(event.target)),
    onPointerLeave: () => setHovered(undefined),
  };
}

function withPath(event: MouseEvent, then: (path: string) => void): void {
  const path = pathOf(event.target);
  if (path !== undefined) then(path);
}

function pathOf(target: EventTarget): string | undefined {
  const holder = target instanceof Element ? target.closest("[data-path]") : null;
  return holder instanceof HTMLElement ? holder.dataset["path"] : undefined;
}
