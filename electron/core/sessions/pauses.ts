/** Times a life is given, waiting for them, and holding its process still. */
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { AgentAdapter } from "#core/ports/agentAdapter.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { PtyHost } from "#core/ports/ptyHost.ts";

/** A budget's hard stop: time to leave the turn and write the transcript by which it resumes, then to go. */
export const INTERRUPT_GRACE_MS = 1000;
export const BRAKED_STOP_MS = 2000;

export function passed(clock: Clock, forMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(forMs, resolve));
}

interface Pausing {
  readonly ptyHost: PtyHost;
}

/** Frozen, or held where freezing does harm. */
export async function pauseProcess(
  { ptyHost }: Pausing,
  sessionId: string,
  { pause }: AgentAdapter,
): Promise<Result<{ pauseKind: "frozen" | "held"; note?: string }>> {
  if (!pause.safe) return ok({ pauseKind: "held", note: pause.why });
  const frozen = await ptyHost.signal(sessionId, "SIGSTOP", "tree");
  return frozen.ok ? ok({ pauseKind: "frozen" }) : frozen;
}

export async function continueProcess(
  { ptyHost }: Pausing,
  sessionId: string,
  { pause }: AgentAdapter,
): Promise<Result<void>> {
  return pause.safe ? ptyHost.signal(sessionId, "SIGCONT", "tree") : ok(undefined);
}
