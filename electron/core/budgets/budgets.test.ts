/** The budgets' promises over a real database: never more than is left, however many ask, whatever dies, whenever a period ends. */
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { BUDGET_DEFAULTS } from "#shared/model/budget.ts";
import type { BudgetRules } from "#shared/model/budget.ts";
import { ok } from "#shared/model/result.ts";
import type { Database } from "#core/ports/database.ts";
import { spendLedger, spendOf } from "#core/policies/index.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { openLedger, usageReport } from "#test/support/ledgerRig.ts";
import type { LedgerRig } from "#test/support/ledgerRig.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { freezeBudget, grantBudget, moveBudget, removeBudget, setBudget } from "./budgetCommands.ts";
import { historyOf } from "./budgetHistory.ts";
import { Budgets } from "./budgets.ts";
import { handBack, handOver, tokenBudget } from "./handovers.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const BY = { actor: "person" };

/** `shop` with the agents s1 and s2 under the supervisor `shop/team`, and s3 beside it. */
const TREE = {
  scopesOf: (path: string) =>
    path === "*"
      ? ["*"]
      : path === "shop"
        ? ["*", "shop"]
        : ["shop/s1", "shop/s2"].includes(path)
          ? ["*", "shop", "shop/team", path]
          : ["*", "shop", path],
  resolve: (ref: string) =>
    ok({
      scope: ref,
      kind: ref === "*" ? "everything" : ref === "shop" ? "fleet" : ref === "shop/team" ? "supervisor" : "agent",
    } as const),
  agentsBelow: (scope: string) =>
    ({
      "*": ["shop/s1", "shop/s2", "shop/s3"],
      shop: ["shop/s1", "shop/s2", "shop/s3"],
      "shop/team": ["shop/s1", "shop/s2"],
    })[scope] ?? [scope],
};

interface Rig extends LedgerRig {
  readonly budgets: Budgets;
}

const open: Rig[] = [];

async function openRig(given: { database?: Database; clock?: ManualClock } = {}): Promise<Rig> {
  const ledger = await openLedger(given);
  const { store, recorder, clock } = ledger;
  let id = 0;
  const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => void ledger.errors.push(message) };
  const budgets = new Budgets({
    store,
    recorder,
    clock,
    logger,
    newId: () => `r${(id += 1)}-${clock.wallNow()}`,
    tree: TREE,
    ledger: spendLedger(store),
  });
  ledger.ledger.listen(spendOf(budgets));
  budgets.open();
  budgets.setFileBudgets("shop", []);
  const rig = { ...ledger, budgets };
  open.push(rig);
  return rig;
}

afterEach(() => {
  for (const rig of open.splice(0)) {
    rig.budgets.close();
    expect(rig.errors).toEqual([]);
    rig.close();
  }
});

/** Nothing of it is heard of again; its database is the next one's. */
function dies(rig: Rig): void {
  open.splice(open.indexOf(rig), 1);
}

function rules(given: Partial<BudgetRules> & Pick<BudgetRules, "limit">): BudgetRules {
  return { ...BUDGET_DEFAULTS, period: "total", unit: "tokens", ...given };
}

function set(rig: Rig, scope: string, given: Partial<BudgetRules> & Pick<BudgetRules, "limit">): string {
  const done = setBudget(rig.budgets, { scope, rules: rules(given), ...BY });
  if (!done.ok) throw new Error(done.error.message);
  return done.value.budget.id;
}

