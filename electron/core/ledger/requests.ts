/**
 * Which reports speak of one request. All rules of identity are here:
 *
 * 1. The same source and source key: the same record, read again.
 * 2. The same provider request id or message id: the same request, whoever says so and wherever it is found again
 *    (content blocks, resumed and forked sessions, replays of a parent's history).
 * 3. Twins: sources that lack such ids are joined by session, model and equal token counts within `TWIN_WINDOW_MS`. Never
 *    two reports of one source, never two with different ids of one kind.
 *
 * The groups are a function of the set of reports, not of their order: ids are joined for good, twins are worked out anew
 * for all requests of the same session, model and counts.
 */
import type { Row } from "#core/ports/database.ts";
import type { StoreTx } from "#core/store/index.ts";
import type { Admitted } from "./admit.ts";
import { chooseWord, joinSame, twinKey } from "./choose.ts";
import { draftOf, putEntry } from "./entries.ts";
import { numberOf, textOf, toReport } from "./rows.ts";
import type { ReportRow } from "./rows.ts";
import type { LedgerWork } from "./work.ts";

/** Telemetry comes seconds late and stamps its own time; equal counts further apart are two requests. */
export const TWIN_WINDOW_MS = 30_000;

interface RequestRow {
  readonly id: number;
  readonly scope: string;
  readonly twinKey: string | null;
  readonly twinOf: number | null;
  readonly at: number;
  readonly entry: number | null;
}

/** Files the report and brings the entries it bears on up to date. False: it said nothing new. */
export function takeReport(work: LedgerWork, word: Admitted): boolean {
  const { tx } = work;
  const knownRow = tx.get("SELECT * FROM usage_reports WHERE source = ? AND source_key = ?", [
    word.source,
    word.sourceKey,
  ]);
  const known = knownRow === undefined ? undefined : toReport(knownRow);
  const said = known === undefined ? word : joinSame(known, word);
  if (known !== undefined && isSameWord(known, said)) return false;
  const [oldest, ...others] = requestsOf(tx, { word: said, known });
  if (oldest === undefined) {
    takeFirst(work, said);
    return true;
  }
  const request = mergeRequests(work, [oldest, ...others]);
  saveReport(tx, { word: said, request });
  settle(work, request);
  return known === undefined;
}

/** The first word on a request, as nearly all are: nothing known has to be read again or taken back. */
function takeFirst(work: LedgerWork, word: Admitted): void {
  const { tx } = work;
  const { scope, key, isUnknown } = standingOf(word);
  const { lastRowId: request } = tx.run(
    "INSERT INTO usage_requests (scope, twin_key, at, is_unknown) VALUES (?, ?, ?, ?)",
    [scope, key, word.at, isUnknown],
  );
  saveReport(tx, { word, request });
  if (key !== null && mayHaveTwins(tx, { scope, key, word })) {
    settleTwins(work, { scope, key, changed: new Set([request]) });
    return;
  }
  const entry = putEntry(work, draftOf(work, { word, request }), []);
  if (entry !== undefined) tx.run("UPDATE usage_requests SET entry = ? WHERE id = ?", [entry, request]);
}

function isSameWord(known: ReportRow, said: Admitted): boolean {
  const { request, ...rest } = known;
  return JSON.stringify(inOneOrder({ ...said, request })) === JSON.stringify(inOneOrder({ ...rest, request }));
}

