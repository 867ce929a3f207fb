/**
 * Families of dead letters (MS-B7): how often each is tried, when a person is asked, and what becomes of it then. The
 * table is the rule, for the healer and for the words people read.
 */
import { plural } from "../lib/words.ts";
import type { DeadLetter } from "./deadLetter.ts";

export type LetterFamily = "agent" | "workflow" | "system";

export interface FamilyRule {
  /** Of the healer; after the last one it is left to a person. */
  readonly attempts: number;
  /** Failed attempts after which a person and the agent's supervisor are told; the healer goes on. */
  readonly alertAfter?: number;
  /** Those of one run go in the order they died: a later one waits for an earlier one, also for a person's word on it. */
  readonly isOrdered: boolean;
  /** What nobody took in this time after its last attempt is discarded; it can be taken back. */
  readonly discardAfterMs?: number;
}

export const FAMILY_RULES: Readonly<Record<LetterFamily, FamilyRule>> = {
  agent: { attempts: 3, alertAfter: 2, isOrdered: false },
  workflow: { attempts: 3, isOrdered: true },
  system: { attempts: 5, isOrdered: false, discardAfterMs: 60 * 60 * 1000 },
};

/** Before each plain repetition of a message; the last one stands for all after it. */
export const REPEAT_WAITS_MS = [1000, 5000, 15_000] as const;

/** Messages to agents and calls by agents; steps of workflows; everything else is the system's. */
export function familyOf({ stream, agent }: Pick<DeadLetter, "stream" | "agent">): LetterFamily {
  if (stream === "WORKFLOWS") return "workflow";
  return stream === "MESSAGES" || agent !== undefined ? "agent" : "system";
}

/** "Asks a person after 3 tries, in order." */
export function familyWords(family: LetterFamily): string {
  const { attempts, alertAfter, isOrdered, discardAfterMs } = FAMILY_RULES[family];
  const alert =
    alertAfter === undefined ? "" : `tells a person and the supervisor after ${plural(alertAfter, "try", "tries")}, `;
  const end = `asks a person after ${plural(attempts, "try", "tries")}`;
  const order = isOrdered ? "; a later one of the run waits for it" : "";
  const gone = discardAfterMs === undefined ? "" : `; discarded if nobody takes it within the hour`;
  const words = `${alert}${end}${order}${gone}.`;
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