/** A request of this agent that took so many tokens, in the ledger and committed. */
function spend(rig: Rig, sessionId: string, tokens: number, more: Parameters<typeof usageReport>[0] = {}): void {
  const at = new Date(rig.clock.wallNow()).toISOString();
  const counted = { input: tokens, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  rig.ledger.report(usageReport({ sessionId, at, tokens: counted, ...more }));
  rig.recorder.flush();
}

const reserve = (rig: Rig, path: string, tokens: number) =>
  rig.budgets.reserve({ path, wanted: { nanos: tokens * 1000, tokens } });
const one = (rig: Rig, id: string) => rig.budgets.list().find((budget) => budget.id === id);

describe("setting aside", () => {
  it("agrees with a plain model: what is granted is what the scarcest budget has left, and never below nothing", async () => {
    const rig = await openRig();
    const limits = { "*": 500, shop: 400, "shop/team": 200, "shop/s1": 90 } as const;
    for (const [scope, limit] of Object.entries(limits)) set(rig, scope, { limit });
    const spent = new Map<string, number>();
    const held = new Map<string, { path: string; tokens: number }>();
    const paths = ["shop/s1", "shop/s2", "shop/s3"];
    const left = (path: string): number =>
      Math.min(
        ...TREE.scopesOf(path).flatMap((scope) => {
          const limit = limits[scope as keyof typeof limits];
          if (limit === undefined) return [];
          const under = (one: string) => TREE.scopesOf(one).includes(scope);
          const used = paths.filter(under).reduce((sum, one) => sum + (spent.get(one) ?? 0), 0);
          const waits = [...held.values()].filter((one) => under(one.path)).reduce((sum, one) => sum + one.tokens, 0);
          return [Math.max(0, limit - used - waits)];
        }),
      );
    const step = fc.record({
      path: fc.constantFrom(...paths),
      tokens: fc.integer({ min: 1, max: 40 }),
      settles: fc.integer({ min: 0, max: 60 }),
      ends: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 40 }), (steps) => {
        for (const { path, tokens, settles, ends } of steps) {
          const most = left(path);
          const answer = reserve(rig, path, tokens);
          expect(answer.ok).toBe(most > 0);
          if (answer.ok && answer.reservationId !== undefined)
            held.set(answer.reservationId, { path, tokens: Math.min(tokens, most) });
          const [oldest] = held.keys();
          if (oldest === undefined || !ends) continue;
          const { path: whose } = held.get(oldest) ?? { path: "" };
          spend(rig, whose.slice(5), settles);
          spent.set(whose, (spent.get(whose) ?? 0) + settles);
          rig.budgets.release(oldest);
          held.delete(oldest);
        }
      }),
      { numRuns: 5, endOnFailure: true },
    );
    for (const id of held.keys()) rig.budgets.release(id);
    expect(rig.budgets.table.all().every(({ reserved }) => reserved === 0)).toBe(true);
  });

  it("never gives a thousand requests at once more than there is", async () => {
    const rig = await openRig();
    const id = set(rig, "shop", { limit: 10_000 });
    const answers = Array.from({ length: 1000 }, (_, at) => reserve(rig, `shop/s${1 + (at % 3)}`, 37));
    expect(answers.filter(({ ok: granted }) => granted)).toHaveLength(Math.ceil(10_000 / 37));
    expect(one(rig, id)).toMatchObject({ reserved: 10_000, available: 0, spent: 0 });
    expect(answers.at(-1)).toMatchObject({
      ok: false,
      brake: { sentence: expect.stringContaining("requests under way") },
    });
  });

  it("binds money and tokens, the agent's own and those above, all of them", async () => {
    const rig = await openRig();
    set(rig, "shop/s1", { limit: 1000 });
    set(rig, "shop", { limit: 50_000, unit: "usd" });
    spend(rig, "s2", 49);
    expect(reserve(rig, "shop/s1", 500).ok).toBe(true);
    expect(one(rig, "shop/s1#total#tokens")).toMatchObject({ reserved: 500, available: 500 });
    expect(one(rig, "shop#total#usd")).toMatchObject({ spent: 49_000, reserved: 1000, available: 0 });
    expect(reserve(rig, "shop/s1", 1).ok).toBe(false);
    expect(reserve(rig, "shop/s3", 1).ok).toBe(false);
  });
});

