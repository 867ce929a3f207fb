/** Pure rules of a life: how the next one begins (architecture decision 2) and what its end means to the supervisor (decision 1). */
import type { AgentSpec } from "#shared/model/fleetFile.ts";
import type { ExitCause } from "#shared/model/states.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import type { KeeperExit } from "#shared/rpc/keeperProtocol.ts";
import type { ExitEvidence, ExitVerdict } from "#core/ports/agentAdapter.ts";
import { brakedVerdict } from "#core/ports/brakes.ts";
import type { ExitReason } from "#core/kernel/index.ts";
import type { LifeRow } from "./lives.ts";

/** A resumed conversation that crashes sooner did not come up: the next life starts fresh with the briefing. */
export const SETTLE_WINDOW_MS = 10_000;

export type LifeStart = { readonly type: "fresh" } | { readonly type: "resume"; readonly cliSessionId: string };

export interface NextLife {
  readonly last: LifeRow | undefined;
  readonly spec: AgentSpec;
  readonly resumable: boolean;
  readonly automatic: boolean;
  readonly freshAsked: boolean;
}

/** Resume by the CLI's own id; fresh when asked, when the last try broke, or when a finished agent is started anew by a person. */
export function decideLifeStart({ last, spec, resumable, automatic, freshAsked }: NextLife): LifeStart {
  if (freshAsked || !resumable) return { type: "fresh" };
  if (last === undefined)
    return spec.resume === undefined ? { type: "fresh" } : { type: "resume", cliSessionId: spec.resume };
  if (last.notes.resumeBroken || last.cliSessionId === undefined) return { type: "fresh" };
  if (!automatic && last.exitCause === "done") return { type: "fresh" };
  return { type: "resume", cliSessionId: last.cliSessionId };
}

export function isResumeBroken(mode: string, verdict: ExitVerdict, livedMs: number): boolean {
  if (mode !== "resumed") return false;
  return verdict.resumeRefused || (verdict.cause === "crashed" && livedMs < SETTLE_WINDOW_MS);
}

/** What the row and the keeper know of an end. */
export function exitFacts(
  row: LifeRow,
  exit: KeeperExit,
  wallNowMs: number,
): Pick<ExitEvidence, "code" | "signal" | "outOfMemory" | "mode" | "livedMs" | "wallNowMs" | "activity"> {
  return {
    code: exit.code,
    signal: exit.signal,
    outOfMemory: exit.outOfMemory,
    mode: row.mode === "resumed" ? "resume" : "fresh",
    livedMs: wallNowMs - parseTime(row.startedAt),
    wallNowMs,
    activity: row.notes.activity,
  };
}

/** The end of a life that a budget was stopping, however it ended. */
export function brakedEnd({ notes: { braked } }: LifeRow): ExitVerdict | undefined {
  return braked === undefined ? undefined : brakedVerdict(braked);
}

/** The end of a life whose keeper is gone. */
export function keeperLost(at: string): { exit: KeeperExit; verdict: ExitVerdict } {
  const detail = "The session keeper died, and the terminal with it";
  return {
    exit: { code: null, signal: null, outOfMemory: false, requested: false, at },
    verdict: { cause: "keeper_lost", detail, resumeRefused: false },
  };
}

/** The supervisor's view of an end: parking and keeper loss are not failures. */
export function exitReason(cause: ExitCause, detail: string): ExitReason {
  switch (cause) {
    case "done":
      return { type: "normal" };
    case "stopped":
      return { type: "shutdown", detail };
    case "crashed":
    case "out_of_memory":
      return { type: "crash", detail };
    case "rate_limited":
    case "needs_login":
    case "budget_exhausted":
      return { type: "parked", detail };
    case "keeper_lost":
      return { type: "lost", detail };
  }
}
