/** What an emergency stop would take: counted per kind of loss. Pure. */
import { LIVE_STATES } from "#shared/model/states.ts";
import type { NodeState } from "#shared/model/states.ts";

export interface TollLine {
  readonly lamp: NodeState;
  /** "5", "+1" for what does not run now. */
  readonly count: string;
  readonly words: string;
}

export interface Toll {
  /** Agents with a living process. */
  readonly running: number;
  readonly lines: readonly TollLine[];
}

export function toll(counts: ReadonlyMap<NodeState, number>): Toll {
  const of = (...states: readonly NodeState[]) => states.reduce((sum, state) => sum + (counts.get(state) ?? 0), 0);
  const running = of(...LIVE_STATES);
  const busy = of("busy");
  const waiting = of("waiting_permission", "waiting_answer", "needs_login");
  const paused = of("paused");
  const backoff = of("backoff");
  const rest = running - busy - waiting - paused;
  const lines: TollLine[] = [];
  if (busy > 0)
    lines.push({
      lamp: "busy",
      count: String(busy),
      words: `busy, ${busy === 1 ? "its" : "their"} current turn is lost`,
    });
  if (waiting > 0)
    lines.push({
      lamp: "waiting_permission",
      count: String(waiting),
      words: `waiting for you, ${waiting === 1 ? "its request is" : "their requests are"} withdrawn`,
    });
  if (rest > 0)
    lines.push({ lamp: "idle", count: String(rest), words: "idle, rate-limited or starting, nothing is lost" });
  if (paused > 0) lines.push({ lamp: "paused", count: String(paused), words: "paused, ended where it stands" });
  if (backoff > 0)
    lines.push({
      lamp: "backoff",
      count: `+${backoff}`,
      words: `in backoff, ${backoff === 1 ? "its restart is" : "their restarts are"} cancelled`,
    });
  return { running, lines };
}
