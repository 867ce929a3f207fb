/** The line between branch and joint says the state once more, without colour (design.md section 4). Pure geometry. */
import type { NodeState } from "#shared/model/states.ts";

/** `track` and `faint` are the diagram's own greys, `lamp` the state's colour. */
export interface TickStroke {
  readonly d: string;
  readonly tone: "track" | "faint" | "lamp" | "block";
  readonly width: number;
  readonly dash?: string;
}

interface Span {
  readonly x1: number;
  readonly x2: number;
  readonly y: number;
}

/** Strokes of one agent's line from x1 (branch) to x2 (joint) at height y; x2 - x1 is at least 30. */
export function tickStrokes(state: NodeState, span: Span): readonly TickStroke[] {
  return SHAPES[state](span);
}

/** The joint itself: a 9 px tick where every line ends. */
export function jointPath(x: number, y: number): string {
  return `M${x} ${y - 4.5}v9`;
}

const whole = ({ x1, x2, y }: Span): string => `M${x1} ${y}H${x2}`;
const track = (span: Span): TickStroke => ({ d: whole(span), tone: "track", width: 2 });
const slash = (x: number, y: number): string => `M${x} ${y + 5}l6-10`;
/** The thick section begins clear of the branch, but never vanishes on a short line. */
const sectionFrom = ({ x1, x2 }: Span): number => Math.min(x1 + 10, x2 - 18);

function held(span: Span): readonly TickStroke[] {
  const from = sectionFrom(span);
  return [track(span), { d: `M${from} ${span.y}H${Math.max(from + 6, span.x2 - 18)}`, tone: "lamp", width: 4 }];
}

const SHAPES: Record<NodeState, (span: Span) => readonly TickStroke[]> = {
  starting: (span) => [{ d: whole(span), tone: "lamp", width: 2, dash: "3 4" }],
  idle: (span) => [track(span)],
  busy: (span) => [track(span), { d: `M${sectionFrom(span)} ${span.y}H${span.x2 - 5}`, tone: "lamp", width: 4 }],
  waiting_permission: held,
  waiting_answer: held,
  needs_login: held,
  rate_limited: (span) => [
    track(span),
    { d: `M${sectionFrom(span)} ${span.y}H${span.x2 - 5}`, tone: "lamp", width: 4, dash: "8 4" },
  ],
  paused: ({ x1, x2, y }) => [
    { d: `M${x1} ${y}H${x2 - 18}M${x2 - 10} ${y}H${x2}`, tone: "track", width: 2 },
    { d: `M${x2 - 18} ${y - 4}v8M${x2 - 10} ${y - 4}v8`, tone: "lamp", width: 2 },
  ],
  backoff: ({ x1, x2, y }) => [
    { d: `M${x1} ${y}H${x2 - 22}`, tone: "lamp", width: 2 },
    { d: `M${x2 - 22} ${y}H${x2}`, tone: "lamp", width: 2, dash: "2 4" },
    { d: slash(x2 - 25, y), tone: "lamp", width: 2 },
  ],
  crashed: ({ x1, x2, y }) => [
    { d: `M${x1} ${y}H${x2 - 24}M${x2 - 12} ${y}H${x2}`, tone: "lamp", width: 2 },
    { d: `${slash(x2 - 27, y)}${slash(x2 - 15, y)}`, tone: "lamp", width: 2 },
  ],
  gave_up: ({ x1, x2, y }) => [
    { d: `M${x1} ${y}H${x2 - 26}M${x2 - 12} ${y}H${x2}`, tone: "lamp", width: 2 },
    { d: `M${x2 - 26} ${y - 5}v10`, tone: "lamp", width: 3 },
  ],
  escalated: ({ x1, x2, y }) => [
    { d: `M${x1} ${y}H${x2 - 24}M${x2 - 12} ${y}H${x2}`, tone: "lamp", width: 2, dash: "5 4" },
  ],
  // On its way to stopped: still a line, already ending in the block.
  stopping: ({ x1, x2, y }) => [
    { d: `M${x1} ${y}H${x2 - 26}`, tone: "track", width: 2 },
    { d: `M${x2 - 26} ${y - 4}v8`, tone: "block", width: 2.5 },
    { d: `M${x2 - 20} ${y}H${x2}`, tone: "faint", width: 2, dash: "2 4" },
  ],
  stopped: ({ x1, x2, y }) => [
    { d: `M${x1} ${y}H${x2 - 26}`, tone: "faint", width: 2 },
    { d: `M${x2 - 26} ${y - 4}v8`, tone: "block", width: 2.5 },
  ],
  done: (span) => [{ d: whole(span), tone: "faint", width: 2 }],
};
