/**
 * The fleet file as people write it (YAML), and the specification it normalises to.
 * Unknown keys are errors. Defaults are those of the issue that introduced the file: one_for_one, 3 restarts in 60 s,
 * transient, 10 s to stop, backoff 1 s to 60 s, the file's folder as cwd.
 */
import { z } from "zod";
import { parseTokens } from "../lib/amountWords.ts";
import { agentScopeSchema } from "./agentScopes.ts";
import type { AgentScope } from "./agentScopes.ts";
import {
  atLimitSchema,
  BUDGET_DEFAULTS,
  budgetPeriodSchema,
  fractionSchema,
  MOST_TOKENS,
  MOST_USD,
  NANOS_PER_USD,
  rolloverSchema,
} from "./budget.ts";
import type { BudgetRules } from "./budget.ts";
import { NOT_AGENTS } from "./mail.ts";
import { restartTypeSchema, strategySchema } from "./states.ts";
import type { RestartType, Strategy } from "./states.ts";
import { LEAST_CACHE_MS, MOST_CACHE_MS } from "./toolServer.ts";
import type { ToolServerSpec } from "./toolServer.ts";
import { handlersFileSchema } from "./handlerFile.ts";
import type { HandlerSpec } from "./handlerFile.ts";
import { workflowsFileSchema } from "./workflowFile.ts";
import type { WorkflowSpec } from "./workflowFile.ts";

export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const idSchema = z
  .string()
  .regex(ID_PATTERN, "must be 1 to 64 letters, digits, _ or -, and begin with a letter or digit")
  .describe("Name of this child, unique in the fleet");

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "250ms", "10s", "1.5m" to milliseconds; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const unit = match?.[2] === undefined ? undefined : UNIT_MS[match[2]];
  return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

const UNIT_BYTES: Readonly<Record<string, number>> = { KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** "512MB", "2 GB", "1.5gb" to bytes, in thousands as every size is shown; undefined when it is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s?(KB|MB|GB|TB)$/i.exec(text.trim());
  const unit = match?.[2] === undefined ? undefined : UNIT_BYTES[match[2].toUpperCase()];
  return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

const durationSchema = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'must be a duration such as "500ms", "10s" or "5m"')
  // What a refinement checks an editor cannot know; patterns and the rules below tell it.
  .meta({ pattern: String.raw`^\s*\d+(\.\d+)?(ms|s|m|h|d)\s*$` });
/** A server over a pipe (command) or over HTTP (url); its tools are for the agents of this fleet. */
const fleetGrantSchema = z.strictObject({
  agents: z.array(z.string().min(1)).optional().describe("Ids of this fleet; * for any characters"),
  roles: z.array(z.string().min(1)).optional(),
  tools: z.array(z.string().min(1)).optional().describe("Names of tools; * for any characters; all without it"),
});
const fleetCacheSchema = z.strictObject({
  tools: z.array(z.string().min(1).max(200)).min(1).max(100).describe("Names of tools that only read; no wildcards"),
  for: durationSchema
    .refine((text) => {
      const ms = parseDuration(text) ?? LEAST_CACHE_MS;
      return ms >= LEAST_CACHE_MS && ms <= MOST_CACHE_MS;
    }, "must be from 1s to 7d")
    .optional()
    .describe("How long an answer is given again; 1h by default"),
});
const fleetServerSchema = z
  .strictObject({
    id: idSchema,
    command: z.string().min(1).optional().describe("A program that speaks MCP on its standard input and output"),
    args: z.array(z.string()).max(256).optional().describe("${NAME} stands for your own environment's NAME"),
    env: z.record(z.string(), z.string()).optional().describe("${NAME} stands for your own environment's NAME"),
    cwd: z.string().min(1).optional().describe("Working folder, relative to this file"),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("Address of a streamable HTTP endpoint; ${NAME} stands for your own environment's NAME"),
    headers: z.record(z.string(), z.string()).optional().describe("${NAME} stands for your own environment's NAME"),
    description: z.string().max(500).optional(),
    tags: z.array(z.string().min(1).max(60)).max(50).optional().describe("What it is good for; found by them"),
    enabled: z.boolean().optional(),
    restart: restartTypeSchema.optional().describe("permanent by default: it is started again however it ended"),
    timeout: durationSchema.optional().describe("What a call may take; 60s by default"),
    allow: z
      .array(fleetGrantSchema)
      .max(100)
      .optional()
      .describe("Who may use what; every agent of the fleet without it"),
    cache: fleetCacheSchema.optional().describe("Tools whose answers are given again without asking the server"),
  })
  .meta({ oneOf: ["command", "url"].map((key) => ({ properties: { [key]: {} }, required: [key] })) });
