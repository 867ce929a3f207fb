import type { ReactElement } from "react";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { StrategyGlyph } from "#renderer/ui/StrategyGlyph.tsx";

interface Props {
  readonly agents: readonly { readonly id: string; readonly cli: string }[];
}

const ROW = 28;
const BRANCH_X = 196;
const JOINT_X = 336;
const TOP_Y = 18;
/** Room for the strategy below the name. */
const MIN_HEIGHT = 60;

/** The fleet as it will be: one supervisor, its agents on the 45 degree ladder, in start order. */
export function FleetPreview({ agents }: Props): ReactElement {
  const rows = Math.max(1, agents.length);
  const height = Math.max(MIN_HEIGHT, TOP_Y * 2 + (rows - 1) * ROW);
  // The ladder stays exact at 45 degrees for as many rows as fit before the joints.
  const ladder = (index: number) => BRANCH_X + Math.min(index * ROW, JOINT_X - BRANCH_X - 24);
  return (
    <div
      className="preview"
      style={{ height }}
      role="img"
      aria-label={`first, one_for_one: ${agents.map((agent) => agent.id).join(", ") || "no agents yet"}`}
    >
      <svg width="360" height={height} fill="none" aria-hidden="true">
        <path d={`M112 ${TOP_Y}H${BRANCH_X}`} stroke="var(--track-main)" strokeWidth="2.5" />
        {agents.length > 1 && (
          <path
            d={`M${BRANCH_X} ${TOP_Y}${agents
              .slice(1)
              .map((_, index) => `L${ladder(index + 1)} ${TOP_Y + (index + 1) * ROW}`)
              .join("")}`}
            stroke="var(--track-main)"
            strokeWidth="2.5"
          />
        )}
        {agents.map((agent, index) => {
          const y = TOP_Y + index * ROW;
          return (
            <g key={agent.id}>
              <path d={`M${ladder(index)} ${y}H${JOINT_X}`} stroke="var(--track)" strokeWidth="2" />
              <path d={`M${JOINT_X} ${y - 4.5}v9`} stroke="var(--track-main)" strokeWidth="1.5" />
            </g>
          );
        })}
      </svg>
      <span className="preview-root row" aria-hidden="true">
        <Lamp state="idle" size={16} />
        <span className="strong">first</span>
      </span>
      <span className="preview-strategy t3 row" aria-hidden="true">
        <StrategyGlyph strategy="one_for_one" />
        <span className="mono micro">one_for_one</span>
      </span>
      {agents.map((agent, index) => (
        <span key={agent.id} className="preview-agent row" style={{ top: TOP_Y + index * ROW - 10 }} aria-hidden="true">
          <Lamp state="idle" size={15} />
          <span className="preview-id ell">{agent.id}</span>
          <span className="small t3">{agent.cli}</span>
        </span>
      ))}
    </div>
  );
}