describe("what survives", () => {
  it("a core that dies: standing and level are the next one's, entries counted once, nothing stays set aside", async () => {
    const database = connectSqlite(":memory:");
    const first = await openRig({ database });
    const id = set(first, "shop", { limit: 100, atLimit: "hard" });
    spend(first, "s1", 30);
    reserve(first, "shop/s1", 50);
    reserve(first, "shop/s2", 10);
    first.recorder.flush();
    // The ledger has one more entry than the budget on disk: it died before it wrote where it stood.
    expect(database.get("SELECT json_extract(state, '$.spent') AS spent FROM budgets")).toEqual({ spent: 0 });
    dies(first);
    const next = await openRig({ database, clock: new ManualClock({ wallMs: first.clock.wallNow() }) });
    expect(one(next, id)).toMatchObject({ spent: 30, reserved: 0, level: "ok" });
    spend(next, "s1", 80);
    expect(one(next, id)).toMatchObject({ spent: 110, level: "hard", overshoot: 10 });
    dies(next);
    const third = await openRig({ database, clock: new ManualClock({ wallMs: first.clock.wallNow() }) });
    expect(one(third, id)).toMatchObject({ spent: 110, level: "hard", reserved: 0 });
    expect(third.budgets.brake("shop/s3")).toMatchObject({ level: "hard" });
  });

  it("what a better source corrects is corrected, down as well as up", async () => {
    const rig = await openRig();
    const id = set(rig, "shop/s1", { limit: 1000 });
    spend(rig, "s1", 900, { messageId: "msg_0001", source: "estimate", confidence: "estimated" });
    expect(one(rig, id)).toMatchObject({ spent: 900, level: "warn" });
    spend(rig, "s1", 400, { messageId: "msg_0001", source: "gateway" });
    expect(one(rig, id)).toMatchObject({ spent: 400, level: "ok" });
  });
});

describe("periods", () => {
  it("a day begins at local midnight: spent and granted begin anew, what is left is carried where the rules say so", async () => {
    const rig = await openRig();
    const plain = set(rig, "shop/s1", { limit: 1000, period: "day" });
    const carrying = set(rig, "shop", { limit: 1000, period: "day", rollover: "carry" });
    grantBudget(rig.budgets, plain, { amount: 500, ...BY });
    spend(rig, "s1", 400);
    await rig.clock.advance(DAY_MS);
    expect(one(rig, plain)).toMatchObject({ spent: 0, granted: 0, carried: 0, available: 1000 });
    expect(one(rig, carrying)).toMatchObject({ spent: 0, carried: 600, allowance: 1600 });
    await rig.clock.advance(3 * DAY_MS);
    expect(one(rig, carrying)).toMatchObject({ carried: 1000, allowance: 2000 });
  });

  it("a clock set back over a reset gives nothing twice; a step of seconds does not bring yesterday back", async () => {
    const rig = await openRig();
    const id = set(rig, "shop/s1", { limit: 1000, period: "day" });
    spend(rig, "s1", 1000);
    expect(one(rig, id)).toMatchObject({ level: "hard" });
    rig.clock.jumpWall(DAY_MS);
    expect(one(rig, id)).toMatchObject({ spent: 0, level: "ok" });
    spend(rig, "s1", 100);
    rig.clock.jumpWall(-DAY_MS);
    expect(one(rig, id)).toMatchObject({ spent: 1100, level: "hard" });
  });
});