export type RawFleetServer = z.infer<typeof fleetServerSchema>;

const shutdownSchema = z.union([durationSchema, z.enum(["infinity", "brutal_kill"])], {
  error: 'must be a duration such as "10s", "infinity" or "brutal_kill"',
});

const usdSchema = z.number().positive().max(MOST_USD, `must be at most ${MOST_USD} dollars`).describe("Dollars");
const tokensSchema = z.union([z.number(), z.string()]).refine(
  (value) => {
    const tokens = readTokens(value);
    return tokens !== undefined && Number.isInteger(tokens) && tokens > 0 && tokens <= MOST_TOKENS;
  },
  { error: 'must be a whole number of tokens above 0, such as 250000, "250k" or "2M"' },
);

function readTokens(value: number | string): number | undefined {
  return typeof value === "number" ? value : parseTokens(value);
}

const fileBudgetSchema = z.strictObject({
  usd: usdSchema.optional(),
  tokens: tokensSchema.optional().describe('Tokens, also as "250k" or "2M"; with usd as well both bind'),
  period: budgetPeriodSchema
    .exclude(["handover"])
    .optional()
    .describe("run (one life of an agent), day, week, month, or total; day by default. Days begin at local midnight"),
  at_limit: atLimitSchema
    .optional()
    .describe("warn: only say so; soft: no new prompt; hard: interrupt, stop, forbid restart (default)"),
  notice_at: fractionSchema.optional().describe("Fraction at which the budget says that it is being used (0.5)"),
  warn_at: fractionSchema.optional().describe("Fraction at which it warns (0.8)"),
  rollover: rolloverSchema.optional().describe("carry: what is left over adds to the next period, at most one limit"),
  overdraft: z.number().min(0).max(1).optional().describe("hard only: the stop comes this fraction after the soft one"),
  unpriced: z.enum(["warn", "stop"]).optional().describe("What a usd budget does about a model without a price"),
  resume_at_reset: z.boolean().optional().describe("Consent that what it stopped goes on when the period is over"),
});
export type FileBudget = z.infer<typeof fileBudgetSchema>;
const budgetsSchema = z
  .union([fileBudgetSchema, z.array(fileBudgetSchema)], { error: "must be a budget or a list of budgets" })
  .describe("What everything at or below this entry may spend");

/** One entry of the file to the budgets it asks for: one per unit. */
export function budgetRulesOf(raw: FileBudget): readonly BudgetRules[] {
  const tokens = raw.tokens === undefined ? undefined : readTokens(raw.tokens);
  const limits = [
    ...(raw.usd === undefined ? [] : [{ unit: "usd", limit: Math.round(raw.usd * NANOS_PER_USD) } as const]),
    ...(tokens === undefined ? [] : [{ unit: "tokens", limit: tokens } as const]),
  ];
  const asked = asRules(raw);
  return limits.map((limit) => ({ period: "day", ...BUDGET_DEFAULTS, ...asked, ...limit }));
}

/** Only what the file says. A notice or a warning alone moves the other out of its way. */
function asRules(raw: FileBudget): Partial<BudgetRules> {
  const told = {
    period: raw.period,
    rollover: raw.rollover,
    noticeAt:
      raw.notice_at ?? (raw.warn_at === undefined ? undefined : Math.min(BUDGET_DEFAULTS.noticeAt, raw.warn_at)),
    warnAt: raw.warn_at ?? (raw.notice_at === undefined ? undefined : Math.max(BUDGET_DEFAULTS.warnAt, raw.notice_at)),
    atLimit: raw.at_limit,
    overdraft: raw.overdraft,
    unpriced: raw.unpriced,
    resumeAtReset: raw.resume_at_reset,
  };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}

