/** What holds an agent back from spending: asked before a life begins, before it is given work, and by its own hooks. */
import type { ExitVerdict } from "./agentAdapter.ts";

export interface Braked {
  /** On the node, on the agent's screen, in the refusal: what happened, then what to do. */
  readonly sentence: string;
  /** Wall-clock ms when it goes on by itself; absent: not without a person. */
  readonly resumesAtMs?: number | undefined;
}

export interface Brakes {
  /** Why no life of this agent may begin. */
  forStart(path: string): Braked | undefined;
  /** Why a running one gets no new prompt and no more tools. */
  forPrompt(path: string): Braked | undefined;
  /** Whether a person agreed that this agent goes on by itself when a limit resets; `byFile` is what its fleet file says. */
  mayResume(path: string, byFile: boolean): boolean;
}

/** How a life ends that a budget stopped: not a failure, and not restarted. */
export function brakedVerdict({ sentence, resumesAtMs }: Braked): ExitVerdict {
  const verdict = { cause: "budget_exhausted", detail: sentence, resumeRefused: false } as const;
  return resumesAtMs === undefined ? verdict : { ...verdict, parkUntil: resumesAtMs };
}
