/**
 * Sources of one session laid side by side. Where they do not say the same the difference is shown with its reasons:
 * requests only one of them knows, and requests they count differently. Nothing is averaged.
 */
import type { QueryOutput, QueryRequest } from "#shared/contract/index.ts";
import { USAGE_SOURCES, usageKindSchema, usageOutcomeSchema, usageSourceSchema } from "#shared/model/usage.ts";
import type { UsageKind, UsageOutcome, UsageSource } from "#shared/model/usage.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Row } from "#core/ports/database.ts";
import type { Admitted } from "./admit.ts";
import { chooseWord } from "./choose.ts";
import { textOf, toReport, withText } from "./rows.ts";
import type { ReportRow } from "./rows.ts";
import { periodOf } from "./sumQuery.ts";
import type { SumDeps } from "./sumQuery.ts";
import { totalOf } from "./sums.ts";

/** Sessions that differ, in one answer, newest first. */
const MOST_SESSIONS = 200;
/** Sessions looked at for them: a month of a busy machine. */
const MOST_LOOKED_AT = 2000;
const MOST_REPORTS = 20_000;
/** After this much work the core has its turn. */
const TURN_MS = 10;

type Drift = QueryOutput<"usage.drift">[number];
type Reason = Drift["explained"][number];

/** A request as the sources of one session see it. */
type Sighting = ReadonlyMap<UsageSource, Admitted | undefined>;

/** Requests of which one source spoke once: nearly all, so the database adds them up. */
interface Alone {
  readonly source: UsageSource;
  readonly kind: UsageKind;
  readonly outcome: UsageOutcome;
  /** Those with tokens. */
  readonly requests: number;
  readonly tokens: number;
}

interface Seen {
  readonly alone: readonly Alone[];
  readonly together: readonly Sighting[];
}

type DriftDeps = SumDeps & { readonly clock: Clock };

/**
 * Every request of every session of the period is looked at, which has no end: a question a turn, so that the answer may
 * take its time and the core goes on.
 */
export async function driftOf(
  deps: DriftDeps,
  request: QueryRequest<"usage.drift">,
): Promise<QueryOutput<"usage.drift">> {
  const { store, calendar } = deps;
  const { from, to } = periodOf(deps, request);
  const sessions = store.all(
    `SELECT session, max(day) AS last FROM usage_session_days WHERE day >= ? AND day <= ? AND session <> ''
     GROUP BY session ORDER BY last DESC, session LIMIT ?`,
    [from === 0 ? 0 : calendar.dayOf(from), calendar.dayOf(to - 1), MOST_LOOKED_AT],
  );
  const found: Drift[][] = [];
  const turns = takingTurns(deps.clock);
  for (const row of sessions) {
    const drifts = await driftOfSession(deps, {
      session: String(row["session"]).replace(/^cli:/, ""),
      scope: request.scope,
      turns,
    });
    if (drifts.length > 0) found.push([...drifts]);
    if (found.length >= MOST_SESSIONS) break;
  }
  return found.flat();
}

/** Lets everything else have its turn, when ours has lasted. */
function takingTurns(clock: Clock): () => Promise<void> {
  let began = clock.now();
  return async () => {
    if (clock.now() - began < TURN_MS) return;
    await new Promise<void>((resolve) => void clock.after(0, resolve));
    began = clock.now();
  };
}

interface Asked {
  readonly session: string;
  readonly scope: string | undefined;
  readonly turns: () => Promise<void>;
}

/** What every question about one session begins with; `one` is the same for all that speak of one request. */
const WORDS = `WITH words AS (
  SELECT ifnull(q.twin_of, q.id) AS one, r.id AS report FROM usage_requests q JOIN usage_reports r ON r.request = q.id WHERE q.scope = ?)`;

async function driftOfSession(
  { store, ancestorsOf }: DriftDeps,
  { session, scope, turns }: Asked,
): Promise<readonly Drift[]> {
  await turns();
  // From the indexes alone: most sessions have one source, and are done with here.
  const sources = store.all(
    "SELECT DISTINCT r.source FROM usage_requests q JOIN usage_reports r ON r.request = q.id WHERE q.scope = ?",
    [session],
  );
  const first = store.get(
    `SELECT r.*, l.path FROM usage_requests q JOIN usage_reports r ON r.request = q.id
     LEFT JOIN lives l ON l.session_id = r.session_id WHERE q.scope = ? LIMIT 1`,
    [session],
  );
  if (sources.length < 2 || first === undefined) return [];
  const path = textOf(first["path"]);
  if (scope !== undefined && (path === null || !ancestorsOf(path).includes(scope))) return [];
  const { sessionId, cliSessionId, agent } = toReport(first);
  const about = {
    ...withText("path", path),
    ...withText("sessionId", sessionId),
    ...withText("cliSessionId", cliSessionId),
    agent,
  };
  await turns();
  const alone = readAlone(store, session);
  await turns();
  const seen = { alone, together: readTogether(store, session) };
  return pairs(sources.map((row) => usageSourceSchema.parse(row["source"]))).flatMap(([a, b]) => {
    const compared = compare(seen, a, b);
    return compared === undefined ? [] : [{ ...about, a, b, ...compared }];
  });
}

