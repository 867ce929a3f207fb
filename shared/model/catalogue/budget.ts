/** What happens to budgets: by persons, by agents that hand over, and by what is spent. Amounts are nano-dollars or tokens. */
import { z } from "zod";
import { budgetLevelSchema, budgetRulesSchema, budgetUnitSchema } from "../budget.ts";
import { count, detail, id, stored } from "./entry.ts";

const of = { id, path: z.string().optional(), unit: budgetUnitSchema };
const reason = z.string().max(500).optional();
const amount = z.number().int();
const figures = { spent: amount, allowance: amount, overshoot: count };
const said = z.strictObject({ ...of, detail, reason });
const levelled = z.strictObject({ ...of, from: budgetLevelSchema, to: budgetLevelSchema, ...figures });
const channel = "ws.{fleet}.budget.{id}";
const EXAMPLE = { id: "desk#day#usd", path: "desk", unit: "usd" } as const;
const FIGURES = { spent: 4_000_000_000, allowance: 5_000_000_000, overshoot: 0 };

export const budgetMessages = {
  "budget.set": stored({
    family: "system",
    purpose: "A person set a budget.",
    spokenBy: "The core, for a person.",
    channel: `${channel}.set`,
    schema: z.strictObject({
      ...of,
      before: amount.optional(),
      after: amount,
      rules: budgetRulesSchema,
      detail,
      reason,
    }),
    example: {
      ...EXAMPLE,
      after: 5_000_000_000,
      detail: "$5.00 a day",
      rules: {
        period: "day",
        unit: "usd",
        limit: 5_000_000_000,
        rollover: "none",
        noticeAt: 0.5,
        warnAt: 0.8,
        atLimit: "hard",
        overdraft: 0,
        unpriced: "warn",
        resumeAtReset: false,
      },
    },
  }),
  "budget.removed": stored({
    family: "system",
    purpose: "A person's budget ended.",
    spokenBy: "The core, for a person.",
    channel: `${channel}.removed`,
    schema: z.strictObject({ ...of, before: amount, reason, detail }),
    example: { ...EXAMPLE, before: 5_000_000_000, detail: "$5.00 a day" },
  }),
  "budget.granted": stored({
    family: "system",
    purpose: "A person gave a budget more for its period.",
    spokenBy: "The core, for a person.",
    channel: `${channel}.granted`,
    schema: z.strictObject({ ...of, amount, before: amount, after: amount, detail, reason }),
    example: { ...EXAMPLE, amount: 1_000_000_000, before: 5_000_000_000, after: 6_000_000_000, detail: "$1.00" },
  }),
  "budget.moved": stored({
    family: "system",
    purpose: "A person moved an amount from one budget to another; said by both.",
    spokenBy: "The core, for a person.",
    channel: `${channel}.moved`,
    schema: z.strictObject({ ...of, from: id, to: id, amount, before: amount, after: amount, detail, reason }),
    example: {
      ...EXAMPLE,
      from: "desk#day#usd",
      to: "lab#day#usd",
      amount: 1_000_000_000,
      before: 5_000_000_000,
      after: 4_000_000_000,
      detail: "$1.00 from desk#day#usd to lab#day#usd",
    },
  }),
  "budget.frozen": stored({
    family: "system",
    purpose: "A person froze a budget; nothing under it goes on.",
    spokenBy: "The core, for a person.",
    channel: `${channel}.frozen`,
    schema: said,
    example: { ...EXAMPLE, detail: "4000000000 spent" },
  }),
  "budget.unfrozen": stored({
    family: "system",
    purpose: "A person let a frozen budget go on.",
    spokenBy: "The core, for a person.",
    channel: `${channel}.unfrozen`,
    schema: said,
    example: { ...EXAMPLE, detail: "4000000000 spent" },
  }),
  "budget.handed_over": stored({
    family: "system",
    purpose: "Tokens went to an agent with a piece of work.",
    spokenBy: "The core, for the agent that gives or for a person.",
    channel: `${channel}.handed_over`,
    schema: z.strictObject({ ...of, from: z.string().nullable(), to: id, amount, detail, reason }),
    example: {
      ...EXAMPLE,
      id: "desk/reviewer#handover#tokens",
      unit: "tokens",
      from: "desk/writer",
      to: "desk/reviewer",
      amount: 40_000,
      detail: "40,000 tokens",
    },
  }),
  "budget.handed_back": stored({
    family: "system",
    purpose: "What was left of tokens handed over went back to whom they came from.",
    spokenBy: "The core, for a person, an agent, or a prompt that did not arrive.",
    channel: `${channel}.handed_back`,
    schema: z.strictObject({ ...of, to: id, amount, ended: z.boolean(), detail, reason }),
    example: {
      ...EXAMPLE,
      id: "desk/reviewer#handover#tokens",
      unit: "tokens",
      to: "desk/reviewer",
      amount: 12_000,
      ended: true,
      detail: "12,000 tokens",
    },
  }),
  "budget.level_changed": stored({
    family: "system",
    purpose: "A budget reached another level.",
    spokenBy: "The core, as the ledger counts.",
    channel: `${channel}.level_changed`,
    aliases: ["budget.warned"],
    schema: levelled,
    example: { ...EXAMPLE, from: "ok", to: "warn", ...FIGURES },
  }),
  "budget.exhausted": stored({
    family: "system",
    purpose: "A budget is used up: what it binds stops.",
    spokenBy: "The core, as the ledger counts.",
    channel: `${channel}.exhausted`,
    aliases: ["budget.exceeded"],
    schema: levelled,
    example: { ...EXAMPLE, from: "warn", to: "hard", ...FIGURES, spent: 5_000_000_000 },
  }),
  "budget.overshot": stored({
    family: "system",
    purpose: "More was spent on a used-up budget by requests that were under way.",
    spokenBy: "The core, as the ledger counts.",
    channel: `${channel}.overshot`,
    schema: z.strictObject({ ...of, ...figures }),
    example: { ...EXAMPLE, ...FIGURES, spent: 5_100_000_000, overshoot: 100_000_000 },
  }),
  "budget.reset": stored({
    family: "system",
    purpose: "A new period of a budget began.",
    spokenBy: "The core's clock.",
    channel: `${channel}.reset`,
    schema: z.strictObject({ ...of, before: amount, after: amount, carried: amount, detail }),
    example: { ...EXAMPLE, before: 4_000_000_000, after: 0, carried: 0, detail: "A new period began." },
  }),
};
