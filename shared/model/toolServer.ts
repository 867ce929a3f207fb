/**
 * MCP servers and their tools: how they are declared, who may use what, how they stand, and every call. A server of a
 * fleet file is known as `fleet/id`, one that a person added as `id`.
 */
import { z } from "zod";
import { restartTypeSchema } from "./states.ts";

/** registered → verifying → active | degraded | offline; disabled by a person (mission 6.2). */
export const toolServerStateSchema = z.enum(["registered", "verifying", "active", "degraded", "offline", "disabled"]);
export type ToolServerState = z.infer<typeof toolServerStateSchema>;

export const toolServerTransportSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("stdio"),
    command: z.string().min(1).max(4096),
    args: z.array(z.string().max(32_768)).max(256),
    env: z.record(z.string(), z.string().max(32_768)),
    cwd: z.string().optional(),
  }),
  z.object({
    type: z.literal("http"),
    url: z.string().max(4096),
    headers: z.record(z.string(), z.string().max(32_768)),
  }),
]);
export type ToolServerTransport = z.infer<typeof toolServerTransportSchema>;

/** `*` stands for any characters, also in the middle of a name. */
const patternsSchema = z.array(z.string().min(1).max(200)).max(200);

/** Who may use what. Agents by id or fleet/id, roles as the caller's own token says; without either nobody is named. */
export const toolGrantSchema = z.object({
  agents: patternsSchema.default([]),
  roles: patternsSchema.default([]),
  tools: patternsSchema.default(["*"]),
});
export type ToolGrant = z.infer<typeof toolGrantSchema>;

/** How long an answer is given again without asking the server (mission RO-17). */
export const DEFAULT_CACHE_MS = 3_600_000;
export const LEAST_CACHE_MS = 1_000;
export const MOST_CACHE_MS = 7 * 86_400_000;

/** Tools that a person says are pure reads: the same question has the same answer for a while, whoever asks. */
export const toolCacheSchema = z.object({
  tools: z.array(z.string().min(1).max(200)).min(1).max(100),
  forMs: z.number().int().min(LEAST_CACHE_MS).max(MOST_CACHE_MS),
});
export type ToolCache = z.infer<typeof toolCacheSchema>;

export const toolServerSpecSchema = z.object({
  id: z.string(),
  transport: toolServerTransportSchema,
  description: z.string().max(500).optional(),
  tags: z.array(z.string().min(1).max(60)).max(50),
  enabled: z.boolean(),
  restart: restartTypeSchema,
  /** What a call may take when the caller says nothing. */
  timeoutMs: z.number().int().positive(),
  /** Absent: every agent of the fleet that declares it, and nobody elsewhere. */
  allow: z.array(toolGrantSchema).max(100).optional(),
  /** Absent: every call reaches the server. */
  cache: toolCacheSchema.optional(),
});
export type ToolServerSpec = z.infer<typeof toolServerSpecSchema>;

/** A tool call may take this long (mission RO-19). */
export const DEFAULT_TOOL_TIMEOUT_MS = 60_000;
export const MOST_TOOL_TIMEOUT_MS = 3_600_000;

export const toolSummarySchema = z.object({
  name: z.string(),
  title: z.string().optional(),
  description: z.string(),
  /** It says of itself that it changes nothing, or that it destroys. */
  hints: z.array(z.enum(["read_only", "destructive", "idempotent", "open_world"])),
  /** Why it cannot be called: its schema is none. */
  problem: z.string().optional(),
});
export type ToolSummary = z.infer<typeof toolSummarySchema>;

export const toolSchema = toolSummarySchema.extend({
  inputSchema: z.record(z.string(), z.unknown()),
  outputSchema: z.record(z.string(), z.unknown()).optional(),
});
export type Tool = z.infer<typeof toolSchema>;

