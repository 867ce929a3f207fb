/**
 * The dead letters: taken in once per (stream, sequence, consumer), moved by the table of states only, each move one
 * transaction with its event and its line of history. What is told to others is told after the commit.
 */
import { systemSubject } from "#shared/lib/eventSubjects.ts";
import type { NewEvent } from "#shared/model/event.ts";
import type {
  DeadLetter,
  DeadLetterCounts,
  DeadLetterFilter,
  DeadLetterState,
  LetterError,
  LetterHistory,
} from "#shared/model/deadLetter.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { SqlValue } from "#core/ports/database.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Store, StoreTx } from "#core/store/index.ts";
import { GatheredCommits } from "./gatheredCommits.ts";
import {
  addHistory,
  conditionOf,
  insertLetter,
  readContent,
  readHistory,
  readLetter,
  readLetters,
  WAITS_FOR,
} from "./letterRows.ts";
import type { Content, Letter, NewLetter } from "./letterRows.ts";

export interface LetterListener {
  /** After the commit; the state before, undefined for a new one. */
  moved(letter: Letter, before: DeadLetterState | undefined): void;
  removed(ids: readonly number[]): void;
}

export interface LettersDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Mission 6.2: new → retrying → replayed | discarded | needs_human; what a person restored waits for that person. */
const MOVES: Readonly<Record<DeadLetterState, readonly DeadLetterState[]>> = {
  new: ["retrying", "replayed", "needs_human", "discarded"],
  retrying: ["retrying", "replayed", "needs_human", "discarded"],
  needs_human: ["retrying", "discarded", "needs_human", "replayed"],
  discarded: ["needs_human"],
  replayed: [],
};

export type Note = Pick<LetterHistory, "what" | "detail">;

export interface Move {
  readonly to: DeadLetterState;
  readonly actor: string;
  /** Lines of its history; the first one is the event. */
  readonly notes: readonly [Note, ...Note[]];
  /** More columns that change with it. */
  readonly set?: Readonly<Record<string, SqlValue>>;
  /** Refuses with a sentence, on the letter as it is inside the transaction. */
  readonly check?: (letter: Letter) => Result<void>;
}

export class DeadLetters {
  readonly deps: LettersDeps;
  readonly #commits: GatheredCommits;
  readonly #listeners = new Set<LetterListener>();

  constructor(deps: LettersDeps) {
    this.deps = deps;
    this.#commits = new GatheredCommits(deps);
  }

  /** Durable when this answers, with the letter's number; a message that is here already stays as it is. Error: store_unavailable. */
  async take(arrived: NewLetter): Promise<Result<number>> {
    const nowMs = this.deps.clock.wallNow();
    const taken = await this.#commits.commit((tx) => takeIn(tx, arrived, nowMs));
    if (!taken.ok) return taken;
    if (taken.value.isNew) this.tell(taken.value.id, undefined);
    return ok(taken.value.id);
  }

  get(id: number): Letter | undefined {
    return readLetter(this.deps.store, id);
  }

  find(id: number): Result<Letter> {
    const letter = this.get(id);
    return letter === undefined
      ? fail("not_found", `There is no dead letter ${id}. It may have been removed after its seven days.`)
      : ok(letter);
  }

  content(id: number): Content | undefined {
    return readContent(this.deps.store, id);
  }

  history(id: number): readonly LetterHistory[] {
    return readHistory(this.deps.store, id);
  }

  /** Newest first. */
  list(
    filter: DeadLetterFilter,
    page: { readonly before?: number | undefined; readonly limit: number },
  ): readonly Letter[] {
    const { where, params } = conditionOf(filter);
    const before = page.before ?? Number.MAX_SAFE_INTEGER;
    return readLetters(
      this.deps.store,
      { where: `${where} AND id < ?`, params: [...params, before] },
      `ORDER BY id DESC LIMIT ${Math.trunc(page.limit)}`,
    );
  }

  /** In the order they died, as they are replayed. */
  idsOf(filter: DeadLetterFilter, limit: number): readonly number[] {
    const { where, params } = conditionOf(filter);
    const rows = this.deps.store.all(`SELECT id FROM dead_letters WHERE ${where} ORDER BY id LIMIT ?`, [
      ...params,
      limit,
    ]);
    return rows.map((row) => Number(row["id"]));
  }

  count(filter: DeadLetterFilter): number {
    const { where, params } = conditionOf(filter);
    return Number(this.deps.store.get(`SELECT count(*) AS n FROM dead_letters WHERE ${where}`, params)?.["n"] ?? 0);
  }

