/** Why a context does not take a write: it changed meanwhile, it has expired, it belongs to another fleet, it is full. */
import { MAX_CONTEXT_CHARS, MAX_VARIABLES } from "#shared/model/memory.ts";
import type { Variable } from "#shared/model/memory.ts";
import { fail } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { StoreTx } from "#core/store/index.ts";
import { isExpired, readVariable } from "./contextRows.ts";
import type { ContextRow } from "./contextRows.ts";
import type { ContextWrite, Prepared } from "./contextWrite.ts";

interface Standing {
  readonly before: ContextRow | undefined;
  readonly nowMs: number;
}

export function refuseWrite(tx: StoreTx, prepared: Prepared, { before, nowMs }: Standing): Result<never> | undefined {
  const { write } = prepared;
  return refuseContext(write, { before, nowMs }) ?? refuseVersions(tx, write, nowMs) ?? refuseSize(tx, prepared);
}

function refuseContext(write: ContextWrite, { before, nowMs }: Standing): Result<never> | undefined {
  const revision = before?.revision ?? 0;
  if (write.expectedRevision !== undefined && write.expectedRevision !== revision)
    return fail(
      "conflict",
      `Context ${write.id} is at revision ${revision} by now, not ${write.expectedRevision}. Read it again, then write.`,
      { expected: write.expectedRevision, actual: revision },
    );
  if (before === undefined) return undefined;
  if (isExpired(before, nowMs))
    return fail(
      "conflict",
      `Context ${write.id} has expired and takes nothing more. Begin another one, or restore a snapshot of it.`,
      { expired: true },
    );
  return before.fleet !== undefined && write.fleet !== undefined && write.fleet !== before.fleet
    ? fail("conflict", `Context ${write.id} belongs to fleet ${before.fleet}. Give the new one another id.`)
    : undefined;
}

function refuseVersions(tx: StoreTx, write: ContextWrite, nowMs: number): Result<never> | undefined {
  for (const { name, expectedVersion } of [...write.set, ...write.remove]) {
    if (expectedVersion === undefined) continue;
    const known = readVariable(tx, { id: write.id, name, nowMs });
    if ((known?.version ?? 0) !== expectedVersion) return versionConflict(name, expectedVersion, known);
  }
  return undefined;
}

function versionConflict(name: string, expected: number, known: Variable | undefined): Result<never> {
  const now =
    known === undefined
      ? `"${name}" is not there`
      : `"${name}" is at version ${known.version} by now, written by ${known.author}`;
  return fail("conflict", `${now}; version ${expected} was expected. Read it again, then write.`, {
    name,
    expected,
    actual: known?.version ?? 0,
    ...(known === undefined ? {} : { author: known.author }),
  });
}

function refuseSize(tx: StoreTx, { write, values }: Prepared): Result<never> | undefined {
  const names = JSON.stringify([...values.map(({ name }) => name), ...write.remove.map(({ name }) => name)]);
  const others = tx.get(
    `SELECT count(*) AS n, coalesce(sum(length(value)), 0) AS chars FROM context_variables
     WHERE context_id = ? AND name NOT IN (SELECT value FROM json_each(?))`,
    [write.id, names],
  );
  const count = Number(others?.["n"] ?? 0) + new Set(values.map(({ name }) => name)).size;
  const chars = Number(others?.["chars"] ?? 0) + values.reduce((sum, { json }) => sum + json.length, 0);
  if (count > MAX_VARIABLES)
    return fail(
      "too_large",
      `A context holds at most ${MAX_VARIABLES} variables. Remove some, or begin another context.`,
    );
  if (chars > MAX_CONTEXT_CHARS)
    return fail(
      "too_large",
      `A context holds at most ${MAX_CONTEXT_CHARS / 1024 / 1024} MB. Remove some variables, or write large ones to files.`,
    );
  return undefined;
}