export const toolServerSchema = z.object({
  /** `id`, or `fleet/id`. */
  key: z.string(),
  id: z.string(),
  fleet: z.string().optional(),
  /** Command line or address, secrets masked. */
  where: z.string(),
  transport: z.enum(["stdio", "http"]),
  /** Names only; values may be secrets. */
  variables: z.array(z.string()),
  description: z.string().optional(),
  tags: z.array(z.string()),
  restart: restartTypeSchema,
  timeoutMs: z.number(),
  allow: z.array(toolGrantSchema).optional(),
  cache: toolCacheSchema
    .extend({
      /** Kept now. */
      answers: z.number().int(),
      /** What of it may be a mistake, in sentences. */
      doubts: z.array(z.string()),
    })
    .optional(),
  /** What a person should change about its entry, in sentences; it runs all the same. */
  warnings: z.array(z.string()).optional(),
  state: toolServerStateSchema,
  since: z.string(),
  /** Why it is where it is, in one sentence. */
  detail: z.string().optional(),
  lastError: z.object({ message: z.string(), at: z.string() }).optional(),
  restarts: z.number().int(),
  nextStartAt: z.string().optional(),
  protocol: z.string().optional(),
  software: z.string().optional(),
  verifiedAt: z.string().optional(),
  tools: z.array(toolSummarySchema),
  callsUnderWay: z.number().int(),
});
export type ToolServer = z.infer<typeof toolServerSchema>;

/** Who calls. Persons may call everything; everyone else what is granted. */
export const toolCallerSchema = z.object({
  kind: z.enum(["person", "cli", "agent", "workflow", "healer", "system"]),
  /** An agent's `fleet/id`, a workflow's run. */
  id: z.string().max(200).optional(),
  roles: z.array(z.string()).optional(),
});
export type ToolCaller = z.infer<typeof toolCallerSchema>;

/** running; refused: not sent; denied: no permission; interrupted: the app ended in the middle. */
export const toolCallOutcomeSchema = z.enum(["running", "completed", "failed", "refused", "denied", "interrupted"]);
export type ToolCallOutcome = z.infer<typeof toolCallOutcomeSchema>;

export const toolCallSchema = z.object({
  /** Counts up; also the place to go on from. */
  seq: z.number().int(),
  id: z.string(),
  server: z.string(),
  tool: z.string(),
  by: toolCallerSchema,
  contextId: z.string().optional(),
  correlationId: z.string().optional(),
  outcome: toolCallOutcomeSchema,
  code: z.string().optional(),
  message: z.string().optional(),
  startedAt: z.string(),
  tookMs: z.number().optional(),
  /** 0: its server was not asked. */
  attempts: z.number().int(),
  /** The call whose answer it was given, from the cache. */
  cachedFrom: z.string().optional(),
});
export type ToolCall = z.infer<typeof toolCallSchema>;

/** Arguments and answer as JSON text, secrets masked, each cut at a bound that the text itself names. */
export const toolCallDetailSchema = toolCallSchema.extend({ args: z.string(), result: z.string().optional() });
export type ToolCallDetail = z.infer<typeof toolCallDetailSchema>;

/** What a successful call gives its caller, unmasked. */
export const toolOutcomeSchema = z.object({
  callId: z.string(),
  server: z.string(),
  tool: z.string(),
  content: z.array(z.record(z.string(), z.unknown())),
  structured: z.unknown().optional(),
  /** The text blocks of the content, joined. */
  text: z.string(),
  tookMs: z.number(),
  attempts: z.number().int(),
  /** The call whose answer it is, from the cache, and when that was answered. */
  cachedFrom: z.string().optional(),
  cachedAt: z.string().optional(),
});
export type ToolOutcome = z.infer<typeof toolOutcomeSchema>;

/** One find of a search by what it can do. */
export const registryEntrySchema = z.object({
  kind: z.enum(["agent", "server", "tool", "template"]),
  /** `fleet/id`, `server`, `server tool`, a template's name. */
  id: z.string(),
  name: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  state: z.string().optional(),
});
export type RegistryEntry = z.infer<typeof registryEntrySchema>;
