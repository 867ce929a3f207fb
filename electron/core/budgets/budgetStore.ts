/** The budgets' tables: what a person set, where each budget stands, what is set aside. Bad rows are left out and logged. */
import { z } from "zod";
import { budgetLevelSchema, budgetRulesSchema } from "#shared/model/budget.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Store, StoreTx } from "#core/store/index.ts";
import type { BudgetState, Counter } from "./counter.ts";

const stateSchema = z.object({
  periodStartMs: z.number(),
  sessionId: z.string().optional(),
  spent: z.number().int().min(0),
  granted: z.number().int(),
  carried: z.number().int().min(0),
  frozen: z.boolean(),
  unpricedTokens: z.number().int().min(0),
  entryId: z.number().int().min(0),
  level: budgetLevelSchema,
}) satisfies z.ZodType<BudgetState>;

const rowSchema = z.object({
  id: z.string(),
  scope: z.string(),
  set_by: z.enum(["file", "person"]),
  rules: z.string(),
  state: z.string(),
});

/** What a request under way holds, until it is settled or too old to be under way. */
export interface Reservation {
  readonly id: string;
  readonly path: string;
  readonly sessionId?: string | undefined;
  readonly nanos: number;
  readonly tokens: number;
  readonly atMs: number;
  /** The newest ledger entry when it was made. */
  readonly entryId: number;
}

const reservationSchema = z
  .object({
    id: z.string(),
    path: z.string(),
    session_id: z.string().nullable(),
    nanos: z.number().int().min(0),
    tokens: z.number().int().min(0),
    at_ms: z.number(),
    entry_id: z.number(),
  })
  .transform(({ session_id, at_ms, entry_id, ...rest }) => ({
    ...rest,
    atMs: at_ms,
    entryId: entry_id,
    sessionId: session_id ?? undefined,
  }));

export function readCounters(store: Store, logger: Logger): readonly Counter[] {
  return store.all("SELECT id, scope, set_by, rules, state FROM budgets").flatMap((raw) => {
    const counter = readCounter(raw);
    if (counter === undefined) logger.error("A stored budget cannot be read and is left out.", { id: raw["id"] });
    return counter ?? [];
  });
}

function readCounter(raw: unknown): Counter | undefined {
  try {
    const row = rowSchema.parse(raw);
    return {
      id: row.id,
      scope: row.scope,
      setBy: row.set_by,
      rules: budgetRulesSchema.parse(JSON.parse(row.rules)),
      state: stateSchema.parse(JSON.parse(row.state)),
      reserved: 0,
    };
  } catch {
    return undefined;
  }
}

export function readReservations(store: Store): readonly Reservation[] {
  return store
    .all("SELECT id, path, session_id, nanos, tokens, at_ms, entry_id FROM budget_reservations")
    .flatMap((raw) => reservationSchema.safeParse(raw).data ?? []);
}

export function writeCounter(tx: StoreTx, counter: Counter): void {
  tx.run(
    `INSERT INTO budgets (id, scope, set_by, rules, state) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET set_by = excluded.set_by, rules = excluded.rules, state = excluded.state`,
    [counter.id, counter.scope, counter.setBy, JSON.stringify(counter.rules), JSON.stringify(counter.state)],
  );
}

export function dropCounter(tx: StoreTx, id: string): void {
  tx.run("DELETE FROM budgets WHERE id = ?", [id]);
}

export function writeReservation(
  tx: StoreTx,
  { id, path, sessionId, nanos, tokens, atMs, entryId }: Reservation,
): void {
  tx.run(
    "INSERT OR REPLACE INTO budget_reservations (id, path, session_id, nanos, tokens, at_ms, entry_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
    [id, path, sessionId ?? null, nanos, tokens, atMs, entryId],
  );
}

export function dropReservation(tx: StoreTx, id: string): void {
  tx.run("DELETE FROM budget_reservations WHERE id = ?", [id]);
}
