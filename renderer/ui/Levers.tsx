/** Restart intensity as a row of levers: upright is free, leaning is used. More than ten are left to the text. */
import type { ReactElement } from "react";

interface Props {
  readonly used: number;
  readonly allowed: number;
  readonly height?: number;
  /** For screen readers; without it the text beside the levers speaks for them. */
  readonly label?: string;
}

export function Levers({ used, allowed, height = 11, label }: Props): ReactElement | null {
  if (allowed < 1 || allowed > 10) return null;
  const width = allowed * 6 + 2;
  const color = leverColor(used, allowed);
  const name = label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": label };
  return (
    <svg className="levers" width={width} height={height} viewBox={`0 0 ${width} ${height}`} fill="none" {...name}>
      {Array.from({ length: allowed }, (_, index) => {
        const x = 2 + index * 6;
        return index < used ? (
          <path key={x} d={`M${x} ${height - 1} L${x + 3} 1`} stroke={color} strokeWidth="2.2" strokeLinecap="round" />
        ) : (
          <path
            key={x}
            d={`M${x + 1} ${height - 1} V2`}
            stroke="var(--border-strong)"
            strokeWidth="1.2"
            strokeLinecap="round"
          />
        );
      })}
    </svg>
  );
}

function leverColor(used: number, allowed: number): string {
  if (used >= allowed) return "var(--st-gaveup-lamp)";
  const isLastFree = allowed > 1 && used > 0 && used === allowed - 1;
  return isLastFree ? "var(--st-waiting-lamp)" : "var(--text-secondary)";
}