  counts(): DeadLetterCounts {
    const counts: DeadLetterCounts = { new: 0, retrying: 0, replayed: 0, discarded: 0, needs_human: 0 };
    const known = new Map<string, number>();
    for (const row of this.deps.store.all("SELECT state, count(*) AS n FROM dead_letters GROUP BY state"))
      known.set(String(row["state"]), Number(row["n"]));
    for (const state of ["new", "retrying", "replayed", "discarded", "needs_human"] as const)
      counts[state] = known.get(state) ?? 0;
    return counts;
  }

  /** Nobody has looked at them yet, oldest first. */
  fresh(limit: number): readonly Letter[] {
    return this.#read("state = 'new'", [], `ORDER BY id LIMIT ${Math.trunc(limit)}`);
  }

  /** Their attempt is due, they wait for no other, and their consumer is none of the busy ones. */
  due(nowMs: number, { limit, busy }: { readonly limit: number; readonly busy: readonly string[] }): readonly Letter[] {
    const where = `due_at <= ? AND consumer NOT IN (SELECT value FROM json_each(?)) AND ${WAITS_FOR} IS NULL`;
    return this.#read(where, [nowMs, JSON.stringify(busy)], `ORDER BY due_at, id LIMIT ${Math.trunc(limit)}`);
  }

  /** When the next attempt after now is due. */
  nextDueMs(nowMs: number): number | undefined {
    const row = this.deps.store.get("SELECT min(due_at) AS due FROM dead_letters WHERE due_at > ?", [nowMs]);
    return typeof row?.["due"] === "number" ? row["due"] : undefined;
  }

  /** Those that may wait for this one. */
  behind({ id, stream, contextId, consumer }: Letter, limit: number): readonly Letter[] {
    if (stream !== "WORKFLOWS" || contextId === undefined) return [];
    const where = "context_id = ? AND consumer = ? AND id > ? AND state IN ('new', 'retrying')";
    return this.#read(where, [contextId, consumer, id], `ORDER BY id LIMIT ${Math.trunc(limit)}`);
  }

  /** An attempt is under way; after a start: was, when the core ended. */
  underWay(): readonly Letter[] {
    return this.#read("attempt_at IS NOT NULL", [], "ORDER BY id");
  }

  /** Left to a person after so many attempts, and touched by none. */
  untaken({ retries, beforeMs, limit }: { retries: number; beforeMs: number; limit: number }): readonly Letter[] {
    const where = `state = 'needs_human' AND retries >= ? AND last_at < ? AND stream NOT IN ('MESSAGES', 'WORKFLOWS') AND agent IS NULL
      AND NOT EXISTS (SELECT 1 FROM dead_letter_history h WHERE h.letter = dead_letters.id AND h.actor IN ('person', 'cli'))`;
    return this.#read(where, [retries, beforeMs], `ORDER BY id LIMIT ${Math.trunc(limit)}`);
  }

  unpublished(limit: number): readonly Letter[] {
    return this.#read("outbox != 0", [], `ORDER BY id LIMIT ${Math.trunc(limit)}`);
  }

  published(done: readonly { readonly id: number; readonly bits: number }[]): Result<unknown> {
    const sql = "UPDATE dead_letters SET outbox = outbox & ~? WHERE id = ?";
    const work = (tx: StoreTx): void => {
      for (const { id, bits } of done) tx.run(sql, [bits, id]);
    };
    return this.deps.store.transact({ actor: "system", work });
  }

  /** Errors: not_found, conflict (the table of states), what `check` says, store_unavailable. */
  move(id: number, move: Move): Result<Letter> {
    const moved = this.moveAll([{ id, move }], move.actor);
    if (!moved.ok) return moved;
    return moved.value[0] ?? this.find(id);
  }