describe("a person's word", () => {
  it("is kept with who, what and why, and what follows is said", async () => {
    const rig = await openRig();
    const id = set(rig, "shop/s1", { limit: 100 });
    spend(rig, "s1", 120);
    const lower = setBudget(rig.budgets, {
      scope: "shop/s1",
      rules: rules({ limit: 50 }),
      actor: "person",
      reason: "too dear",
    });
    expect(lower).toMatchObject({
      ok: true,
      value: { budget: { level: "hard", overshoot: 70 }, note: expect.stringContaining("spent already") },
    });
    expect(grantBudget(rig.budgets, id, { amount: 100, ...BY })).toMatchObject({
      ok: true,
      value: { budget: { level: "warn", available: 30 } },
    });
    expect(freezeBudget(rig.budgets, id, { frozen: true, ...BY })).toMatchObject({
      ok: true,
      value: { budget: { level: "frozen", available: 0 } },
    });
    expect(reserve(rig, "shop/s1", 1)).toMatchObject({ ok: false, brake: { level: "frozen" } });
    const past = historyOf(rig.budgets, { id, scope: "shop/s1", rules: rules({ limit: 1 }) }, 50);
    expect(past.map(({ what, detail }) => `${what}: ${detail}`)).toEqual([
      "level_changed: Frozen: nothing more may be spent",
      "frozen: 120 tokens spent",
      "level_changed: Over 80%",
      "granted: 100 tokens",
      "set: 50 tokens in all",
      "exhausted: Used up: stopped, 20 tokens beyond it",
      "set: 100 tokens in all",
    ]);
    expect(past.find(({ reason }) => reason === "too dear")).toMatchObject({ actor: "person", before: 100, after: 50 });
  });

  it("moves between budgets of one unit, never more than is left, never into what holds it", async () => {
    const rig = await openRig();
    const [from, to] = [set(rig, "shop/s1", { limit: 100 }), set(rig, "shop/s3", { limit: 100 })];
    const money = set(rig, "shop/s2", { limit: 100, unit: "usd" });
    const team = set(rig, "shop/team", { limit: 500 });
    spend(rig, "s1", 70);
    const move = (target: string, amount: number) => moveBudget(rig.budgets, { from, to: target, amount, ...BY });
    expect(move(to, 40)).toMatchObject({
      ok: false,
      error: { code: "conflict", message: expect.stringContaining("30 tokens left") },
    });
    expect(move(from, 1)).toMatchObject({ ok: false, error: { code: "bad_request" } });
    expect(move(money, 1)).toMatchObject({ ok: false, error: { code: "bad_request" } });
    expect(move(team, 1)).toMatchObject({ ok: false, error: { code: "conflict" } });
    expect(move(to, 30)).toMatchObject({
      ok: true,
      value: { from: { allowance: 70, level: "hard" }, to: { available: 130 } },
    });
  });

  it("wins over the fleet file until it is removed; the file's own is removed in the file", async () => {
    const rig = await openRig();
    rig.budgets.setFileBudgets("shop", [{ scope: "shop/s1", rules: rules({ limit: 100 }) }]);
    const id = set(rig, "shop/s1", { limit: 900 });
    rig.budgets.setFileBudgets("shop", [{ scope: "shop/s1", rules: rules({ limit: 200 }) }]);
    expect(one(rig, id)).toMatchObject({ limit: 900, setBy: "person" });
    expect(removeBudget(rig.budgets, id, BY)).toMatchObject({
      ok: true,
      value: { note: expect.stringContaining("200 tokens") },
    });
    expect(one(rig, id)).toMatchObject({ limit: 200, setBy: "file" });
    expect(removeBudget(rig.budgets, id, BY)).toMatchObject({ ok: false, error: { code: "conflict" } });
    rig.budgets.setFileBudgets("shop", []);
    expect(one(rig, id)).toBeUndefined();
  });

  it("a budget set late knows what its period has spent, and absurd ones are refused", async () => {
    const rig = await openRig();
    spend(rig, "s1", 700);
    spend(rig, "s3", 100);
    expect(one(rig, set(rig, "shop/team", { limit: 1000 }))).toMatchObject({ spent: 700, level: "notice" });
    expect(one(rig, set(rig, "*", { limit: 1000, period: "day" }))).toMatchObject({ spent: 800, level: "warn" });
    const absurd = (given: BudgetRules, scope = "shop/s1") => setBudget(rig.budgets, { scope, rules: given, ...BY });
    expect(absurd(rules({ limit: 2_000_000_000_000 }))).toMatchObject({ ok: false, error: { code: "bad_request" } });
    expect(absurd(rules({ limit: 10, period: "run" }), "shop")).toMatchObject({
      ok: false,
      error: { code: "bad_request" },
    });
    expect(absurd(rules({ limit: 10, noticeAt: 0.9, warnAt: 0.8 }))).toMatchObject({
      ok: false,
      error: { code: "bad_request" },
    });
  });
});

