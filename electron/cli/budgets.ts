/** budget: what may be spent, by whom, until when; and what a person changes about it. */
import { amountText, parseTokens, parseUsd } from "#shared/lib/amountWords.ts";
import { clockWords } from "#shared/lib/words.ts";
import { BUDGET_PERIODS } from "#shared/model/budget.ts";
import type { Budget, BudgetChange, BudgetUnit } from "#shared/model/budget.ts";
import type { CommandInput } from "#shared/contract/index.ts";
import { fail } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { runVerb, show } from "./command.ts";
import type { CliContext, Command, Verb } from "./command.ts";
import { usage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { table } from "./output.ts";

const VERBS: Readonly<Record<string, Verb>> = {
  list: { usage: "list [SCOPE]", takes: 0, run: list },
  set: { usage: "set SCOPE AMOUNT [--period day] [--at-limit hard]", takes: 2, run: set },
  grant: { usage: "grant BUDGET AMOUNT", takes: 2, run: grant },
  move: { usage: "move FROM TO AMOUNT", takes: 3, run: move },
  freeze: {
    usage: "freeze BUDGET",
    takes: 1,
    run: (client, context, args) => freeze(client, context, { args, verb: "freeze" }),
  },
  unfreeze: {
    usage: "unfreeze BUDGET",
    takes: 1,
    run: (client, context, args) => freeze(client, context, { args, verb: "unfreeze" }),
  },
  handback: { usage: "handback ID", takes: 1, run: handback },
  remove: { usage: "remove BUDGET", takes: 1, run: remove },
  history: { usage: "history BUDGET", takes: 1, run: history },
};

export const budgetCommands: Readonly<Record<string, Command>> = {
  budget: {
    usage: `budget [${Object.keys(VERBS).join("|")}] …`,
    summary: 'What may be spent. AMOUNT is dollars ("$5") or tokens ("250k"); SCOPE an id, a fleet or "*"',
    options: {
      period: { type: "string" },
      "at-limit": { type: "string" },
      rollover: { type: "string" },
      unpriced: { type: "string" },
      "resume-at-reset": { type: "boolean" },
      reason: { type: "string" },
    },
    takes: [0, 4],
    run: (context) => runVerb(context, { command: "budget", verbs: VERBS, usual: "list" }),
  },
};

async function list(client: ConnectedClient, context: CliContext, [scope]: readonly string[]): Promise<Outcome> {
  const listed = await client.query("budget.list", scope === undefined ? {} : { scope });
  return show(context, listed, (budgets) => (budgets.length === 0 ? [NONE] : listLines(budgets)));
}

const NONE = 'No budget is set. "signalbox budget set FLEET $5" sets one for each day.';

function listLines(budgets: readonly Budget[]): string[] {
  return [
    ...table([
      ["BUDGET", "SPENT", "OF", "LEFT", "LEVEL", "AT LIMIT", "RESETS"],
      ...budgets.map((budget) => [
        budget.id,
        amountText(budget.spent, budget.unit),
        amountText(budget.allowance, budget.unit),
        `${amountText(budget.available, budget.unit)}${budget.cappedBy === undefined ? "" : ` (by ${budget.cappedBy})`}`,
        budget.level,
        budget.atLimit,
        budget.resetsAt === undefined ? "-" : clockWords(Date.parse(budget.resetsAt), Date.now()),
      ]),
    ]),
    ...budgets.flatMap((budget) => (budget.notice === undefined ? [] : [`${budget.id}: ${budget.notice}`])),
  ];
}

/** "$5" and "5.50" are dollars, "250k" and "250000tokens" are tokens; a bare number is dollars below 10 000. */
function readAmount(text: string): { unit: BudgetUnit; amount: number } | undefined {
  const usd = parseUsd(text);
  if (usd !== undefined && (text.startsWith("$") || usd < 10_000 * 1_000_000_000)) return { unit: "usd", amount: usd };
  const tokens = parseTokens(text.replace(/ ?tokens$/, ""));
  return tokens === undefined ? undefined : { unit: "tokens", amount: tokens };
}

const NO_AMOUNT = 'The amount is dollars such as "$5" or "2.50", or tokens such as "250k" or "2M".';

async function set(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const [scope = "", text = ""] = args;
  const read = readAmount(text);
  if (read === undefined || read.amount <= 0) return usage(NO_AMOUNT);
  const order = setOrder(context, { scope, unit: read.unit, limit: read.amount });
  return order.ok ? changed(context, await client.command("budget.set", order.value)) : usage(order.error.message);
}

type SetOrder = CommandInput<"budget.set">;

function setOrder(context: CliContext, base: Pick<SetOrder, "scope" | "unit" | "limit">): Result<SetOrder> {
  const period = choice(
    context,
    "period",
    BUDGET_PERIODS.filter((one) => one !== "handover"),
  );
  const atLimit = choice(context, "at-limit", ["warn", "soft", "hard"] as const);
  const rollover = choice(context, "rollover", ["none", "carry"] as const);
  const unpriced = choice(context, "unpriced", ["warn", "stop"] as const);
  for (const one of [period, atLimit, rollover, unpriced]) if (!one.ok) return one;
  return {
    ok: true,
    value: {
      ...base,
      ...(period.ok && period.value !== undefined ? { period: period.value } : {}),
      ...(atLimit.ok && atLimit.value !== undefined ? { atLimit: atLimit.value } : {}),
      ...(rollover.ok && rollover.value !== undefined ? { rollover: rollover.value } : {}),
      ...(unpriced.ok && unpriced.value !== undefined ? { unpriced: unpriced.value } : {}),
      ...(context.has("resume-at-reset") ? { resumeAtReset: true } : {}),
      ...reasonOf(context),
    },
  };
}

function choice<T extends string>(context: CliContext, flag: string, values: readonly T[]): Result<T | undefined> {
  const text = context.text(flag);
  const found = values.find((value) => value === text);
  return text === undefined || found !== undefined
    ? { ok: true, value: found }
    : fail("bad_request", `--${flag} is one of ${values.join(", ")}.`);
}

async function grant(
  client: ConnectedClient,
  context: CliContext,
  [id = "", text = ""]: readonly string[],
): Promise<Outcome> {
  const read = readAmount(text);
  if (read === undefined || read.amount <= 0) return usage(NO_AMOUNT);
  const wrong = await wrongUnit(client, id, read.unit);
  return (
    wrong ?? changed(context, await client.command("budget.grant", { id, amount: read.amount, ...reasonOf(context) }))
  );
}

async function move(
  client: ConnectedClient,
  context: CliContext,
  [from = "", to = "", text = ""]: readonly string[],
): Promise<Outcome> {
  const read = readAmount(text);
  if (read === undefined || read.amount <= 0) return usage(NO_AMOUNT);
  const wrong = await wrongUnit(client, from, read.unit);
  if (wrong !== undefined) return wrong;
  const moved = await client.command("budget.move", { from, to, amount: read.amount, ...reasonOf(context) });
  return show(context, moved, (done) => [
    ...listLines([done.from, done.to]),
    ...(done.note === undefined ? [] : [done.note]),
  ]);
}

async function handback(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const [to = ""] = args;
  const handed = await client.command("budget.handback", { to, ...reasonOf(context) });
  return show(context, handed, ({ tokens }) => [`${to} gave ${amountText(tokens, "tokens")} back`]);
}

/** Five dollars are not granted to a budget of tokens. */
async function wrongUnit(client: ConnectedClient, ref: string, unit: BudgetUnit): Promise<Outcome | undefined> {
  const listed = await client.query("budget.list", {});
  const on = listed.ok
    ? listed.value.filter(({ id, scope }) => id === ref || scope === ref || scope.endsWith(`/${ref}`))
    : [];
  const other = on.find((budget) => budget.unit !== unit);
  return on.length === 1 && other !== undefined
    ? usage(`${other.id} counts ${other.unit === "usd" ? "dollars: write $5" : "tokens: write 250k"}.`)
    : undefined;
}

async function freeze(
  client: ConnectedClient,
  context: CliContext,
  { args, verb }: { args: readonly string[]; verb: "freeze" | "unfreeze" },
): Promise<Outcome> {
  return changed(context, await client.command(`budget.${verb}`, { id: args[0] ?? "", ...reasonOf(context) }));
}

async function remove(client: ConnectedClient, context: CliContext, [id = ""]: readonly string[]): Promise<Outcome> {
  const removed = await client.command("budget.remove", { id, ...reasonOf(context) });
  return show(context, removed, (done) => [`${done.id} removed`, ...(done.note === undefined ? [] : [done.note])]);
}

async function history(client: ConnectedClient, context: CliContext, [id = ""]: readonly string[]): Promise<Outcome> {
  const found = await client.query("budget.history", { id });
  return show(context, found, (changes) => table([["WHEN", "WHO", "WHAT", "DETAIL"], ...changes.map(historyRow)]));
}

function historyRow({ at, actor, what, detail, reason }: BudgetChange): string[] {
  const words = reason === undefined ? detail : `${detail} (${reason})`;
  return [clockWords(Date.parse(at), Date.now()), actor, what.replaceAll("_", " "), words];
}

function changed(context: CliContext, result: Result<{ budget: Budget; note?: string | undefined }>): Promise<Outcome> {
  return show(context, result, ({ budget, note }) => [...listLines([budget]), ...(note === undefined ? [] : [note])]);
}

function reasonOf(context: CliContext): { reason?: string } {
  const reason = context.text("reason");
  return reason === undefined ? {} : { reason };
}
