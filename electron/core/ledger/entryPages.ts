/** Entries page by page, for tables and exports: a filter, an order, and a cursor that survives new entries. */
import type { QueryOutput, QueryRequest, UsageFilter } from "#shared/contract/index.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { SqlValue } from "#core/ports/database.ts";
import type { Store } from "#core/store/index.ts";
import { dimSays, matchesDim, readDims } from "./dims.ts";
import type { AncestorsOf, Dim } from "./dims.ts";
import { SELECT_ENTRY, showEntry, toEntry } from "./rows.ts";

export interface PageDeps {
  readonly store: Pick<Store, "all">;
  readonly ancestorsOf: AncestorsOf;
}

export interface Condition {
  readonly sql: string;
  readonly params: readonly SqlValue[];
}

/** Both along the index by time, so that a page costs what it holds. */
const ORDERS = {
  newest: { by: "e.at DESC, e.id DESC", after: "(e.at, e.id) < (?, ?)" },
  oldest: { by: "e.at, e.id", after: "(e.at, e.id) > (?, ?)" },
} as const;

/** Error: bad_request for a cursor that is none. */
export function pageOfEntries(
  deps: PageDeps,
  request: QueryRequest<"usage.entries">,
): Result<QueryOutput<"usage.entries">> {
  const order = ORDERS[request.order];
  const cursor = request.after === undefined ? undefined : /^(-?\d{1,16})-(\d{1,16})$/.exec(request.after);
  if (cursor === null) return fail("bad_request", "The place to go on from is none that an earlier page gave.");
  const conditions = [
    ...wordConditions(deps, request),
    ...periodConditions(request),
    ...entryConditions(request),
    ...(request.includeSuperseded ? [] : [{ sql: "s.entry IS NULL", params: [] }]),
    ...(cursor === undefined ? [] : [{ sql: order.after, params: [Number(cursor[1]), Number(cursor[2])] }]),
  ];
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.map(({ sql }) => sql).join(" AND ")}`;
  const rows = deps.store
    .all(`${SELECT_ENTRY} ${where} ORDER BY ${order.by} LIMIT ?`, [
      ...conditions.flatMap(({ params }) => params),
      request.limit,
    ])
    .map(toEntry);
  const last = rows.at(-1);
  const isFull = rows.length === request.limit && last !== undefined;
  return ok({ entries: rows.map(showEntry), ...(isFull ? { next: `${last.at}-${last.id}` } : {}) });
}

/** What only the entries themselves know, on usage_entries `e`. */
export function entryConditions(filter: UsageFilter): readonly Condition[] {
  const conditions: Condition[] = [];
  if (filter.sessionId !== undefined) conditions.push({ sql: "e.session_id = ?", params: [filter.sessionId] });
  if (filter.cliSessionId !== undefined)
    conditions.push({ sql: "e.cli_session_id = ?", params: [filter.cliSessionId] });
  return conditions;
}

function periodConditions(filter: UsageFilter): readonly Condition[] {
  const conditions: Condition[] = [];
  if (filter.from !== undefined) conditions.push({ sql: "e.at >= ?", params: [parseTime(filter.from)] });
  if (filter.to !== undefined) conditions.push({ sql: "e.at < ?", params: [parseTime(filter.to)] });
  return conditions;
}

/**
 * The filter's shared words and its text, as the ids of all dims that match: looked for in hundreds of them, not in
 * every entry. Text that none of them says can only be an id, and those have indexes.
 */
function wordConditions({ store, ancestorsOf }: PageDeps, filter: UsageFilter): readonly Condition[] {
  const all = readDims(store);
  const matching = all.filter((dim) => matchesDim(dim, filter, ancestorsOf));
  const words = matching.length === all.length ? [] : [dimCondition(matching)];
  const text = filter.text?.trim() ?? "";
  const said = matching.filter((dim) => dimSays(dim, text));
  if (said.length === matching.length) return words;
  const byId = idCondition(text);
  if (said.length === 0) return [...words, byId];
  const bySaid = dimCondition(said);
  return [...words, { sql: `(${bySaid.sql} OR ${byId.sql})`, params: [...bySaid.params, ...byId.params] }];
}

function dimCondition(dims: readonly Dim[]): Condition {
  return { sql: "e.dim IN (SELECT value FROM json_each(?))", params: [JSON.stringify(dims.map(({ id }) => id))] };
}

/** A whole request, message or session id. */
export function idCondition(text: string): Condition {
  return { sql: `e.id IN (${ENTRIES_WITH_ID})`, params: [text, text, text, text] };
}

const ENTRIES_WITH_ID = `SELECT id FROM usage_entries WHERE session_id = ?
  UNION SELECT id FROM usage_entries WHERE cli_session_id = ?
  UNION SELECT n.id FROM usage_entries n WHERE n.request IN (
    SELECT request FROM usage_reports WHERE request_id = ? UNION SELECT request FROM usage_reports WHERE message_id = ?)`;
