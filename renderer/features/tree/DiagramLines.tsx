/** The drawn part of the diagram. Hidden from screen readers; every fact in it is also in the rows' names. */
import { memo, type ReactElement } from "react";
import { useNodeState } from "#renderer/state/hooks.ts";
import { stateLampColor } from "#renderer/ui/stateToken.ts";
import { blastLine, escalationLine, type EscalationLine } from "./place.ts";
import type { LayoutLine, LayoutRow, Point, TreeLayout } from "./layout.ts";
import { jointPath, tickStrokes } from "#renderer/ui/ticks.ts";
import type { NodeState } from "#shared/model/states.ts";
import { useTreeView } from "./treeView.ts";

interface Props {
  readonly layout: TreeLayout;
  readonly rows: readonly LayoutRow[];
  readonly lines: readonly LayoutLine[];
  /** Supervisors that escalated, on the page or not. */
  readonly escalated: readonly string[];
  /** Undefined without a filter; the lines of what it does not find step back. */
  readonly matches: ReadonlySet<string> | undefined;
}

export function DiagramLines({ layout, rows, lines, escalated, matches }: Props): ReactElement {
  return (
    <svg className="tree-lines" width="100%" height={layout.height} fill="none" aria-hidden="true">
      {lines.map((line) => (
        <OwnedLine key={`${line.owner}:${line.kind}`} line={line} />
      ))}
      {rows.map((row) => row.order !== undefined && <OrderNumber key={row.path} row={row} />)}
      {rows.map(
        (row) =>
          row.tick !== undefined && (
            <Tick
              key={row.path}
              path={row.path}
              x1={row.tick.x1}
              x2={row.tick.x2}
              y={row.y}
              isDimmed={matches !== undefined && !matches.has(row.path)}
            />
          ),
      )}
      {rows.map((row) => row.strip !== undefined && <Strip key={row.path} row={row} />)}
      {escalated.map((path) => (
        <Escalation key={path} line={escalationLine(layout, path)} />
      ))}
      <Blast layout={layout} />
    </svg>
  );
}

const OwnedLine = memo(function OwnedLine({ line }: { readonly line: LayoutLine }) {
  const state = useNodeState(line.owner);
  return (
    <path
      className={`tree-line tree-line-${line.kind}`}
      data-style={lineStyle(line.kind, state)}
      d={polyline(line.points)}
    />
  );
});

const DOWN: ReadonlySet<NodeState> = new Set(["escalated", "gave_up", "stopped"]);

/** Below a supervisor that is down the lines are faint; the branch of an escalated one is dashed up to its trunk. */
function lineStyle(kind: LayoutLine["kind"], state: NodeState | undefined): "escalated" | "down" | "plain" {
  if (kind === "branch") return state === "escalated" ? "escalated" : "plain";
  return kind !== "spur" && state !== undefined && DOWN.has(state) ? "down" : "plain";
}

interface TickProps {
  readonly path: string;
  readonly x1: number;
  readonly x2: number;
  readonly y: number;
  readonly isDimmed: boolean;
}

const Tick = memo(function Tick({ path, x1, x2, y, isDimmed }: TickProps) {
  const state = useNodeState(path) ?? "stopped";
  return (
    <g className={isDimmed ? "tree-tick-dimmed" : undefined} style={{ color: stateLampColor(state) }}>
      {tickStrokes(state, { x1, x2, y }).map((stroke) => (
        <path
          key={stroke.d}
          className={`tree-tick-${stroke.tone}`}
          d={stroke.d}
          strokeWidth={stroke.width}
          strokeDasharray={stroke.dash}
        />
      ))}
      <path className="tree-joint" d={jointPath(x2, y)} />
    </g>
  );
});

const Strip = memo(function Strip({ row }: { readonly row: LayoutRow }) {
  const state = useNodeState(row.path);
  if (row.strip === undefined || row.strip.paths.length === 0) return null;
  const from = row.strip.x - 8;
  const isDown = state !== undefined && DOWN.has(state);
  return (
    <>
      <path
        className={isDown ? "tree-tick-faint" : "tree-tick-track"}
        strokeWidth="2"
        d={`M${from} ${row.y}H${row.strip.end}`}
      />
      <path className="tree-joint" d={`${jointPath(from, row.y)}${jointPath(row.strip.end, row.y)}`} />
    </>
  );
});

function OrderNumber({ row }: { readonly row: LayoutRow }): ReactElement {
  const isRung = row.fork.y === row.y;
  return (
    <text className="tree-order" x={row.fork.x + (isRung ? 4 : 7)} y={isRung ? row.y - 5 : row.fork.y + 4}>
      {row.order}
    </text>
  );
}

function Escalation({ line }: { readonly line: EscalationLine | undefined }): ReactElement | null {
  if (line === undefined) return null;
  return (
    <path
      className="tree-escalation"
      d={`M${line.x} ${line.from}V${line.to}${line.chevrons.map((y) => `M${line.x - 4} ${y + 5}l4-5 4 5`).join("")}`}
    />
  );
}

/** Ring at the failing branch, dashed line along the ladder to the last one hit, in both directions where all are hit. */
function Blast({ layout }: { readonly layout: TreeLayout }): ReactElement | null {
  const radius = useTreeView((view) => view.radius);
  const drawn = radius === undefined ? undefined : blastLine(layout, radius);
  if (drawn === undefined) return null;
  return (
    <g className="tree-blast">
      {drawn.points.length > 1 && <path className="tree-blast-line" d={polyline(drawn.points)} />}
      {drawn.stops.map(({ x, y }) => (
        <path key={y} d={`M${x - 5} ${y + 5}l10-10`} />
      ))}
      <circle cx={drawn.ring.x} cy={drawn.ring.y} r="4.5" />
    </g>
  );
}

function polyline(points: readonly Point[]): string {
  return points.map((point, index) => `${index === 0 ? "M" : "L"}${point.x} ${point.y}`).join("");
}
