/**
 * Memories: stored, found again, used, forgotten. Acknowledged means committed, with its words; its vector follows.
 * Invariant: what is masked was masked before the first byte was stored.
 */
import { parseTime } from "#shared/lib/isoTime.ts";
import { MEMORY_TIERS, MEMORY_KINDS } from "#shared/model/memory.ts";
import type { MemoryItem, MemoryKind, Retention } from "#shared/model/memory.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { authorOf } from "./deps.ts";
import type { By, MemoryDeps } from "./deps.ts";
import { filterSql } from "./filters.ts";
import type { MemoryFilter } from "./filters.ts";
import { maskText } from "./masking.ts";
import { memoryEvent } from "./memoryEvents.ts";
import { digestOf, ROW, textOf, toItem, toRow, writeMemory } from "./memoryRows.ts";
import type { MemoryFields, MemoryRow } from "./memoryRows.ts";
import { defaultRetention, endsAtMs, TIER_SQL } from "./retention.ts";
import type { Embedded, Vectors } from "./vectors.ts";
import { withoutTrace } from "./withoutTrace.ts";

export interface NewMemory {
  /** With an id: the memory is changed, and `expectedVersion` must be what its writer saw. */
  readonly id?: string | undefined;
  readonly expectedVersion?: number | undefined;
  readonly kind: MemoryKind;
  readonly scope: string;
  readonly text: string;
  readonly tags: readonly string[];
  readonly importance: number;
  readonly confidence: number;
  readonly source?: string | undefined;
  readonly contextId?: string | undefined;
  readonly retention?: Retention | undefined;
  readonly expiresAt?: string | undefined;
}

/** Without the memory's content, because answers are kept as receipts. */
export interface StoredMemory {
  readonly id: string;
  readonly version: number;
  /** What a person should know: it was known already, a secret was masked. */
  readonly note?: string;
}

const MASKED =
  "A part that looks like a secret was masked before it was stored; keep secrets in the agent's environment.";

export class Memories {
  readonly #deps: MemoryDeps;
  readonly #vectors: Vectors;

  constructor(deps: MemoryDeps, vectors: Vectors) {
    this.#deps = deps;
    this.#vectors = vectors;
  }

  /** Errors: bad_request, not_found, conflict (another version by now), store_unavailable. */
  async store(given: NewMemory, by: By): Promise<Result<StoredMemory>> {
    const expiry = expiryOf(given, this.#deps.clock.wallNow());
    if (!expiry.ok) return expiry;
    const { memory, hasSecret } = masks(given);
    const said = this.#saidBefore(memory);
    if (said !== undefined) return this.#sayAgain(said);
    const early = this.#refuseChange(memory);
    if (early !== undefined) return early;
    const embedded = await this.#vectors.embed(textOf(memory));
    // Another writer may have been quicker meanwhile.
    const refused = this.#refuseChange(memory);
    if (refused !== undefined) return refused;
    const before = memory.id === undefined ? undefined : this.#row(memory.id);
    const known = { before, by, nowMs: this.#deps.clock.wallNow(), expiresAtMs: expiry.value };
    const fields = before === undefined ? this.#newFields(memory, known) : changedFields(memory, before, known);
    const saved = this.#write(fields, { by, embedded, hasSecret, isNew: before === undefined });
    if (!saved.ok) return saved;
    if (embedded === undefined) this.#vectors.fill();
    return ok({ id: fields.id, version: fields.version, ...(hasSecret ? { note: MASKED } : {}) });
  }

  #write(fields: MemoryFields, { by, embedded, hasSecret, isNew }: Writing): Result<void> {
    const write = (): Result<void> =>
      this.#deps.store.transact({
        actor: by.actor,
        work: (tx) => {
          const rowid = writeMemory(tx, fields);
          if (embedded !== undefined) this.#vectors.write(tx, rowid, embedded);
          const data = { kind: fields.kind, version: fields.version, hasSecret };
          tx.append(memoryEvent(fields, isNew ? "stored" : "updated", { by, data }));
        },
      });
    return isNew ? write() : withoutTrace(this.#deps.store, write);
  }

