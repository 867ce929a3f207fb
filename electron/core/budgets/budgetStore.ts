/** The budgets' table: what a person set and where each budget stands. Bad rows are left out and logged. */
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
