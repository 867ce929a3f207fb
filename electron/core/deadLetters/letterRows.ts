/** The dead letters' tables as objects. Bad rows are left out; nothing here decides anything. */
import { z } from "zod";
import { parseTime, toIsoTime } from "#shared/lib/isoTime.ts";
import {
  deadLetterStateSchema,
  healingPlanSchema,
  LETTER_DEEDS,
  letterErrorSchema,
  toolRefSchema,
} from "#shared/model/deadLetter.ts";
import type {
  DeadLetter,
  DeadLetterFilter,
  HealingPlan,
  LetterError,
  LetterHistory,
  ToolRef,
} from "#shared/model/deadLetter.ts";
import type { Row, SqlValue } from "#core/ports/database.ts";
import type { Store, StoreTx } from "#core/store/index.ts";

/** MS-B7, AI-11: settled letters are kept seven days. */
export const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

const jsonOf = <T>(schema: z.ZodType<T>): z.ZodType<T, string> =>
  z.string().transform((text, context): T => {
    const parsed = schema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: "custom", message: parsed.error.message });
    return z.NEVER;
  });

const rowSchema = z.object({
  id: z.number(),
  stream: z.string(),
  seq: z.number(),
  consumer: z.string(),
  message_id: z.string(),
  subject: z.string(),
  type: z.string(),
  source: z.string().nullable(),
  state: deadLetterStateSchema,
  error: jsonOf(letterErrorSchema),
  attempts: z.number(),
  retries: z.number(),
  first_at: z.number(),
  last_at: z.number(),
  died_at: z.number(),
  settled_at: z.number().nullable(),
  server: z.string().nullable(),
  tool: z.string().nullable(),
  agent: z.string().nullable(),
  context_id: z.string().nullable(),
  correlation_id: z.string().nullable(),
  plan: jsonOf(healingPlanSchema).nullable(),
  due_at: z.number().nullable(),
  attempt_at: z.number().nullable(),
  tried: jsonOf(z.array(toolRefSchema)),
  outbox: z.number(),
  is_edited: z.number(),
  waits_for: z.number().nullable(),
});

/** A letter as the core holds it while it works on it; what it carries stays in the table. */
export interface Letter extends DeadLetter {
  readonly stack?: string;
  readonly dueMs?: number;
  /** An attempt is under way since then. */
  readonly attemptMs?: number;
  readonly tried: readonly ToolRef[];
  /** Bits of `OUTBOX`. */
  readonly outbox: number;
}

/** What is still to be published about a letter. */
export const OUTBOX = { died: 1, noStrategy: 2, alternative: 4 } as const;

export interface Content {
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly original: string;
  readonly edited?: string;
}

/**
 * Of a workflow's run none overtakes an earlier one that is not settled, unless a person said so: the first of those
 * before it that are not.
 */
export const WAITS_FOR = `(CASE WHEN stream = 'WORKFLOWS' AND context_id IS NOT NULL AND state IN ('new', 'retrying')
    AND attempt_at IS NULL AND plan ->> '$.by' IS NOT 'person' THEN
  (SELECT min(o.id) FROM dead_letters o WHERE o.context_id = dead_letters.context_id AND o.consumer = dead_letters.consumer
    AND o.id < dead_letters.id AND o.state IN ('new', 'retrying', 'needs_human')) END)`;

const COLUMNS = `id, stream, seq, consumer, message_id, subject, type, source, state, error, attempts, retries, first_at, last_at, died_at, settled_at, server, tool, agent, context_id, correlation_id, plan, due_at, attempt_at, tried, outbox, edited IS NOT NULL AS is_edited, ${WAITS_FOR} AS waits_for`;

type Reader = Pick<Store, "all" | "get"> | Pick<StoreTx, "all" | "get">;

export function readLetter(from: Reader, id: number): Letter | undefined {
  const row = from.get(`SELECT ${COLUMNS} FROM dead_letters WHERE id = ?`, [id]);
  return row === undefined ? undefined : toLetter(row);
}

export interface Condition {
  readonly where: string;
  readonly params: readonly SqlValue[];
}

export function readLetters(from: Reader, { where, params }: Condition, tail: string): readonly Letter[] {
  return from
    .all(`SELECT ${COLUMNS} FROM dead_letters WHERE ${where} ${tail}`, params)
    .flatMap((row) => toLetter(row) ?? []);
}

export function readContent(from: Reader, id: number): Content | undefined {
  const row = from.get("SELECT headers, original, edited FROM dead_letters WHERE id = ?", [id]);
  if (row === undefined) return undefined;
  const headers = headersSchema.safeParse(JSON.parse(String(row["headers"])));
  return {
    headers: headers.success ? headers.data : {},
    original: String(row["original"]),
    ...(typeof row["edited"] === "string" ? { edited: row["edited"] } : {}),
  };
}

const headersSchema = z.record(z.string(), z.array(z.string()));
const deedSchema = z.enum(LETTER_DEEDS);

export function readHistory(from: Reader, id: number): readonly LetterHistory[] {
  const rows = from.all("SELECT at, actor, what, detail FROM dead_letter_history WHERE letter = ? ORDER BY id", [id]);
  return rows.flatMap((row) => {
    const what = deedSchema.safeParse(row["what"]);
    if (!what.success) return [];
    return {
      at: toIsoTime(Number(row["at"])),
      actor: String(row["actor"]),
      what: what.data,
      detail: String(row["detail"]),
    };
  });
}