  /** The same text, kind and scope is the same memory: it counts as used. */
  #saidBefore(memory: NewMemory): MemoryRow | undefined {
    if (memory.id !== undefined) return undefined;
    const { sql, params } = filterSql({}, this.#deps.clock.wallNow());
    const row = this.#deps.store.get(`SELECT ${ROW} FROM memories m WHERE m.digest = ? AND ${sql}`, [
      digestOf(memory),
      ...params,
    ]);
    return row === undefined ? undefined : toRow(row);
  }

  #sayAgain({ id, version }: MemoryRow): Result<StoredMemory> {
    this.recordAccess([id]);
    return ok({ id, version, note: "This was remembered already; nothing was stored twice." });
  }

  #newFields(memory: NewMemory, { by, nowMs, expiresAtMs }: Known): MemoryFields {
    return {
      ...contentOf(memory),
      id: this.#deps.newId(),
      author: authorOf(by),
      retention: memory.retention ?? defaultRetention(memory.kind, memory.scope),
      expiresAtMs,
      version: 1,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    };
  }

  #refuseChange(memory: NewMemory): Result<never> | undefined {
    return memory.id === undefined ? undefined : refuseChange(memory.id, memory, this.#row(memory.id));
  }

  #row(id: string): MemoryRow | undefined {
    const row = this.#deps.store.get(`SELECT ${ROW} FROM memories m WHERE m.id = ?`, [id]);
    return row === undefined ? undefined : toRow(row);
  }

  /** The whole id or its beginning, at least four characters. Errors: not_found, ambiguous. */
  find(ref: string): Result<MemoryRow> {
    const exact = this.#row(ref);
    if (exact !== undefined) return ok(exact);
    const rows =
      ref.length < 4
        ? []
        : this.#deps.store.all(`SELECT ${ROW} FROM memories m WHERE m.id >= ? AND m.id < ? LIMIT 2`, [
            ref,
            `${ref}\u{10ffff}`,
          ]);
    const [only, other] = rows;
    if (only === undefined)
      return fail("not_found", `There is no memory ${ref}. It may have been forgotten, or its id is another.`);
    if (other !== undefined) return fail("ambiguous", `Several memories' ids begin with ${ref}. Give more of it.`);
    return ok(toRow(only));
  }

  get(ref: string): Result<MemoryItem> {
    const found = this.find(ref);
    return found.ok ? ok(toItem(found.value)) : found;
  }

  /** Newest first; `before` goes on where a page ended. */
  list(filter: MemoryFilter, page: { readonly limit: number; readonly before?: string | undefined }): MemoryPage {
    const { store, clock } = this.#deps;
    const { sql, params } = filterSql(filter, clock.wallNow());
    const from = cursorOf(page.before);
    const rows = store
      .all(
        `SELECT ${ROW} FROM memories m WHERE ${sql}${from === undefined ? "" : " AND (m.updated_at_ms, m.rowid) < (?, ?)"}
         ORDER BY m.updated_at_ms DESC, m.rowid DESC LIMIT ?`,
        [...params, ...(from ?? []), page.limit],
      )
      .map(toRow);
    const last = rows.at(-1);
    const total = Number(store.get(`SELECT count(*) AS n FROM memories m WHERE ${sql}`, params)?.["n"] ?? 0);
    const next = rows.length === page.limit && last !== undefined ? `${last.updated_at_ms}:${last.rowid}` : undefined;
    return { memories: rows.map(toItem), total, ...(next === undefined ? {} : { next }) };
  }

  /** The most important first: what an agent is told when it asks for what holds for it. */
  most(filter: MemoryFilter, limit: number): readonly MemoryItem[] {
    const { sql, params } = filterSql(filter, this.#deps.clock.wallNow());
    return this.#deps.store
      .all(
        `SELECT ${ROW} FROM memories m WHERE ${sql} ORDER BY m.importance DESC, m.confidence DESC, m.updated_at_ms DESC LIMIT ?`,
        [...params, limit],
      )
      .map((row) => toItem(toRow(row)));
  }

  /** An agent was given these: their time begins anew. Written with the next commit; a count lost with a crash harms nobody. */
  recordAccess(ids: readonly string[]): void {
    const { recorder, clock } = this.#deps;
    const nowMs = clock.wallNow();
    recorder.project((tx) => {
      for (const id of ids) {
        const row = tx.get(`SELECT ${ROW} FROM memories m WHERE m.id = ?`, [id]);
        if (row === undefined) continue;
        const { rowid, retention, expires_at_ms } = toRow(row);
        const ends = endsAtMs({ retention, lastUseMs: nowMs, expiresAtMs: expires_at_ms ?? undefined });
        tx.run(
          "UPDATE memories SET access_count = access_count + 1, accessed_at_ms = ?, ends_at_ms = ?, ended_at_ms = NULL WHERE rowid = ?",
          [nowMs, ends ?? null, rowid],
        );
      }
    });
  }

  stats(): MemoryCounts {
    const { store, clock } = this.#deps;
    const live = filterSql({}, clock.wallNow());
    const count = (sql: string, params: readonly (string | number)[] = []): number =>
      Number(store.get(`SELECT count(*) AS n FROM memories m WHERE ${sql}`, params)?.["n"] ?? 0);
    const nowMs = clock.wallNow();
    const alive = (condition: string): number => count(`${live.sql} AND ${condition}`, [nowMs]);
    return {
      memories: count(live.sql, [nowMs]),
      kinds: Object.fromEntries(MEMORY_KINDS.map((kind) => [kind, alive(`m.kind = '${kind}'`)])),
      tiers: Object.fromEntries(MEMORY_TIERS.map((tier) => [tier, alive(TIER_SQL[tier])])),
      forgotten: count("m.forgotten_at_ms IS NOT NULL"),
      ended: count(filterSql({ state: "ended" }, nowMs).sql, [nowMs]),
      waitingForVector: this.#vectors.pending(),
      scopes: store
        .all(
          `SELECT m.scope, count(*) AS n FROM memories m WHERE ${live.sql} GROUP BY m.scope ORDER BY n DESC LIMIT 200`,
          [nowMs],
        )
        .map((row) => ({ scope: String(row["scope"]), memories: Number(row["n"]) })),
    };
  }
}

