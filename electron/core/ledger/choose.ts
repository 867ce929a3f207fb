/**
 * Which of several words on one request counts. A pure function of the set of words, never of their order: whatever
 * arrives first, twice or late, the same entry comes out.
 */
import { USAGE_CONFIDENCES, USAGE_SOURCES } from "#shared/model/usage.ts";
import type { Tokens, UsageMark } from "#shared/model/usage.ts";
import type { Admitted } from "./admit.ts";
import { totalOf } from "./sums.ts";

const RANK = new Map<string, number>(USAGE_SOURCES.map((source, rank) => [source, rank]));
const CERTAINTY = new Map<string, number>(USAGE_CONFIDENCES.map((confidence, rank) => [confidence, rank]));
const OUTCOMES: readonly string[] = ["complete", "interrupted", "failed"];

/**
 * Negative: `a` is the better word. Numbers beat none; an estimate is the last resort whoever makes it; then the
 * source's rank, its confidence, and the more complete word: a stream's early counts are smaller than its last.
 */
export function compareWords(a: Admitted, b: Admitted): number {
  return (
    order(a.tokens === null, b.tokens === null) ||
    order(a.confidence === "estimated", b.confidence === "estimated") ||
    order(RANK.get(a.source), RANK.get(b.source)) ||
    order(CERTAINTY.get(a.confidence), CERTAINTY.get(b.confidence)) ||
    order(OUTCOMES.indexOf(a.outcome), OUTCOMES.indexOf(b.outcome)) ||
    compareNumbers(b.tokens, a.tokens) ||
    order(a.at, b.at) ||
    order(a.model, b.model) ||
    order(a.sourceKey, b.sourceKey)
  );
}

function order<T extends string | number | boolean>(a: T | undefined, b: T | undefined): number {
  if (a === b || a === undefined || b === undefined) return 0;
  return a < b ? -1 : 1;
}

function compareNumbers(a: Tokens | null, b: Tokens | null): number {
  if (a === null || b === null) return 0;
  return (
    order(totalOf(a), totalOf(b)) ||
    order(a.output, b.output) ||
    order(a.input, b.input) ||
    order(a.cacheRead, b.cacheRead) ||
    order(a.cacheWrite, b.cacheWrite) ||
    order(a.reasoning, b.reasoning)
  );
}

/** The same record said again: the better numbers, and every id either of the two knew. */
export function joinSame(known: Admitted, again: Admitted): Admitted {
  const [best, other] = compareWords(known, again) <= 0 ? [known, again] : [again, known];
  return {
    ...best,
    receivedAt: Math.min(known.receivedAt, again.receivedAt),
    kind: best.kind === "unknown" ? other.kind : best.kind,
    provider: best.provider === "unknown" ? other.provider : best.provider,
    subagent: best.subagent ?? other.subagent,
    sessionId: best.sessionId ?? other.sessionId,
    cliSessionId: best.cliSessionId ?? other.cliSessionId,
    requestId: best.requestId ?? other.requestId,
    messageId: best.messageId ?? other.messageId,
    reportedCostNanos: best.reportedCostNanos ?? other.reportedCostNanos,
    durationMs: best.durationMs ?? other.durationMs,
    imported: known.imported && again.imported,
    marks: unionOfMarks([known, again]),
  };
}

/** All words on one request as one; undefined for none. `marks` are those of the word that counts. */
export function chooseWord(words: readonly Admitted[]): Admitted | undefined {
  const [best, ...rest] = words.toSorted(compareWords);
  if (best === undefined) return undefined;
  const { marks } = best;
  return { ...rest.reduce(joinRanked, best), marks: best.tokens === null ? unionOfMarks(words) : marks };
}

/** `best` keeps its word; what it does not know is taken from the next one. */
function joinRanked(best: Admitted, next: Admitted): Admitted {
  return { ...joinSame(best, next), at: best.at, source: best.source, sourceKey: best.sourceKey };
}

function unionOfMarks(words: readonly Admitted[]): readonly UsageMark[] {
  return [...new Set(words.flatMap((word) => word.marks))].toSorted();
}

/**
 * Sources without the provider's ids (Gemini's telemetry against its chat file, opencode's stream against the gateway)
 * are joined by their numbers: the same session, model and counts. Undefined: nothing to go by.
 */
export function twinKey(word: Admitted): string | undefined {
  if (word.tokens === null || totalOf(word.tokens) === 0 || word.confidence === "estimated") return undefined;
  const { input, output, cacheRead, cacheWrite } = word.tokens;
  return `${bareModel(word.model)} ${input} ${output} ${cacheRead} ${cacheWrite}`;
}

/** `anthropic/claude-x-20260101[1m]` and `claude-x` are one model in two sources. */
export function bareModel(model: string): string {
  return model
    .toLowerCase()
    .replace(/^.*\//, "")
    .replace(/\[.*\]$/, "")
    .replace(/[-@](20\d{6}|20\d\d-\d\d-\d\d|latest)$/, "");
}
