/** Why a life ended, told apart as architecture decision 1 wants it. Pure. */
import type { ExitEvidence, ExitVerdict } from "#core/ports/agentAdapter.ts";
import { findTrouble, type Limit } from "./limits.ts";

export interface ExitKnowledge {
  /** What this CLI prints when the session id it should resume does not exist. */
  readonly resumeRefused?: RegExp;
  /** The exit code by which this CLI says that nobody is signed in. */
  readonly loginCode?: number;
  /** What to do about a missing sign-in. */
  readonly loginAdvice?: string;
  /** False for a plain command: the words on its screen are its own business. */
  readonly readsScreen: boolean;
}

/** 128 + n is how a shell reports that its child died of signal n. */
const SIGNAL_NAMES: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  13: "SIGPIPE",
  14: "SIGALRM",
  15: "SIGTERM",
};

export function classifyExit(evidence: ExitEvidence, knowledge: ExitKnowledge): ExitVerdict {
  const resumeRefused = wasResumeRefused(evidence, knowledge);
  if (evidence.outOfMemory) return { cause: "out_of_memory", detail: outOfMemoryWords(evidence), resumeRefused };
  if (evidence.requested) return { cause: "stopped", detail: "Stopped", resumeRefused };
  if (evidence.code === 0 && evidence.signal === null) return { cause: "done", detail: "Exit 0", resumeRefused };
  if (resumeRefused)
    return { cause: "crashed", detail: `${exitWords(evidence)}: the session to resume is gone`, resumeRefused };
  return waitingVerdict(evidence, knowledge) ?? { cause: "crashed", detail: exitWords(evidence), resumeRefused };
}

/** A limit or a missing sign-in is not a failure: the agent parks. */
function waitingVerdict(evidence: ExitEvidence, knowledge: ExitKnowledge): ExitVerdict | undefined {
  if (evidence.signal !== null) return undefined;
  const seen = knowledge.readsScreen ? findTrouble(lastLines(evidence.screenText, 12), evidence.wallNowMs) : undefined;
  const login = toldLogin(evidence, knowledge, seen !== undefined && "login" in seen ? seen.login : undefined);
  if (login !== undefined) {
    const detail = [sentence(login), knowledge.loginAdvice].filter((part) => part !== undefined).join(" ");
    return { cause: "needs_login", detail, resumeRefused: false };
  }
  const limit = toldLimit(evidence, seen !== undefined && "limit" in seen ? seen.limit : undefined);
  if (limit === undefined) return undefined;
  const verdict = { cause: "rate_limited", detail: sentence(limit.detail), resumeRefused: false } as const;
  return limit.until === undefined ? verdict : { ...verdict, parkUntil: limit.until };
}

function toldLogin(evidence: ExitEvidence, knowledge: ExitKnowledge, seen: string | undefined): string | undefined {
  if (evidence.activity === "needs_login" && evidence.activityDetail !== "") return evidence.activityDetail;
  const isLoginCode = knowledge.loginCode !== undefined && evidence.code === knowledge.loginCode;
  return seen ?? (isLoginCode ? "Nobody is signed in" : undefined);
}

function toldLimit(evidence: ExitEvidence, seen: Limit | undefined): Limit | undefined {
  const found = evidence.activity === "rate_limited" ? { detail: evidence.activityDetail } : seen;
  // A time that has passed belongs to an earlier limit of this life.
  if (found === undefined || (evidence.limitUntil ?? 0) <= evidence.wallNowMs) return found;
  return evidence.limitUntil === undefined ? found : { ...found, until: evidence.limitUntil };
}

function wasResumeRefused(evidence: ExitEvidence, knowledge: ExitKnowledge): boolean {
  return (
    evidence.mode === "resume" && evidence.code !== 0 && knowledge.resumeRefused?.test(evidence.screenText) === true
  );
}

/** `Exit 1`, `Exit 137: killed`, `Killed by SIGKILL`. Out of memory is said only on the kernel's evidence. */
export function exitWords(evidence: Pick<ExitEvidence, "code" | "signal">): string {
  if (evidence.signal !== null) return `Killed by ${evidence.signal}`;
  if (evidence.code === null) return "Ended without an exit code";
  const signal = evidence.code > 128 ? SIGNAL_NAMES[evidence.code - 128] : undefined;
  if (signal === "SIGKILL") return "Exit 137: killed";
  return signal === undefined ? `Exit ${evidence.code}` : `Exit ${evidence.code}: ${signal}`;
}

function outOfMemoryWords(evidence: ExitEvidence): string {
  const words = exitWords(evidence);
  return words.endsWith(": killed") ? `${words}, out of memory` : `${words}: out of memory`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function lastLines(text: string, count: number): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .join("\n");
}