function readAlone(store: SumDeps["store"], session: string): readonly Alone[] {
  const rows = store.all(
    `${WORDS}, alone AS (SELECT report FROM words GROUP BY one HAVING count(*) = 1)
     SELECT r.source, r.kind, r.outcome, count(*) AS requests, sum(r.input + r.output + r.cache_read + r.cache_write) AS tokens
     FROM alone JOIN usage_reports r ON r.id = alone.report
     WHERE r.input + r.output + r.cache_read + r.cache_write > 0 GROUP BY r.source, r.kind, r.outcome`,
    [session],
  );
  return rows.map((row) => ({
    source: usageSourceSchema.parse(row["source"]),
    kind: usageKindSchema.parse(row["kind"]),
    outcome: usageOutcomeSchema.parse(row["outcome"]),
    requests: Number(row["requests"]),
    tokens: Number(row["tokens"]),
  }));
}

/** Each other request with the one word of every source that knows it. */
function readTogether(store: SumDeps["store"], session: string): readonly Sighting[] {
  const rows = store.all(
    `${WORDS} SELECT w.one, r.* FROM words w JOIN usage_reports r ON r.id = w.report
     WHERE w.one IN (SELECT one FROM words GROUP BY one HAVING count(*) > 1) LIMIT ?`,
    [session, MOST_REPORTS],
  );
  const requests = new Map<number, Row[]>();
  for (const row of rows) {
    const one = Number(row["one"]);
    const known = requests.get(one);
    if (known === undefined) requests.set(one, [row]);
    else known.push(row);
  }
  return [...requests.values()].map((request) => sightingOf(request.map(toReport)));
}

function sightingOf(words: readonly ReportRow[]): Sighting {
  const bySource = Map.groupBy(words, ({ source }) => source);
  return new Map([...bySource].map(([source, said]) => [source, chooseWord(said)] as const));
}

function pairs(sources: readonly UsageSource[]): readonly (readonly [UsageSource, UsageSource])[] {
  const ranked = USAGE_SOURCES.filter((source) => sources.includes(source));
  return ranked.flatMap((a, index) => ranked.slice(index + 1).map((b) => [a, b] as const));
}

/** Undefined: the two agree. */
function compare(
  { alone, together }: Seen,
  a: UsageSource,
  b: UsageSource,
): Pick<Drift, "tokensA" | "tokensB" | "explained" | "unexplainedTokens"> | undefined {
  const reasons = new Reasons();
  let tokensA = 0;
  let tokensB = 0;
  for (const one of alone) {
    if (one.source !== a && one.source !== b) continue;
    if (one.source === a) tokensA += one.tokens;
    else tokensB += one.tokens;
    const tokens = one.source === a ? one.tokens : -one.tokens;
    reasons.add(onlyKnownTo(one.source, one), { requests: one.requests, tokens });
  }
  for (const sighting of together) {
    const [wordA, wordB] = [sighting.get(a), sighting.get(b)];
    const [sizeA, sizeB] = [sizeOf(wordA), sizeOf(wordB)];
    tokensA += sizeA;
    tokensB += sizeB;
    if (sizeA !== sizeB) reasons.add(reasonFor({ a, b, wordA, wordB }), { requests: 1, tokens: sizeA - sizeB });
  }
  if (reasons.isEmpty) return undefined;
  return { tokensA, tokensB, explained: reasons.explained, unexplainedTokens: reasons.unexplainedTokens };
}

class Reasons {
  readonly #all = new Map<string, Reason>();

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  get explained(): Reason[] {
    return [...this.#all.values()].filter(({ why }) => why !== UNEXPLAINED);
  }

  get unexplainedTokens(): number {
    return this.#all.get(UNEXPLAINED)?.tokens ?? 0;
  }

  add(why: string, { requests, tokens }: Omit<Reason, "why">): void {
    const known = this.#all.get(why) ?? { why, requests: 0, tokens: 0 };
    this.#all.set(why, { why, requests: known.requests + requests, tokens: known.tokens + tokens });
  }
}

function sizeOf(word: Admitted | undefined): number {
  return word?.tokens == null ? 0 : totalOf(word.tokens);
}

const UNEXPLAINED = "";

interface Both {
  readonly a: UsageSource;
  readonly b: UsageSource;
  readonly wordA: Admitted | undefined;
  readonly wordB: Admitted | undefined;
}

function reasonFor({ a, b, wordA, wordB }: Both): string {
  if (wordA === undefined || wordB === undefined) return onlyKnownTo(wordA === undefined ? b : a, wordA ?? wordB);
  if (wordA.tokens === null || wordB.tokens === null) return `${wordA.tokens === null ? a : b} has no numbers for them`;
  if (wordA.outcome === "interrupted" || wordB.outcome === "interrupted")
    return "Interrupted: one saw more of the answer";
  if (wordA.confidence !== wordB.confidence) return `${wordA.confidence === "exact" ? b : a} is not exact`;
  return UNEXPLAINED;
}

function onlyKnownTo(source: UsageSource, word: Pick<Admitted, "kind" | "outcome"> | undefined): string {
  const isNameless = word === undefined || word.kind === "unknown";
  const kind = word?.outcome === "interrupted" ? "interrupted" : isNameless ? "these" : word.kind;
  return `Only ${source} knows of ${kind} requests`;
}
