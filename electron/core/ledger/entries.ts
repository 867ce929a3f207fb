/**
 * Entries are written, never changed: one that should say something else is superseded by a new one, and the sums follow
 * in the same transaction.
 */
import type { Row } from "#core/ports/database.ts";
import type { Admitted } from "./admit.ts";
import { SELECT_ENTRY, toEntry } from "./rows.ts";
import type { EntryRow } from "./rows.ts";
import type { LedgerWork, PriceRequest } from "./work.ts";

export type EntryDraft = Omit<EntryRow, "id" | "dim" | "supersedes" | "supersededBy" | "recordedAt">;

export function readEntry(work: LedgerWork, id: number): EntryRow | undefined {
  const row = work.tx.get(`${SELECT_ENTRY} WHERE e.id = ?`, [id]);
  return row === undefined ? undefined : toEntry(row);
}

export function draftOf(
  work: LedgerWork,
  { word, request }: { word: Admitted; request: number },
): EntryDraft | undefined {
  const { tokens } = word;
  if (tokens === null) return undefined;
  return {
    request,
    at: word.at,
    ...ownerOf(work, word.sessionId),
    ...priceOf(work, { provider: word.provider, model: word.model, tokens, at: word.at }),
    agent: word.agent,
    provider: word.provider,
    model: word.model,
    source: word.source,
    kind: word.kind,
    confidence: word.confidence,
    outcome: word.outcome,
    imported: word.imported,
    sessionId: word.sessionId,
    cliSessionId: word.cliSessionId,
    subagent: word.subagent,
    tokens,
    reportedCostNanos: word.reportedCostNanos,
    requestId: word.requestId,
    messageId: word.messageId,
    isRemainder: false,
    marks: word.marks,
  };
}

/** Whose life the session is; nobody's for history from outside. */
export function ownerOf(work: LedgerWork, sessionId: string | null): Pick<EntryDraft, "path" | "task" | "generation"> {
  const life = sessionId === null ? undefined : work.lifeOf(sessionId);
  if (life === undefined) return { path: "", task: "", generation: null };
  return { path: life.path, task: life.task ?? "", generation: life.generation };
}

export function priceOf(work: LedgerWork, request: PriceRequest): Pick<EntryDraft, "costNanos" | "priceVersion"> {
  const price = work.priceOf(request);
  return price === undefined
    ? { costNanos: null, priceVersion: null }
    : { costNanos: price.costNanos, priceVersion: price.version };
}

/**
 * Makes `draft` the one entry that counts in place of `current`. Returns its id: a current entry that says the same
 * stays. Without a draft nothing counts any more.
 */
export function putEntry(
  work: LedgerWork,
  draft: EntryDraft | undefined,
  current: readonly number[],
): number | undefined {
  const rows = current.flatMap((id) => readEntry(work, id) ?? []);
  if (draft === undefined) {
    for (const row of rows) retire(work, row, undefined);
    return undefined;
  }
  const same = rows.find((row) => saysTheSame(row, draft));
  const [first] = rows;
  const entry = same ?? writeEntry(work, draft, first?.id);
  for (const row of rows) if (row.id !== entry.id) retire(work, row, entry.id);
  if (same === undefined) work.changes.push({ entry, previous: first });
  for (const row of rows.slice(same === undefined ? 1 : 0))
    if (row.id !== entry.id) work.changes.push({ entry: undefined, previous: row });
  return entry.id;
}

/**
 * What sums and readers go by. Ids learnt later do not make a new entry: the reports carry them. The price stays the one
 * of its day: a new price list never rewrites the past, except where there was none.
 */
function saysTheSame(row: EntryRow, draft: EntryDraft): boolean {
  return (
    row.at === draft.at &&
    row.sessionId === draft.sessionId &&
    row.cliSessionId === draft.cliSessionId &&
    row.generation === draft.generation &&
    row.reportedCostNanos === draft.reportedCostNanos &&
    (row.costNanos !== null || draft.costNanos === null) &&
    WORDS.every((key) => row[key] === draft[key]) &&
    TOKENS.every((key) => row.tokens[key] === draft.tokens[key])
  );
}

const TOKENS = ["input", "output", "cacheRead", "cacheWrite", "reasoning"] as const;
const WORDS = [
  "path",
  "task",
  "agent",
  "provider",
  "model",
  "source",
  "kind",
  "confidence",
  "outcome",
  "imported",
] as const satisfies readonly (keyof EntryDraft)[];

export function retire(work: LedgerWork, row: EntryRow, by: number | undefined): void {
  work.tx.run("INSERT INTO usage_superseded (entry, by_entry, at) VALUES (?, ?, ?)", [row.id, by ?? null, work.nowMs]);
  work.sums.count({ entry: row, day: work.calendar.dayOf(row.at), sign: -1 });
  if (by === undefined) work.changes.push({ entry: undefined, previous: row });
}

const COLUMNS =
  "request, supersedes, dim, at, recorded_at, session_id, generation, cli_session_id, subagent, input, output, cache_read, cache_write, reasoning, cost_nanos, price_version, reported_cost_nanos, request_id, message_id, is_remainder, marks";
const INSERT = `INSERT INTO usage_entries (${COLUMNS}) VALUES (${COLUMNS.split(",")
  .map(() => "?")
  .join(", ")})`;

function writeEntry(work: LedgerWork, draft: EntryDraft, supersedes: number | undefined): EntryRow {
  const dim = dimOf(work, draft);
  const { tokens } = draft;
  const { lastRowId: id } = work.tx.run(INSERT, [
    draft.request,
    supersedes ?? null,
    dim,
    draft.at,
    work.nowMs,
    draft.sessionId,
    draft.generation,
    draft.cliSessionId,
    draft.subagent,
    tokens.input,
    tokens.output,
    tokens.cacheRead,
    tokens.cacheWrite,
    tokens.reasoning,
    draft.costNanos,
    draft.priceVersion,
    draft.reportedCostNanos,
    draft.requestId,
    draft.messageId,
    draft.isRemainder ? 1 : 0,
    draft.marks.join(","),
  ]);
  const entry = { ...draft, id, dim, supersedes: supersedes ?? null, supersededBy: null, recordedAt: work.nowMs };
  work.sums.count({ entry, day: work.calendar.dayOf(entry.at), sign: 1 });
  return entry;
}

function dimOf(work: LedgerWork, draft: EntryDraft): number {
  const values = [...WORDS.slice(0, -1).map((key) => String(draft[key])), draft.imported ? 1 : 0];
  const name = JSON.stringify(values);
  const seen = work.dims.get(name);
  if (seen !== undefined) return seen;
  const known: Row | undefined = work.tx.get(FIND_DIM, values);
  const id = known === undefined ? work.tx.run(INSERT_DIM, values).lastRowId : Number(known["id"]);
  work.dims.set(name, id);
  return id;
}

const FIND_DIM = `SELECT id FROM usage_dims WHERE ${WORDS.map((key) => `${key} = ?`).join(" AND ")}`;
const INSERT_DIM = `INSERT INTO usage_dims (${WORDS.join(", ")}) VALUES (${WORDS.map(() => "?").join(", ")})`;
