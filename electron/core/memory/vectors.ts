/**
 * Nearness of memories. Each vector is kept twice: its signs, read from end to end by a search, and eight bits for each
 * number, by which the nearest of those are put in order. Plain tables and sqlite-vec's functions; without the functions
 * nothing is near and everything else goes on. Vectors follow the texts: what has none yet gets one in the background.
 */
import { z } from "zod";
import type { Nearness } from "#shared/model/memory.ts";
import type { SqlValue } from "#core/ports/database.ts";
import type { StoreTx } from "#core/store/index.ts";
import type { MemoryDeps } from "./deps.ts";
import { textOf } from "./memoryRows.ts";

/** Candidates by signs, of which the best are taken by their numbers; more do not change the first ten in practice. */
const CANDIDATES = 200;
/** Texts embedded between two looks at the loop; ten milliseconds of the local embedder. */
const FILL_BATCH = 32;
const FILL_AGAIN_MS = 60_000;

export interface Embedded {
  readonly bits: Uint8Array;
  readonly numbers: Uint8Array;
}

const nearRow = z.object({ rowid: z.number(), similarity: z.number() });
const pendingRow = z.object({ rowid: z.number(), text: z.string(), tags: z.string(), version: z.number() });
const tagsSchema = z.array(z.string());

export interface Filter {
  /** Conditions on `m`, joined by AND. */
  readonly sql: string;
  readonly params: readonly SqlValue[];
}

export class Vectors {
  readonly #deps: MemoryDeps;
  /** Why nothing is near; undefined while it works. */
  readonly #off: string | undefined;
  #cancelFill: (() => void) | undefined;
  #isFilling = false;
  /** Up to here everything had its vector when the background went by: it does not look through all of them each time. */
  #filledTo = 0;
  #isClosed = false;

  constructor(deps: MemoryDeps) {
    this.#deps = deps;
    const loaded = deps.loadVectors();
    this.#off = loaded.ok ? undefined : loaded.error.message;
    if (!loaded.ok) deps.logger.warn(loaded.error.message);
  }

  nearness(): Nearness {
    const { id, kind, note } = this.#deps.embedder;
    return { isOn: this.#off === undefined, embedder: id, kind, note: this.#off ?? note };
  }

  get isOn(): boolean {
    return this.#off === undefined;
  }

  /** Undefined: not now; the background tries again. */
  async embed(text: string): Promise<Embedded | undefined> {
    if (!this.isOn) return undefined;
    const embedded = await this.#deps.embedder.embed([text]);
    const vector = embedded.ok ? embedded.value[0] : undefined;
    return vector === undefined ? undefined : quantised(vector);
  }

  write(tx: StoreTx, rowid: number, { bits, numbers }: Embedded): void {
    tx.run("INSERT OR REPLACE INTO memory_bits (rowid, bits) VALUES (?, ?)", [rowid, bits]);
    tx.run("INSERT OR REPLACE INTO memory_vectors (rowid, embedder, vector) VALUES (?, ?, ?)", [
      rowid,
      this.#deps.embedder.id,
      numbers,
    ]);
  }

  /** Nearest first, none below the embedder's threshold. */
  nearest(query: Embedded, filter: Filter, limit: number): readonly { rowid: number; similarity: number }[] {
    const { store, embedder } = this.#deps;
    const rows = store.all(
      `WITH near AS MATERIALIZED (
         SELECT b.rowid AS id FROM memory_bits b JOIN memories m ON m.rowid = b.rowid WHERE ${filter.sql}
         ORDER BY vec_distance_hamming(vec_bit(b.bits), vec_bit(?)) LIMIT ${CANDIDATES}
       )
       SELECT v.rowid, coalesce(1 - vec_distance_cosine(vec_int8(v.vector), vec_int8(?)), 0) AS similarity
       FROM near JOIN memory_vectors v ON v.rowid = near.id WHERE v.embedder = ? AND length(v.vector) = ?
       ORDER BY similarity DESC LIMIT ?`,
      [...filter.params, query.bits, query.numbers, embedder.id, embedder.dimensions, limit],
    );
    return rows.map((row) => nearRow.parse(row)).filter(({ similarity }) => similarity >= embedder.threshold);
  }

  /** How many memories still wait for their vector. */
  pending(): number {
    if (!this.isOn) return 0;
    const sql = `SELECT count(*) AS n FROM memories m LEFT JOIN memory_vectors v ON v.rowid = m.rowid AND v.embedder = ? WHERE v.rowid IS NULL`;
    return Number(this.#deps.store.get(sql, [this.#deps.embedder.id])?.["n"] ?? 0);
  }

  /** Gives a vector to what has none of this embedder, a few at a time. */
  fill(delayMs = 0): void {
    if (!this.isOn || this.#isClosed || this.#isFilling) return;
    this.#cancelFill?.();
    this.#cancelFill = this.#deps.clock.after(delayMs, () => void this.#fillSome());
  }

  async #fillSome(): Promise<void> {
    this.#isFilling = true;
    const outcome = await this.#fillBatch().catch((error: unknown) => {
      this.#deps.logger.error("Memories could not be given vectors.", { error: String(error) });
      return "refused" as const;
    });
    this.#isFilling = false;
    if (outcome === "more") this.fill();
    if (outcome === "refused") this.fill(FILL_AGAIN_MS);
  }

  async #fillBatch(): Promise<"more" | "done" | "refused"> {
    const { store, embedder } = this.#deps;
    const rows = store
      .all(
        `SELECT m.rowid, m.text, m.tags, m.version FROM memories m LEFT JOIN memory_vectors v ON v.rowid = m.rowid AND v.embedder = ?
         WHERE m.rowid > ? AND v.rowid IS NULL ORDER BY m.rowid LIMIT ?`,
        [embedder.id, this.#filledTo, FILL_BATCH],
      )
      .map((row) => pendingRow.parse(row));
    const last = rows.at(-1);
    if (last === undefined) return this.#fromTheBeginning();
    const texts = rows.map(({ text, tags }) => textOf({ text, tags: tagsSchema.parse(JSON.parse(tags)) }));
    const embedded = await embedder.embed(texts);
    if (!embedded.ok || this.#isClosed) return "refused";
    const written = store.transact({
      actor: "system",
      work: (tx) => {
        for (const [index, { rowid, version }] of rows.entries()) {
          const vector = embedded.value[index];
          const isSame = tx.get("SELECT 1 AS same FROM memories WHERE rowid = ? AND version = ?", [rowid, version]);
          if (vector !== undefined && isSame !== undefined) this.write(tx, rowid, quantised(vector));
        }
      },
    });
    if (!written.ok) return "refused";
    this.#filledTo = last.rowid;
    return "more";
  }

  /** What changed behind it meanwhile has none again; a round that found nothing is the last one. */
  #fromTheBeginning(): "more" | "done" {
    const wasWhole = this.#filledTo === 0;
    this.#filledTo = 0;
    return wasWhole ? "done" : "more";
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelFill?.();
  }
}

/** Signs, and numbers scaled so that the largest is 127: the angle between two vectors changes by less than a degree. */
export function quantised(vector: Float32Array): Embedded {
  const bits = new Uint8Array(Math.ceil(vector.length / 8));
  const numbers = new Int8Array(vector.length);
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  const scale = largest === 0 ? 0 : 127 / largest;
  for (const [index, value] of vector.entries()) {
    if (value > 0) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
    numbers[index] = Math.round(value * scale);
  }
  return { bits, numbers: new Uint8Array(numbers.buffer) };
}
