/** State as a silhouette: each is told apart without its colour (design.md 4). Beside its word it stays unnamed. */
import { memo, type CSSProperties, type ReactElement } from "react";
import type { NodeState } from "#shared/model/states.ts";
import { stateToken } from "./stateToken.ts";

interface Props {
  readonly state: NodeState;
  /** Pixels; 10 to 16 in lists, never below 9. */
  readonly size?: number;
  /** What a screen reader says; without it the lamp is hidden, because its word stands beside it. */
  readonly label?: string;
  /** Backoff only: the share of the wait that is left, 1 to 0. The ring empties clockwise. */
  readonly remaining?: number | undefined;
}

export const Lamp = memo(function Lamp({ state, size = 14, label, remaining }: Props): ReactElement {
  const name = label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": label };
  return (
    <svg
      className="lamp"
      data-state={state}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      style={lampStyle(state)}
      {...name}
    >
      {state === "backoff" ? <BackoffRing remaining={remaining ?? 0.72} /> : GLYPHS[state]}
    </svg>
  );
});

interface LampStyle extends CSSProperties {
  readonly "--lamp-color": string;
}

function lampStyle(state: NodeState): LampStyle {
  return { "--lamp-color": `var(--st-${stateToken(state)}-lamp)` };
}

const COLOR = "var(--lamp-color)";
const GROUND = "var(--surface-canvas)";
const OCTAGON = "M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2Z";
const DIAMOND = "M8 .9 15.1 8 8 15.1.9 8Z";
const round = { strokeLinecap: "round", strokeLinejoin: "round" } as const;

const GLYPHS: Readonly<Record<Exclude<NodeState, "backoff">, ReactElement>> = {
  starting: (
    <circle className="lamp-turn" cx="8" cy="8" r="5" stroke={COLOR} strokeWidth="2" strokeDasharray="3.6 2.683" />
  ),
  idle: <circle cx="8" cy="8" r="5" stroke={COLOR} strokeWidth="2" />,
  busy: <circle cx="8" cy="8" r="6" fill={COLOR} />,
  waiting_permission: (
    <>
      <path d={DIAMOND} fill={COLOR} stroke={COLOR} strokeLinejoin="round" />
      <path d="M8 4.6v4" stroke={GROUND} strokeWidth="1.8" strokeLinecap="round" />
      <circle cx="8" cy="11.2" r="1.05" fill={GROUND} />
    </>
  ),
  waiting_answer: (
    <>
      <path d={DIAMOND} fill={COLOR} stroke={COLOR} strokeLinejoin="round" />
      <path d="M6.2 6.3a1.85 1.85 0 1 1 2.75 1.6c-.6.35-.95.6-.95 1.2" stroke={GROUND} strokeWidth="1.6" {...round} />
      <circle cx="8" cy="11.4" r="1" fill={GROUND} />
    </>
  ),
  rate_limited: (
    <>
      <circle cx="8" cy="8" r="5" stroke={COLOR} strokeWidth="2" />
      <path d="M2.6 8a5.4 5.4 0 0 0 10.8 0Z" fill={COLOR} />
    </>
  ),
  // A closed padlock: nothing runs on until the person has signed in.
  needs_login: (
    <>
      <path d="M4.9 7.4V5.2a3.1 3.1 0 0 1 6.2 0v2.2" stroke={COLOR} strokeWidth="2" />
      <rect x="2.6" y="6.9" width="10.8" height="8.1" rx="1.8" fill={COLOR} />
      <path d="M8 10v2.2" stroke={GROUND} strokeWidth="1.8" strokeLinecap="round" />
    </>
  ),
  paused: (
    <>
      <rect x="3" y="2.5" width="3.6" height="11" rx="1" fill={COLOR} />
      <rect x="9.4" y="2.5" width="3.6" height="11" rx="1" fill={COLOR} />
    </>
  ),
  // The empty square of `stopped` with what is still running inside it.
  stopping: (
    <>
      <rect
        x="3.4"
        y="3.4"
        width="9.2"
        height="9.2"
        rx="1.4"
        stroke={COLOR}
        strokeWidth="1.6"
        strokeDasharray="2.6 1.5"
      />
      <rect x="5.9" y="5.9" width="4.2" height="4.2" rx=".8" fill={COLOR} />
    </>
  ),
  stopped: <rect x="3.4" y="3.4" width="9.2" height="9.2" rx="1.4" stroke={COLOR} strokeWidth="2" />,
  done: <path d="m3 8.6 3.4 3.4L13 4.8" stroke={COLOR} strokeWidth="2.3" {...round} />,
  crashed: (
    <>
      <rect x="2" y="2" width="12" height="12" rx="2.5" fill={COLOR} />
      <path d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2" stroke={GROUND} strokeWidth="1.8" strokeLinecap="round" />
    </>
  ),
  gave_up: (
    <>
      <path d={OCTAGON} fill={COLOR} />
      <path d="M4.6 8h6.8" stroke={GROUND} strokeWidth="2.1" />
    </>
  ),
  escalated: (
    <>
      <path d={OCTAGON} fill={COLOR} />
      <path d="m5 8.6 3-3 3 3M8 6v5.4" stroke={GROUND} strokeWidth="1.7" {...round} />
    </>
  ),
};

const RING_PX = 2 * Math.PI * 6.6;

function BackoffRing({ remaining }: { readonly remaining: number }): ReactElement {
  const left = Math.min(1, Math.max(0, remaining)) * RING_PX;
  return (
    <>
      <circle cx="8" cy="8" r="6.6" stroke="var(--border-default)" strokeWidth="1.8" />
      <circle
        cx="8"
        cy="8"
        r="6.6"
        stroke={COLOR}
        strokeWidth="1.8"
        strokeLinecap="butt"
        strokeDasharray={`${left} ${RING_PX}`}
        transform="rotate(-90 8 8) translate(0 16) scale(1 -1)"
      />
      <path d="m5.9 5.9 4.2 4.2m0-4.2-4.2 4.2" stroke={COLOR} strokeWidth="1.8" strokeLinecap="round" />
    </>
  );
}
