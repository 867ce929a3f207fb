/**
 * Sources of one session laid side by side. Where they do not say the same the difference is shown with its reasons:
 * requests only one of them knows, and requests they count differently. Nothing is averaged.
 */
import type { QueryOutput, QueryRequest } from "#shared/contract/index.ts";
import { USAGE_SOURCES } from "#shared/model/usage.ts";
import type { UsageSource } from "#shared/model/usage.ts";
import type { Row } from "#core/ports/database.ts";
import type { Admitted } from "./admit.ts";
import { chooseWord } from "./choose.ts";
import { textOf, toReport, withText } from "./rows.ts";
import type { ReportRow } from "./rows.ts";
import { periodOf } from "./sumQuery.ts";
import type { SumDeps } from "./sumQuery.ts";
import { totalOf } from "./sums.ts";

/** Sessions looked at in one answer, newest first. */
const MOST_SESSIONS = 200;
const MOST_REPORTS = 20_000;

type Drift = QueryOutput<"usage.drift">[number];
type Reason = Drift["explained"][number];

/** A request as two sources of one session see it. */
type Sighting = ReadonlyMap<UsageSource, Admitted | undefined>;

export function driftOf(deps: SumDeps, request: QueryRequest<"usage.drift">): QueryOutput<"usage.drift"> {
  const { from, to } = periodOf(request, deps.nowMs);
  const sessions = deps.store.all(
    `SELECT q.scope, max(r.at) AS last FROM usage_reports r JOIN usage_requests q ON q.id = r.request
     WHERE r.at >= ? AND r.at < ? AND q.scope <> '' GROUP BY q.scope HAVING count(DISTINCT r.source) > 1 ORDER BY last DESC LIMIT ?`,
    [from, to, MOST_SESSIONS],
  );
  return sessions.flatMap((row) => driftOfSession(deps, String(row["scope"]), request.scope));
}

function driftOfSession({ store, ancestorsOf }: SumDeps, session: string, scope: string | undefined): readonly Drift[] {
  const rows = store.all(
    `SELECT r.*, ifnull(q.twin_of, q.id) AS one, l.path FROM usage_requests q JOIN usage_reports r ON r.request = q.id
     LEFT JOIN lives l ON l.session_id = r.session_id WHERE q.scope = ? LIMIT ?`,
    [session, MOST_REPORTS],
  );
  const path = textOf(rows.find((row) => row["path"] !== null)?.["path"]);
  if (scope !== undefined && (path === null || !ancestorsOf(path).includes(scope))) return [];
  const [first] = rows;
  if (first === undefined) return [];
  const { sessionId, cliSessionId, agent } = toReport(first);
  const about = {
    ...withText("path", path),
    ...withText("sessionId", sessionId),
    ...withText("cliSessionId", cliSessionId),
    agent,
  };
  const seen = sightings(rows);
  return pairs(new Set(seen.flatMap((one) => [...one.keys()]))).flatMap(([a, b]) => {
    const compared = compare(seen, a, b);
    return compared === undefined ? [] : [{ ...about, a, b, ...compared }];
  });
}

/** Each request with the one word of every source that knows it. */
function sightings(rows: readonly Row[]): readonly Sighting[] {
  const requests = new Map<number, Map<UsageSource, ReportRow[]>>();
  for (const row of rows) {
    const word = toReport(row);
    const request = requests.get(Number(row["one"])) ?? new Map<UsageSource, ReportRow[]>();
    requests.set(Number(row["one"]), request);
    request.set(word.source, [...(request.get(word.source) ?? []), word]);
  }
  return [...requests.values()].map(
    (request) => new Map([...request].map(([source, words]) => [source, chooseWord(words)] as const)),
  );
}

function pairs(sources: ReadonlySet<UsageSource>): readonly (readonly [UsageSource, UsageSource])[] {
  const ranked = USAGE_SOURCES.filter((source) => sources.has(source));
  return ranked.flatMap((a, index) => ranked.slice(index + 1).map((b) => [a, b] as const));
}

/** Undefined: the two agree. */
function compare(
  sightings: readonly Sighting[],
  a: UsageSource,
  b: UsageSource,
): Pick<Drift, "tokensA" | "tokensB" | "explained" | "unexplainedTokens"> | undefined {
  let tokensA = 0;
  let tokensB = 0;
  const reasons = new Map<string, Reason>();
  for (const sighting of sightings) {
    const [wordA, wordB] = [sighting.get(a), sighting.get(b)];
    const [sizeA, sizeB] = [sizeOf(wordA), sizeOf(wordB)];
    tokensA += sizeA;
    tokensB += sizeB;
    if (sizeA === sizeB) continue;
    const why = reasonFor({ a, b, wordA, wordB });
    const reason = reasons.get(why) ?? { why, requests: 0, tokens: 0 };
    reasons.set(why, { why, requests: reason.requests + 1, tokens: reason.tokens + sizeA - sizeB });
  }
  if (reasons.size === 0) return undefined;
  const counted = [...reasons.values()];
  const unexplainedTokens = reasons.get(UNEXPLAINED)?.tokens ?? 0;
  return { tokensA, tokensB, explained: counted.filter(({ why }) => why !== UNEXPLAINED), unexplainedTokens };
}

function sizeOf(word: Admitted | undefined): number {
  return word?.tokens == null ? 0 : totalOf(word.tokens);
}

const UNEXPLAINED = "";

interface Seen {
  readonly a: UsageSource;
  readonly b: UsageSource;
  readonly wordA: Admitted | undefined;
  readonly wordB: Admitted | undefined;
}

function reasonFor({ a, b, wordA, wordB }: Seen): string {
  if (wordA === undefined || wordB === undefined)
    return `Only ${wordA === undefined ? b : a} knows of ${kindOf(wordA ?? wordB)} requests`;
  if (wordA.tokens === null || wordB.tokens === null) return `${wordA.tokens === null ? a : b} has no numbers for them`;
  if (wordA.outcome === "interrupted" || wordB.outcome === "interrupted")
    return "Interrupted: one saw more of the answer";
  if (wordA.confidence !== wordB.confidence) return `${wordA.confidence === "exact" ? b : a} is not exact`;
  return UNEXPLAINED;
}

function kindOf(word: Admitted | undefined): string {
  if (word?.outcome === "interrupted") return "interrupted";
  return word === undefined || word.kind === "unknown" ? "these" : word.kind;
}