function inOneOrder(row: ReportRow): unknown[] {
  return Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Requests the word belongs to, oldest first; several when its ids prove them to be one. */
function requestsOf(tx: StoreTx, { word, known }: { word: Admitted; known: ReportRow | undefined }): readonly number[] {
  const found = new Set<number>();
  if (known !== undefined) found.add(known.request);
  for (const [column, id] of [
    ["request_id", word.requestId],
    ["message_id", word.messageId],
  ] as const) {
    if (id === null) continue;
    for (const row of tx.all(`SELECT DISTINCT request FROM usage_reports WHERE ${column} = ?`, [id]))
      found.add(Number(row["request"]));
  }
  return [...found].toSorted((a, b) => a - b);
}

/** Answers the oldest of them, which keeps what all of them knew. */
function mergeRequests(work: LedgerWork, [kept, ...lost]: readonly [number, ...number[]]): number {
  const { tx } = work;
  for (const id of lost) {
    const rows = [kept, id].flatMap((one) => readRequest(tx, one) ?? []);
    const lostRow = rows[1];
    const left = lostRow === undefined ? [] : groupOf(tx, lostRow);
    tx.run("UPDATE usage_reports SET request = ? WHERE request = ?", [kept, id]);
    for (const twin of left)
      tx.run("UPDATE usage_requests SET twin_of = NULL WHERE id = ? AND twin_of = ?", [twin, id]);
    tx.run("DELETE FROM usage_requests WHERE id = ?", [id]);
    const entries = rows.flatMap((row) => row.entry ?? []);
    const entry = entries.length < 2 ? entries[0] : settleGroup(work, [kept], entries);
    tx.run("UPDATE usage_requests SET entry = ? WHERE id = ?", [entry ?? null, kept]);
    // Twins of the lost one stand alone now.
    if (lostRow?.twinKey != null)
      settleTwins(work, { scope: lostRow.scope, key: lostRow.twinKey, changed: new Set(left) });
  }
  return kept;
}

function readRequest(tx: StoreTx, id: number): RequestRow | undefined {
  const row = tx.get("SELECT * FROM usage_requests WHERE id = ?", [id]);
  return row === undefined ? undefined : toRequest(row);
}

function toRequest(row: Row): RequestRow {
  return {
    id: Number(row["id"]),
    scope: String(row["scope"]),
    twinKey: textOf(row["twin_key"]),
    twinOf: numberOf(row["twin_of"]),
    at: Number(row["at"]),
    entry: numberOf(row["entry"]),
  };
}

function readWords(tx: StoreTx, request: number): readonly ReportRow[] {
  return tx.all("SELECT * FROM usage_reports WHERE request = ?", [request]).map(toReport);
}

/** The request's own facts first, then the entries of all it may be a twin of, before and now. */
function settle(work: LedgerWork, request: number): void {
  const { tx } = work;
  const before = readRequest(tx, request);
  const word = chooseWord(readWords(tx, request));
  if (before === undefined || word === undefined) return;
  // Its twins of before counted with what it said.
  const changed = new Set(groupOf(tx, before));
  const { scope, key } = saveRequest(tx, request, word);
  if (key === null || hasNoTwins(tx, { scope, key, source: word.source })) {
    const entry = settleGroup(work, [request], before.entry === null ? [] : [before.entry]);
    tx.run("UPDATE usage_requests SET entry = ? WHERE id = ?", [entry ?? null, request]);
  } else settleTwins(work, { scope, key, changed });
  const { scope: scopeBefore, twinKey } = before;
  if (twinKey !== null && (twinKey !== key || scopeBefore !== scope))
    settleTwins(work, { scope: scopeBefore, key: twinKey, changed });
}

/** The request and all that are one with it by their numbers, as far as is settled. */
function groupOf(tx: StoreTx, { id, scope, twinKey: key, twinOf }: RequestRow): readonly number[] {
  const leader = twinOf ?? id;
  const twins = tx.all("SELECT id FROM usage_requests WHERE scope = ? AND twin_key = ? AND twin_of = ?", [
    scope,
    key,
    leader,
  ]);
  return [id, leader, ...twins.map((row) => Number(row["id"]))];
}

interface Standing {
  readonly scope: string;
  readonly key: string | null;
  readonly isUnknown: 0 | 1;
}

function standingOf(word: Admitted): Standing {
  const scope = word.sessionId ?? word.cliSessionId ?? "";
  const key = scope === "" ? null : (twinKey(word) ?? null);
  // Estimated is not known: it counts, and stays listed until a source that counted tells of it.
  const isUnknown = (word.tokens === null || word.confidence === "estimated") && word.outcome !== "failed";
  return { scope, key, isUnknown: isUnknown ? 1 : 0 };
}

function saveRequest(tx: StoreTx, request: number, word: Admitted): Standing {
  const standing = standingOf(word);
  tx.run("UPDATE usage_requests SET scope = ?, twin_key = ?, at = ?, is_unknown = ?, twin_of = NULL WHERE id = ?", [
    standing.scope,
    standing.key,
    word.at,
    standing.isUnknown,
    request,
  ]);
  return standing;
}

/** Everything with these counts comes from one source, which never says the same request twice. */
function hasNoTwins(tx: StoreTx, { scope, key, source }: Bucket & { readonly source: string }): boolean {
  const other = tx.get(
    `SELECT 1 AS found FROM usage_requests q JOIN usage_reports r ON r.request = q.id
     WHERE q.scope = ? AND q.twin_key = ? AND (r.source <> ? OR q.twin_of IS NOT NULL) LIMIT 1`,
    [scope, key, source],
  );
  return other === undefined;
}

/** A request that is new can only be the same as one another source told within the window; the groups further off stay as they are. */
function mayHaveTwins(tx: StoreTx, { scope, key, word }: Bucket & { readonly word: Admitted }): boolean {
  const other = tx.get(
    `SELECT 1 AS found FROM usage_requests q JOIN usage_reports r ON r.request = q.id
     WHERE q.scope = ? AND q.twin_key = ? AND q.at BETWEEN ? AND ? AND r.source <> ? LIMIT 1`,
    [scope, key, word.at - TWIN_WINDOW_MS, word.at + TWIN_WINDOW_MS, word.source],
  );
  return other !== undefined;
}

interface Bucket {
  readonly scope: string;
  readonly key: string;
}

interface Change extends Bucket {
  /** The requests whose reports changed, and those that were one with them. */
  readonly changed: ReadonlySet<number>;
}

interface Twin extends RequestRow {
  readonly sources: Set<string>;
  readonly requestIds: Set<string>;
  readonly messageIds: Set<string>;
  /** Breaks ties of time by what the reports say, not by when they came. */
  sortKey: string;
}

function settleTwins(work: LedgerWork, { scope, key, changed }: Change): void {
  const { tx } = work;
  for (const group of groupTwins(readTwins(tx, { scope, key }))) {
    const leader = group.find((row) => row.entry !== null) ?? group[0];
    if (leader === undefined) continue;
    if (isSettled(group, leader) && !group.some(({ id }) => changed.has(id))) continue;
    const entries = [leader, ...group.filter((row) => row !== leader)].flatMap((row) => row.entry ?? []);
    const entry = settleGroup(
      work,
      group.map((row) => row.id),
      entries,
    );
    for (const row of group) {
      const isLeader = row === leader;
      tx.run("UPDATE usage_requests SET twin_of = ?, entry = ? WHERE id = ?", [
        isLeader ? null : leader.id,
        isLeader ? (entry ?? null) : null,
        row.id,
      ]);
    }
  }
}

/** As it was before: hundreds of requests with equal counts must not cost hundreds of looks at each of them. */
function isSettled(group: readonly Twin[], leader: Twin): boolean {
  return group.every((row) =>
    row === leader ? row.twinOf === null && row.entry !== null : row.twinOf === leader.id && row.entry === null,
  );
}

function readTwins(tx: StoreTx, { scope, key }: Bucket): readonly Twin[] {
  const rows = tx.all(
    `SELECT q.*, r.source, r.source_key, r.request_id, r.message_id FROM usage_requests q JOIN usage_reports r ON r.request = q.id
     WHERE q.scope = ? AND q.twin_key = ? ORDER BY r.source, r.source_key`,
    [scope, key],
  );
  const twins = new Map<number, Twin>();
  for (const row of rows) {
    const id = Number(row["id"]);
    const twin = twins.get(id) ?? newTwin(row);
    twins.set(id, twin);
    twin.sources.add(String(row["source"]));
    twin.sortKey += `${String(row["source"])} ${String(row["source_key"])}\n`;
    const [requestId, messageId] = [textOf(row["request_id"]), textOf(row["message_id"])];
    if (requestId !== null) twin.requestIds.add(requestId);
    if (messageId !== null) twin.messageIds.add(messageId);
  }
  return [...twins.values()];
}

function newTwin(row: Row): Twin {
  return {
    ...toRequest(row),
    sources: new Set(),
    requestIds: new Set(),
    messageIds: new Set(),
    sortKey: "",
  };
}

/** Each twin joins the oldest group that it does not contradict; groups and their order follow from the twins alone. */
function groupTwins(twins: readonly Twin[]): readonly (readonly Twin[])[] {
  // One source alone never says the same request twice: nothing to join.
  if (twins.every(({ sources }) => sources.size === 1 && !areDisjoint(sources, twins[0]?.sources ?? sources)))
    return twins.map((twin) => [twin]);
  const groups: Twin[][] = [];
  const sorted = twins.toSorted((a, b) => a.at - b.at || (a.sortKey < b.sortKey ? -1 : 1));
  for (const twin of sorted) {
    const home = groups.find((group) => group.every((other) => mayBeOne(other, twin)));
    if (home === undefined) groups.push([twin]);
    else home.push(twin);
  }
  return groups;
}

function mayBeOne(a: Twin, b: Twin): boolean {
  return (
    Math.abs(a.at - b.at) <= TWIN_WINDOW_MS &&
    areDisjoint(a.sources, b.sources) &&
    !differ(a.requestIds, b.requestIds) &&
    !differ(a.messageIds, b.messageIds)
  );
}

function areDisjoint(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return ![...a].some((one) => b.has(one));
}

/** Both know ids of this kind, and they are others. */
function differ(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size > 0 && b.size > 0 && areDisjoint(a, b);
}

/** The one entry of these requests, in place of the `current` ones. */
function settleGroup(work: LedgerWork, requests: readonly number[], current: readonly number[]): number | undefined {
  const word = chooseWord(requests.flatMap((id) => readWords(work.tx, id)));
  const [request] = requests;
  const draft = word === undefined || request === undefined ? undefined : draftOf(work, { word, request });
  return putEntry(work, draft, current);
}

const COLUMNS =
  "request, source, source_key, at, received_at, confidence, outcome, agent, kind, subagent, provider, model, session_id, cli_session_id, request_id, message_id, input, output, cache_read, cache_write, reasoning, reported_cost_nanos, duration_ms, imported, marks";
const INSERT = `INSERT INTO usage_reports (${COLUMNS}) VALUES (${COLUMNS.split(",")
  .map(() => "?")
  .join(", ")}) ON CONFLICT (source, source_key) DO UPDATE SET ${COLUMNS.split(", ")
  .map((column) => `${column} = excluded.${column}`)
  .join(", ")}`;

function saveReport(tx: StoreTx, { word, request }: { word: Admitted; request: number }): void {
  tx.run(INSERT, [
    request,
    word.source,
    word.sourceKey,
    word.at,
    word.receivedAt,
    word.confidence,
    word.outcome,
    word.agent,
    word.kind,
    word.subagent,
    word.provider,
    word.model,
    word.sessionId,
    word.cliSessionId,
    word.requestId,
    word.messageId,
    word.tokens?.input ?? null,
    word.tokens?.output ?? null,
    word.tokens?.cacheRead ?? null,
    word.tokens?.cacheWrite ?? null,
    word.tokens?.reasoning ?? null,
    word.reportedCostNanos,
    word.durationMs,
    word.imported ? 1 : 0,
    word.marks.join(","),
  ]);
}
