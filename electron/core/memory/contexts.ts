/**
 * Contexts: the blackboard that agents of a piece of work share. Every write is one transaction with an expected version
 * where its writer gives one, and one event that names what changed. Messages stay few: what is left out is summed up in
 * lines taken from it, after a snapshot was taken of the whole.
 */
import { parseTime } from "#shared/lib/isoTime.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { StoreTx } from "#core/store/index.ts";
import { compressIn } from "./compressIn.ts";
import { refuseWrite } from "./contextRefusals.ts";
import { readContextRow, readVariable, writeContextRow, writeMessage, writeVariable } from "./contextRows.ts";
import type { ContextRow } from "./contextRows.ts";
import { prepareWrite } from "./contextWrite.ts";
import type { ContextWrite, Prepared } from "./contextWrite.ts";
import { authorOf } from "./deps.ts";
import type { By, MemoryDeps } from "./deps.ts";
import { contextEvent } from "./memoryEvents.ts";

export interface ContextWritten {
  readonly id: string;
  /** Also the version of every variable that this write set. */
  readonly revision: number;
  /** Taken of the whole before messages were left out. */
  readonly snapshot?: string;
  readonly note?: string;
}

const MASKED =
  "A part that looks like a secret was masked before it was stored; keep secrets in the agent's environment.";
/** Names of changed variables in one event. */
const NAMED_CHANGES = 100;

export class Contexts {
  readonly #deps: MemoryDeps;

  constructor(deps: MemoryDeps) {
    this.#deps = deps;
  }

  /** Makes the context where there is none. Errors: bad_request, too_large, conflict (details name what), store_unavailable. */
  upsert(write: ContextWrite, by: By): Result<ContextWritten> {
    const prepared = prepareWrite(write);
    if (!prepared.ok) return prepared;
    const { store, clock } = this.#deps;
    const nowMs = clock.wallNow();
    const expiresAtMs = write.expiresAt === undefined ? undefined : parseTime(write.expiresAt);
    if (expiresAtMs !== undefined && expiresAtMs <= nowMs)
      return fail("bad_request", `${write.expiresAt} is past. Give a time to come, or none.`);
    const written = store.transact({
      actor: by.actor,
      work: (tx) => this.#write(tx, prepared.value, { by, nowMs, expiresAtMs }),
    });
    return written.ok ? written.value : written;
  }

  #write(tx: StoreTx, prepared: Prepared, moment: Moment): Result<ContextWritten> {
    const { write, message } = prepared;
    const { by, nowMs } = moment;
    const before = readContextRow(tx, write.id);
    const refused = refuseWrite(tx, prepared, { before, nowMs });
    if (refused !== undefined) return refused;
    const author = authorOf(by);
    const row = nextRow(prepared, before ?? freshRow(write, author, nowMs), moment);
    const changes = this.#writeVariables(tx, prepared, { revision: row.revision, author, nowMs });
    if (message !== undefined)
      writeMessage(tx, write.id, { ...message, seq: row.nextMessage - 1, author, atMs: nowMs });
    writeContextRow(tx, row);
    const data = {
      revision: row.revision,
      changes: changes.slice(0, NAMED_CHANGES),
      isNew: before === undefined,
      hasMessage: message !== undefined,
    };
    tx.append(contextEvent(row, "changed", { by, data }));
    const compressed = message === undefined ? undefined : compressIn(tx, row, { by, nowMs });
    const note = prepared.hasSecret ? { note: MASKED } : {};
    return ok({ id: write.id, revision: row.revision, ...compressed, ...note });
  }

  #writeVariables(tx: StoreTx, { write, values }: Prepared, { revision, author, nowMs }: Writing): Change[] {
    const changes: Change[] = [];
    for (const { name, json, ttlS, metadata } of values) {
      const before = readVariable(tx, { id: write.id, name, nowMs });
      const expiresAtMs = ttlS === undefined ? undefined : nowMs + ttlS * 1000;
      writeVariable(tx, write.id, { name, value: json, author, version: revision, atMs: nowMs, expiresAtMs, metadata });
      changes.push({ name, change: before === undefined ? "created" : "updated", version: revision });
    }
    for (const { name } of write.remove) {
      const { changes: removed } = tx.run("DELETE FROM context_variables WHERE context_id = ? AND name = ?", [
        write.id,
        name,
      ]);
      if (removed > 0) changes.push({ name, change: "deleted", version: revision });
    }
    return changes;
  }

  /** Leaves out what is least worth its place. Errors: not_found, conflict (nothing to leave out). */
  compress(id: string, by: By): Result<ContextWritten> {
    const { store, clock } = this.#deps;
    const done = store.transact({
      actor: by.actor,
      work: (tx): Result<ContextWritten> => {
        const row = readContextRow(tx, id);
        if (row === undefined) return noContext(id);
        const compressed = compressIn(tx, row, { by, nowMs: clock.wallNow(), isAsked: true });
        return compressed === undefined
          ? fail("conflict", `Context ${id} has too few messages to leave any out.`)
          : ok({ id, ...compressed });
      },
    });
    return done.ok ? done.value : done;
  }
}

export function noContext(id: string): Result<never> {
  return fail("not_found", `There is no context ${id}. "signalbox memory contexts" lists those that are there.`);
}

function freshRow({ id, fleet }: ContextWrite, owner: string, nowMs: number): ContextRow {
  return {
    id,
    fleet,
    intent: undefined,
    owner,
    revision: 0,
    nextMessage: 1,
    summary: undefined,
    budget: undefined,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    expiresAtMs: undefined,
  };
}

function nextRow({ write, intent, message }: Prepared, before: ContextRow, { nowMs, expiresAtMs }: Moment): ContextRow {
  return {
    ...before,
    fleet: before.fleet ?? write.fleet,
    intent: intent ?? before.intent,
    revision: before.revision + 1,
    nextMessage: before.nextMessage + (message === undefined ? 0 : 1),
    budget: write.budget ?? before.budget,
    updatedAtMs: nowMs,
    expiresAtMs: expiresAtMs ?? before.expiresAtMs,
  };
}

interface Moment {
  readonly by: By;
  readonly nowMs: number;
  readonly expiresAtMs: number | undefined;
}
interface Writing {
  readonly revision: number;
  readonly author: string;
  readonly nowMs: number;
}
interface Change {
  readonly name: string;
  readonly change: "created" | "updated" | "deleted";
  readonly version: number;
}