interface Known {
  readonly by: By;
  readonly nowMs: number;
  readonly expiresAtMs: number | undefined;
}

interface Writing {
  readonly by: By;
  readonly embedded: Embedded | undefined;
  readonly hasSecret: boolean;
  readonly isNew: boolean;
}

export interface MemoryPage {
  readonly memories: MemoryItem[];
  readonly total: number;
  readonly next?: string;
}

export interface MemoryCounts {
  readonly memories: number;
  readonly kinds: Record<string, number>;
  readonly tiers: Record<string, number>;
  readonly forgotten: number;
  readonly ended: number;
  readonly waitingForVector: number;
  /** The largest first. */
  readonly scopes: { scope: string; memories: number }[];
}

function masks(given: NewMemory): { readonly memory: NewMemory; readonly hasSecret: boolean } {
  // A lone half of a surrogate pair would come back as another text than was stored.
  const text = maskText(given.text.toWellFormed());
  const source = given.source === undefined ? undefined : maskText(given.source.toWellFormed());
  const tags = given.tags.map((tag) => maskText(tag.toWellFormed()));
  return {
    memory: { ...given, text: text.value, source: source?.value, tags: tags.map(({ value }) => value) },
    hasSecret: text.hasSecret || source?.hasSecret === true || tags.some(({ hasSecret }) => hasSecret),
  };
}

function expiryOf({ expiresAt }: NewMemory, nowMs: number): Result<number | undefined> {
  if (expiresAt === undefined) return ok(undefined);
  const ms = parseTime(expiresAt);
  return ms > nowMs ? ok(ms) : fail("bad_request", `${expiresAt} is past. Give a time to come, or none.`);
}

function contentOf({ kind, scope, text, tags, importance, confidence, source, contextId }: NewMemory) {
  return { kind, scope, text, tags: [...new Set(tags)], importance, confidence, source, contextId };
}

function changedFields(memory: NewMemory, before: MemoryRow, { nowMs, expiresAtMs }: Known): MemoryFields {
  return {
    ...contentOf(memory),
    id: before.id,
    author: before.author,
    retention: memory.retention ?? before.retention,
    expiresAtMs,
    version: before.version + 1,
    createdAtMs: before.created_at_ms,
    updatedAtMs: nowMs,
    accessCount: before.access_count,
    accessedAtMs: before.accessed_at_ms ?? undefined,
  };
}

function refuseChange(
  id: string,
  { expectedVersion }: NewMemory,
  row: MemoryRow | undefined,
): Result<never> | undefined {
  if (row === undefined) return fail("not_found", `There is no memory ${id} to change. Store it without an id.`);
  if (row.forgotten_at_ms !== null) return fail("conflict", `Memory ${id} was forgotten. Take it back first.`);
  if (expectedVersion === undefined || expectedVersion === row.version) return undefined;
  return fail(
    "conflict",
    `Memory ${id} is at version ${row.version} by now, not ${expectedVersion}. Read it again, then change it.`,
    { expected: expectedVersion, actual: row.version },
  );
}

function cursorOf(text: string | undefined): readonly [number, number] | undefined {
  const [ms, rowid] = (text ?? "").split(":").map(Number);
  return Number.isFinite(ms) && Number.isFinite(rowid) && text !== undefined && text !== ""
    ? [ms ?? 0, rowid ?? 0]
    : undefined;
}