const supervisorSettingsSchema = z.strictObject({
  strategy: strategySchema.optional().describe("What a failure takes with it"),
  intensity: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe("Restarts allowed within the period; one more and the supervisor gives up"),
  period: durationSchema
    .refine((text) => (parseDuration(text) ?? 0) >= 1000, "must be at least 1s")
    .meta({ pattern: String.raw`^\s*(?!0+(\.0+)?[a-z])(\d{4,}(\.\d+)?ms|\d+(\.\d+)?(s|m|h|d))\s*$` })
    .optional()
    .describe("Window in which restarts are counted"),
  auto_shutdown: z.enum(["never", "any_significant", "all_significant"]).optional(),
});

const backoffSchema = z.strictObject({
  initial: durationSchema.optional(),
  max: durationSchema.optional(),
  factor: z.number().min(1).max(100).optional(),
  jitter: z.number().min(0).max(10).optional(),
  resetAfter: durationSchema.optional(),
});

/** Less than any program needs is a slip of the pen. */
const LEAST_MEMORY = 1e6;
const limitsSchema = z.strictObject({
  memory: z
    .string()
    .refine((text) => (parseSize(text) ?? 0) >= LEAST_MEMORY, 'must be a size such as "512MB" or "2GB", at least 1MB')
    .meta({ pattern: String.raw`^\s*(?!0+(\.\d+)?\s?[kKmM])\d+(\.\d+)?\s?[kKmMgGtT][bB]\s*$` })
    .describe("Memory that all processes of the agent may use together"),
  on_exceed: z
    .enum(["warn", "restart"])
    .optional()
    .describe("warn: tell the person (the default); restart: end it, which counts as a failure"),
});

const common = {
  id: idSchema,
  restart: restartTypeSchema.optional().describe("permanent: always; transient: after a failure; temporary: never"),
  shutdown: shutdownSchema.optional().describe("How long a polite stop may take before the whole tree is killed"),
  significant: z.boolean().optional(),
  budget: budgetsSchema.optional(),
};

/** What an agent works on, in a person's own words: a ticket, a branch, a goal. */
export const taskSchema = z.string().trim().min(1).max(100);

const NEVER_PERMANENT_AND_SIGNIFICANT = {
  properties: { restart: { const: "permanent" }, significant: { const: true } },
  required: ["restart", "significant"],
};

export const agentChildSchema = z
  .strictObject({
    ...common,
    command: z.string().min(1).optional().describe("Any command line, run by the login shell"),
    agent: z.string().min(1).optional().describe("An agent CLI: claude, codex, gemini or opencode"),
    cwd: z.string().min(1).optional().describe("Working folder, relative to this file"),
    prompt: z.string().optional().describe("The briefing the agent starts with"),
    model: z.string().min(1).optional(),
    args: z.array(z.string()).optional().describe("More arguments for the agent CLI"),
    env: z.record(z.string(), z.string()).optional(),
    resume: z.string().min(1).optional().describe("A session id of the agent CLI to take up at the first start"),
    task: taskSchema.optional().describe("What it works on: its usage is counted under this name, too"),
    role: idSchema.describe("What it is in its team: messages may be addressed to a role").optional(),
    can: z
      .array(agentScopeSchema)
      .optional()
      .describe("What it may do through Signalbox's own tools; all of it by default, nothing for a command"),
    backoff: backoffSchema.optional(),
    resume_at_reset: z
      .boolean()
      .optional()
      .describe("Consent that an agent that waits for its plan's limit goes on by itself at the reset"),
    gateway: z
      .boolean()
      .optional()
      .describe(
        "Whether its model requests go through Signalbox's metering gateway; absent: as the app's setting says",
      ),
    limits: limitsSchema.optional(),
  })
  .meta({
    oneOf: ["command", "agent"].map((key) => ({ properties: { [key]: {} }, required: [key] })),
    not: NEVER_PERMANENT_AND_SIGNIFICANT,
  });

/** One supervisor entry without its children; the recursion is `childSchema`. */
export const supervisorEntrySchema = z.strictObject({ ...common, supervisor: supervisorSettingsSchema.optional() });
export type RawAgentChild = z.infer<typeof agentChildSchema>;
export type RawSupervisorChild = z.infer<typeof supervisorEntrySchema> & { children: RawChild[] };
export type RawChild = RawAgentChild | RawSupervisorChild;

const childSchema: z.ZodType<RawChild> = z.lazy(() =>
  z.union([agentChildSchema, supervisorEntrySchema.extend({ children: z.array(childSchema) })]),
);