function toLetter(raw: Row): Letter | undefined {
  const parsed = rowSchema.safeParse(raw);
  if (!parsed.success) return undefined;
  const row = parsed.data;
  const { stack, ...error } = row.error;
  return {
    id: row.id,
    stream: row.stream,
    seq: row.seq,
    consumer: row.consumer,
    subject: row.subject,
    type: row.type,
    messageId: row.message_id,
    state: row.state,
    error,
    attempts: row.attempts,
    retries: row.retries,
    firstFailedAt: toIsoTime(row.first_at),
    lastFailedAt: toIsoTime(row.last_at),
    diedAt: toIsoTime(row.died_at),
    isEdited: row.is_edited === 1,
    tried: row.tried,
    outbox: row.outbox,
    ...(row.settled_at === null
      ? {}
      : { settledAt: toIsoTime(row.settled_at), keptUntil: toIsoTime(row.settled_at + KEPT_MS) }),
    ...(row.due_at === null ? {} : { dueMs: row.due_at }),
    ...(row.attempt_at === null ? {} : { attemptMs: row.attempt_at }),
    ...(stack === undefined ? {} : { stack }),
    ...present({ source: row.source, server: row.server, tool: row.tool, agent: row.agent }),
    ...present({ contextId: row.context_id, correlationId: row.correlation_id }),
    ...(row.plan === null ? {} : { plan: row.plan }),
    ...(row.waits_for === null ? {} : { waitsFor: row.waits_for }),
  };
}

function present<K extends string>(fields: Readonly<Record<K, string | null>>): Partial<Record<K, string>> {
  const kept: Partial<Record<K, string>> = {};
  for (const key in fields) if (fields[key] !== null) kept[key] = fields[key];
  return kept;
}

export interface NewLetter {
  readonly stream: string;
  readonly seq: number;
  readonly consumer: string;
  readonly messageId: string;
  readonly subject: string;
  readonly type: string;
  readonly source?: string | undefined;
  readonly error: LetterError;
  readonly attempts: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly server?: string | undefined;
  readonly tool?: string | undefined;
  readonly agent?: string | undefined;
  readonly contextId?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly original: string;
}

/** The new letter's id; undefined when it is there already. */
export function insertLetter(tx: StoreTx, letter: NewLetter, nowMs: number): number | undefined {
  const done = tx.run(
    `INSERT INTO dead_letters (stream, seq, consumer, message_id, subject, type, source, state, error_class, error, attempts,
       retries, first_at, last_at, died_at, server, tool, agent, context_id, correlation_id, tried, headers, original, outbox)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'new', ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, '[]', ?, ?, 1)
     ON CONFLICT (stream, seq, consumer, message_id) DO NOTHING`,
    [
      letter.stream,
      letter.seq,
      letter.consumer,
      letter.messageId,
      letter.subject,
      letter.type,
      letter.source ?? null,
      letter.error.class,
      JSON.stringify(letter.error),
      letter.attempts,
      letter.firstMs,
      letter.lastMs,
      nowMs,
      letter.server ?? null,
      letter.tool ?? null,
      letter.agent ?? null,
      letter.contextId ?? null,
      letter.correlationId ?? null,
      JSON.stringify(letter.headers),
      letter.original,
    ],
  );
  return done.changes === 0 ? undefined : done.lastRowId;
}

export function addHistory(
  tx: StoreTx,
  id: number,
  entry: Omit<LetterHistory, "at"> & { readonly atMs: number },
): void {
  tx.run("INSERT INTO dead_letter_history (letter, at, actor, what, detail) VALUES (?, ?, ?, ?, ?)", [
    id,
    entry.atMs,
    entry.actor,
    entry.what,
    entry.detail,
  ]);
}

export function planColumns(plan: HealingPlan | undefined): readonly [string | null, number | null] {
  return plan === undefined ? [null, null] : [JSON.stringify(plan), parseTime(plan.dueAt)];
}

export function conditionOf(filter: DeadLetterFilter): Condition {
  const parts: string[] = [];
  const params: SqlValue[] = [];
  const add = (part: string, ...values: readonly SqlValue[]): void => {
    parts.push(part);
    params.push(...values);
  };
  const { ids, states, errorClass, type, consumer, stream, since, until } = filter;
  if (ids !== undefined) add("id IN (SELECT value FROM json_each(?))", JSON.stringify(ids));
  if (states !== undefined) add("state IN (SELECT value FROM json_each(?))", JSON.stringify(states));
  if (errorClass !== undefined) add("error_class = ?", errorClass);
  if (type !== undefined) add("type = ?", type);
  if (consumer !== undefined) add("consumer = ?", consumer);
  if (stream !== undefined) add("stream = ?", stream);
  if (since !== undefined) add("died_at >= ?", parseTime(since));
  if (until !== undefined) add("died_at < ?", parseTime(until));
  return { where: parts.length === 0 ? "1" : parts.join(" AND "), params };
}

/** What everybody may see of it in a list. */
export function toDeadLetter({
  stack: _stack,
  dueMs: _due,
  attemptMs: _attempt,
  tried: _tried,
  outbox: _outbox,
  ...letter
}: Letter): DeadLetter {
  return letter;
}
