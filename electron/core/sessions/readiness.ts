/** Whether a running agent can be given a message: at its prompt, with nobody typing, held back by no budget and no pause. */
import type { NodeState } from "#shared/model/states.ts";
import type { Hold } from "./typist.ts";

export type Readiness =
  | { readonly type: "ready" }
  /** `againMs`: when to look again; absent: a change will be told. */
  | { readonly type: "not_yet"; readonly why: string; readonly againMs?: number }
  | { readonly type: "down"; readonly why: string };

export interface Situation {
  readonly path: string;
  /** A plain program that never said that it waits: whether it works or waits cannot be told. */
  readonly isMute: boolean;
  readonly state: NodeState;
  readonly alive: boolean;
  readonly braked: string | undefined;
  readonly hold: Hold | undefined;
}

const READY: Readiness = { type: "ready" };

/** Nobody tells when a budget lets go again; a message that waits for it is looked at this often. */
const BRAKED_AGAIN_MS = 15_000;

export function readinessOf({ path, isMute, state, alive, braked, hold }: Situation): Readiness {
  if (!alive) return { type: "down", why: `${path} does not run` };
  const words = WORDS[state];
  const isTaking = state === "idle" || (isMute && state === "busy");
  if (!isTaking) return { type: "not_yet", why: words ?? `it is ${state}` };
  if (hold !== undefined) return { type: "not_yet", ...hold };
  if (braked !== undefined) return { type: "not_yet", why: braked, againMs: BRAKED_AGAIN_MS };
  return READY;
}

const WORDS: Readonly<Partial<Record<NodeState, string>>> = {
  starting: "it is still starting",
  busy: "it is busy",
  waiting_permission: "it waits for a permission",
  waiting_answer: "it waits for an answer",
  rate_limited: "it waits for its limit to reset",
  needs_login: "it needs a sign-in",
  paused: "it is paused",
  stopping: "it is stopping",
};