/** The file without its children, which are checked one by one so that each error keeps its place. */
export const fleetHeadSchema = z.strictObject({
  version: z.literal(1, { error: "must be 1" }),
  name: idSchema
    .refine((name) => !NOT_AGENTS.has(name), "must be another name: senders that are no agents are called so")
    .describe("Name of the fleet"),
  supervisor: supervisorSettingsSchema.optional(),
  budget: budgetsSchema.optional(),
  servers: z
    .array(fleetServerSchema)
    .max(100)
    .optional()
    .describe("MCP servers whose tools the agents of this fleet may use; they start and stop with the fleet"),
  workflow: workflowsFileSchema.optional(),
  on: handlersFileSchema.optional(),
});
export const fleetFileSchema = fleetHeadSchema.extend({ children: z.array(childSchema) });

export const KNOWN_KEYS = {
  fleet: ["version", "name", "supervisor", "budget", "servers", "children", "workflow", "on"],
  supervisor: ["strategy", "intensity", "period", "auto_shutdown"],
  agentChild: Object.keys(agentChildSchema.shape),
  supervisorChild: ["id", "restart", "shutdown", "significant", "budget", "supervisor", "children"],
  backoff: Object.keys(backoffSchema.shape),
  budget: Object.keys(fileBudgetSchema.shape),
  limits: Object.keys(limitsSchema.shape),
  server: Object.keys(fleetServerSchema.shape),
  allow: Object.keys(fleetGrantSchema.shape),
  cache: Object.keys(fleetCacheSchema.shape),
} as const;

/** JSON Schema (draft 2020-12) of the fleet file, for editors and `signalbox schema fleet`. */
export function fleetJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(fleetFileSchema, { target: "draft-2020-12", unrepresentable: "any" }),
    title: "Signalbox fleet file",
  };
}

export interface BackoffSpec {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
  readonly jitter: number;
  readonly resetAfterMs: number;
}

export interface MemoryLimit {
  readonly memoryBytes: number;
  readonly onExceed: "warn" | "restart";
}

export interface AgentSpec {
  readonly kind: "agent";
  readonly id: string;
  /** Adapter id; `command` for a command line. */
  readonly agent: string;
  readonly command?: string;
  /** Absolute. */
  readonly cwd: string;
  readonly prompt?: string;
  readonly model?: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly resume?: string;
  /** What it works on, until a prompt says otherwise. */
  readonly task?: string;
  /** What it is in its team. */
  readonly role?: string;
  /** What it may do through Signalbox's own tools; absent: what its kind may (`scopesOf`). */
  readonly can?: readonly AgentScope[];
  /** Absent: as the app's setting says. */
  readonly gateway?: boolean;
  readonly restart: RestartType;
  readonly shutdown: number | "infinity" | "brutal_kill";
  readonly significant: boolean;
  readonly backoff: BackoffSpec;
  readonly budgets: readonly BudgetRules[];
  /** Goes on by itself when its plan's limit resets. */
  readonly resumeAtReset: boolean;
  readonly limits?: MemoryLimit;
}

export interface SupervisorSettings {
  readonly strategy: Strategy;
  readonly intensity: number;
  readonly periodMs: number;
  readonly autoShutdown: "never" | "any_significant" | "all_significant";
}

export interface SupervisorNodeSpec extends SupervisorSettings {
  readonly kind: "supervisor";
  readonly id: string;
  readonly restart: RestartType;
  readonly shutdown: number | "infinity" | "brutal_kill";
  readonly significant: boolean;
  readonly budgets: readonly BudgetRules[];
  readonly children: readonly ChildNodeSpec[];
}

export type ChildNodeSpec = AgentSpec | SupervisorNodeSpec;

export interface FleetSpec {
  readonly name: string;
  readonly root: SupervisorNodeSpec;
  readonly servers: readonly ToolServerSpec[];
  readonly workflows: readonly WorkflowSpec[];
  readonly handlers: readonly HandlerSpec[];
}

export interface FleetFileError {
  readonly message: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export const DEFAULT_BACKOFF: BackoffSpec = {
  initialMs: 1000,
  maxMs: 60_000,
  factor: 2,
  jitter: 0.2,
  resetAfterMs: 60_000,
};
export const DEFAULT_SHUTDOWN_MS = 10_000;
export const DEFAULT_INTENSITY = 3;
export const DEFAULT_PERIOD_MS = 60_000;