describe("money without a price", () => {
  it("is never zero: said as uncounted, and stopped where the budget says so", async () => {
    const rig = await openRig();
    const warned = set(rig, "shop/s1", { limit: 1_000_000_000, unit: "usd" });
    const stopped = set(rig, "shop/s2", { limit: 1_000_000_000, unit: "usd", unpriced: "stop" });
    spend(rig, "s1", 500, { model: "free-model" });
    spend(rig, "s2", 500, { model: "free-model" });
    expect(one(rig, warned)).toMatchObject({
      spent: 0,
      unpricedTokens: 500,
      level: "ok",
      notice: expect.stringContaining("without a price"),
    });
    expect(one(rig, stopped)).toMatchObject({ level: "hard" });
    expect(rig.budgets.brake("shop/s2")?.sentence).toContain("cannot count a model without a price");
    const unpriced = rig.budgets.reserve({ path: "shop/s1", wanted: { nanos: undefined, tokens: 5 } });
    expect(unpriced.ok).toBe(true);
  });
});

describe("a budget per run", () => {
  it("counts one life; the next one begins anew", async () => {
    const rig = await openRig();
    const id = set(rig, "shop/s1", { limit: 100, period: "run" });
    rig.budgets.lifeBegan("shop/s1", "s1");
    spend(rig, "s1", 100);
    expect(rig.budgets.brake("shop/s1")).toMatchObject({ level: "hard" });
    expect(rig.budgets.brake("shop/s1", "new_life")).toBeUndefined();
    rig.budgets.lifeBegan("shop/s1", "s1-second");
    expect(one(rig, id)).toMatchObject({ spent: 0, level: "ok" });
  });
});

describe("a handover", () => {
  it("carries what the giver can spare and the receiver may use, and holds the receiver to it", async () => {
    const rig = await openRig();
    set(rig, "shop", { limit: 10_000 });
    const own = set(rig, "shop/s1", { limit: 1000 });
    spend(rig, "s1", 400);
    expect(tokenBudget(rig.budgets, { from: "shop/s1", to: "shop/s2" })).toBe(600);
    const given = handOver(rig.budgets, { from: "shop/s1", to: "shop/s2", tokens: 700, ...BY });
    expect(given).toMatchObject({ ok: true, value: { tokens: 600, note: expect.stringContaining("Only 600") } });
    expect(one(rig, own)).toMatchObject({ available: 0 });
    spend(rig, "s2", 250);
    expect(rig.budgets.reserve({ path: "shop/s2", wanted: { nanos: 0, tokens: 1 } }).ok).toBe(true);
    expect(handBack(rig.budgets, { to: "shop/s2", ...BY })).toMatchObject({
      ok: true,
      value: { tokens: 349 },
    });
    expect(one(rig, own)).toMatchObject({ available: 349 });
    expect(handOver(rig.budgets, { from: "shop/s1", to: "shop/s1", tokens: 1, ...BY })).toMatchObject({ ok: false });
  });

  it("that came to nothing is taken back alone: what was handed over before still binds", async () => {
    const rig = await openRig();
    const own = set(rig, "shop/s1", { limit: 1000 });
    handOver(rig.budgets, { to: "shop/s2", tokens: 50, ...BY });
    handOver(rig.budgets, { from: "shop/s1", to: "shop/s2", tokens: 300, ...BY });
    expect(one(rig, own)).toMatchObject({ available: 700 });
    expect(handBack(rig.budgets, { to: "shop/s2", tokens: 300, ...BY })).toMatchObject({ value: { tokens: 300 } });
    expect(one(rig, own)).toMatchObject({ available: 1000 });
    // The rest was a person's: nobody else gets it.
    expect(handBack(rig.budgets, { to: "shop/s2", ...BY })).toMatchObject({ ok: true, value: { tokens: 50 } });
    expect(one(rig, own)).toMatchObject({ available: 1000 });
  });
});
