/** Requests at a budget's end: all that is left is set aside for the first, and the others wait for what it leaves over. */
import { afterEach, expect, it } from "vitest";
import { Budgets, setBudget } from "#core/budgets/index.ts";
import type { GatewayCall, GatewayVerdict } from "#core/ports/gateway.ts";
import { BUDGET_DEFAULTS } from "#shared/model/budget.ts";
import { ok } from "#shared/model/result.ts";
import { openLedger, usageReport } from "#test/support/ledgerRig.ts";
import type { LedgerRig } from "#test/support/ledgerRig.ts";
import { settle as turn } from "#test/support/manualClock.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { gatewayDesk } from "./gatewayDesk.ts";
import { spendLedger, spendOf } from "./spendLedger.ts";

const AGENT = "shop/s1";
const open: (() => void)[] = [];
afterEach(() => {
  for (const end of open.splice(0)) end();
});

/** An agent with 1,000 tokens left, and the door of its requests. */
async function door() {
  const rig: LedgerRig = await openLedger();
  let id = 0;
  const budgets = new Budgets({
    ...rig,
    logger: silentLogger,
    newId: () => `r${(id += 1)}`,
    tree: {
      scopesOf: (path) => ["*", "shop", path],
      resolve: (scope) => ok({ scope, kind: "agent" }),
      agentsBelow: () => [AGENT],
    },
    ledger: spendLedger(rig.store),
  });
  rig.ledger.listen(spendOf(budgets));
  budgets.open();
  budgets.setFileBudgets("shop", []);
  const rules = { ...BUDGET_DEFAULTS, period: "total", unit: "tokens", limit: 1000, atLimit: "hard" } as const;
  const done = setBudget(budgets, { scope: AGENT, rules, actor: "person" });
  if (!done.ok) throw new Error(done.error.message);
  const desk = gatewayDesk({ ...rig, budgets, ownerOf: () => ({ path: AGENT }), onLimit: () => undefined });
  open.push(() => (budgets.close(), rig.close()));
  const call = (name: string): GatewayCall => ({
    id: name,
    sessionId: "s1",
    agent: "claude",
    provider: "anthropic",
    api: "anthropic",
    model: "claude-test",
    estimate: { inputTokens: 5000 },
  });
  return {
    clock: rig.clock,
    /** What it is told, as soon as it is told anything. */
    ask: (name: string, gone = new AbortController().signal) => {
      const asked: { verdict?: GatewayVerdict } = {};
      void desk.authorize(call(name), gone).then((verdict) => (asked.verdict = verdict));
      return asked;
    },
    /** Its answer has come and took so many tokens. */
    ends: (name: string, tokens: number, verdict: GatewayVerdict | undefined) => {
      const counted = { input: tokens, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
      const report = usageReport({ source: "gateway", sessionId: "s1", sourceKey: `s1:${name}`, tokens: counted });
      const reservationId = verdict?.allow === true ? verdict.reservationId : undefined;
      desk.settle({ call: call(name), report, ...(reservationId === undefined ? {} : { reservationId }) });
    },
  };
}

it("waits for the one under way, and goes out when that has left something over", async () => {
  const { ask, ends } = await door();
  const first = ask("first");
  await turn();
  const second = ask("second");
  await turn();
  expect([first.verdict?.allow, second.verdict]).toEqual([true, undefined]);
  ends("first", 400, first.verdict);
  await turn();
  expect(second.verdict?.allow).toBe(true);
});

it("is refused for good when the one under way has used up what was left", async () => {
  const { ask, ends } = await door();
  const first = ask("first");
  await turn();
  const second = ask("second");
  await turn();
  ends("first", 1200, first.verdict);
  await turn();
  expect(second.verdict).toMatchObject({
    allow: false,
    level: "hard",
    sentence: expect.stringMatching(/^Paused at its budget/),
  });
});

it("keeps its place in the line, and goes out nowhere when its agent hangs up", async () => {
  const { ask, ends } = await door();
  const first = ask("first");
  await turn();
  const hangsUp = new AbortController();
  const second = ask("second", hangsUp.signal);
  const third = ask("third");
  const fourth = ask("fourth");
  hangsUp.abort();
  await turn();
  expect(second.verdict).toMatchObject({ allow: false });
  ends("first", 100, first.verdict);
  await turn();
  expect([third.verdict?.allow, fourth.verdict]).toEqual([true, undefined]);
});

it("is told why after two minutes", async () => {
  const { ask, clock } = await door();
  ask("first");
  await turn();
  const second = ask("second");
  for (let passed = 0; passed < 121; passed++) {
    await turn();
    await clock.advance(1000);
  }
  await turn();
  expect(second.verdict).toMatchObject({
    allow: false,
    sentence: expect.stringMatching(/set aside for requests under way/),
  });
});