  /** In one transaction; each is answered by itself. Error: store_unavailable. */
  moveAll(
    moves: readonly { readonly id: number; readonly move: Move }[],
    actor: string,
  ): Result<readonly Result<Letter>[]> {
    const nowMs = this.deps.clock.wallNow();
    const before = new Map<number, DeadLetterState>();
    const done = this.deps.store.transact({
      actor,
      work: (tx) => moves.map(({ id, move }) => this.#moveOne(tx, id, { move, nowMs, before })),
    });
    if (!done.ok) return done;
    for (const [id, state] of before) this.tell(id, state);
    return ok(done.value.map((one, at) => (one.ok ? this.find(moves[at]?.id ?? 0) : one)));
  }

  watch(listener: LetterListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(id: number, before: DeadLetterState | undefined): void {
    const letter = this.get(id);
    if (letter !== undefined) this.#each((listener) => listener.moved(letter, before));
  }

  tellRemoved(ids: readonly number[]): void {
    if (ids.length > 0) this.#each((listener) => listener.removed(ids));
  }

  close(): void {
    this.#commits.flush();
    this.#listeners.clear();
  }

  #read(where: string, params: readonly SqlValue[], tail: string): readonly Letter[] {
    return readLetters(this.deps.store, { where, params }, tail);
  }

  #moveOne(
    tx: StoreTx,
    id: number,
    how: { readonly move: Move; readonly nowMs: number; readonly before: Map<number, DeadLetterState> },
  ): Result<void> {
    const letter = readLetter(tx, id);
    if (letter === undefined) return fail("not_found", `There is no dead letter ${id}.`);
    const allowed = mayMove(letter, how.move);
    if (!allowed.ok) return allowed;
    how.before.set(id, letter.state);
    applyMove(tx, letter, how);
    return ok(undefined);
  }

  #each(call: (listener: LetterListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        call(listener);
      } catch (error) {
        this.deps.logger.error("A listener of the dead letters failed.", { error: String(error) });
      }
    }
  }
}

function takeIn(tx: StoreTx, letter: NewLetter, nowMs: number): { id: number; isNew: boolean } {
  const id = insertLetter(tx, letter, nowMs);
  if (id === undefined) return { id: idOf(tx, letter), isNew: false };
  const { error, consumer } = letter;
  addHistory(tx, id, { atMs: nowMs, actor: consumer, what: "died", detail: error.message });
  tx.append(eventOf({ id, letter, error, what: "died", detail: error.message }));
  return { id, isNew: true };
}

export function mayMove(letter: Letter, { to, check }: Pick<Move, "to" | "check">): Result<void> {
  if (!MOVES[letter.state].includes(to)) return fail("conflict", refusalOf(letter, to));
  return check?.(letter) ?? ok(undefined);
}

function refusalOf({ id, state }: DeadLetter, to: DeadLetterState): string {
  if (state === "replayed") return `Dead letter ${id} was delivered meanwhile. Nothing is left to do.`;
  if (state === "discarded") return `Dead letter ${id} is discarded. Take it back first.`;
  return `Dead letter ${id} is ${state.replaceAll("_", " ")} and cannot become ${to.replaceAll("_", " ")}.`;
}

export function applyMove(
  tx: StoreTx,
  letter: Letter,
  { move, nowMs }: { readonly move: Move; readonly nowMs: number },
): void {
  const settledMs = move.to === "replayed" || move.to === "discarded" ? nowMs : null;
  const columns: Record<string, SqlValue> = { state: move.to, settled_at: settledMs, ...move.set };
  const names = Object.keys(columns);
  tx.run(`UPDATE dead_letters SET ${names.map((name) => `${name} = ?`).join(", ")} WHERE id = ?`, [
    ...Object.values(columns),
    letter.id,
  ]);
  const { actor, notes } = move;
  for (const note of notes) addHistory(tx, letter.id, { ...note, atMs: nowMs, actor });
  // A plan is no fact yet; what comes of it is.
  if (notes[0].what === "planned") return;
  tx.append({ ...eventOf({ ...notes[0], id: letter.id, letter, error: letter.error }), actor });
}

interface EventParts {
  readonly id: number;
  readonly letter: Pick<
    NewLetter,
    "stream" | "seq" | "consumer" | "type" | "subject" | "contextId" | "correlationId" | "agent" | "server" | "tool"
  >;
  readonly error: Pick<LetterError, "class">;
  readonly what: LetterHistory["what"];
  readonly detail: string;
}

function eventOf({ id, letter, error, what, detail }: EventParts): Omit<NewEvent, "actor"> {
  const { stream, seq, consumer, type, subject, contextId, correlationId, agent, server, tool } = letter;
  const optional = Object.entries({ contextId, correlationId, agent, server, tool }).filter(
    ([, value]) => value !== undefined,
  );
  return {
    subject: systemSubject("dead_letters", what),
    type: `dead_letter.${what}`,
    data: {
      letter: id,
      stream,
      seq,
      consumer,
      type,
      subject,
      errorClass: error.class,
      detail,
      ...Object.fromEntries(optional),
    },
  };
}

function idOf(tx: StoreTx, { stream, seq, consumer, messageId }: NewLetter): number {
  const row = tx.get("SELECT id FROM dead_letters WHERE stream = ? AND seq = ? AND consumer = ? AND message_id = ?", [
    stream,
    seq,
    consumer,
    messageId,
  ]);
  return Number(row?.["id"]);
}
