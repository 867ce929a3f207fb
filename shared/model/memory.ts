/** What agents and people remember: memories, contexts they share, and snapshots of contexts. Nothing here is ever in an event. */
import { z } from "zod";

export const MEMORY_KINDS = ["preference", "fact", "context", "instruction"] as const;
export const memoryKindSchema = z.enum(MEMORY_KINDS);
export type MemoryKind = z.infer<typeof memoryKindSchema>;

/** How long a memory stays without being used (mission AI-7). */
export const RETENTIONS = ["critical", "high", "medium", "low", "ephemeral"] as const;
export const retentionSchema = z.enum(RETENTIONS);
export type Retention = z.infer<typeof retentionSchema>;

/** Follows from scope and retention, so it cannot contradict them. */
export const MEMORY_TIERS = ["session", "working", "long_term"] as const;
export const memoryTierSchema = z.enum(MEMORY_TIERS);
export type MemoryTier = z.infer<typeof memoryTierSchema>;

/** Longer texts are documents: an agent that gets one back as a memory has no room left for its work. */
export const MAX_MEMORY_CHARS = 64 * 1024;
/** One variable as JSON; with the largest context this keeps a snapshot below what SQLite reads in a few milliseconds. */
export const MAX_VARIABLE_CHARS = 256 * 1024;
export const MAX_VARIABLES = 500;
export const MAX_CONTEXT_CHARS = 4 * 1024 * 1024;
export const MAX_MESSAGE_CHARS = 64 * 1024;
/** RO-17. */
export const MAX_MESSAGES = 50;
/** A memory that was forgotten can be taken back for this long; then it is deleted. */
export const FORGET_UNDO_MS = 10 * 60 * 1000;

const NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}";
const SCOPE = new RegExp(`^(?:global|fleet:${NAME}|session:${NAME}|(?:agent|team|role):${NAME}/${NAME})$`);
const SCOPE_WORDS =
  "A scope is global, fleet:FLEET, agent:FLEET/AGENT, team:FLEET/SUPERVISOR, role:FLEET/ROLE or session:ID.";

export const scopeSchema = z.string().max(200).regex(SCOPE, SCOPE_WORDS);

export const contextIdSchema = z
  .string()
  .regex(
    new RegExp(`^${NAME}$`),
    "A context's id is up to 64 letters, digits, hyphens and underscores, and begins with a letter or digit.",
  );
export const snapshotIdSchema = z
  .string()
  .regex(/^snap:[0-9a-f]{64}$/, "A snapshot's id is snap: and 64 hexadecimal digits.");

export const tagSchema = z.string().trim().min(1).max(50);
export const memoryTextSchema = z
  .string()
  .trim()
  .min(1, "A memory needs a text.")
  .max(
    MAX_MEMORY_CHARS,
    `A memory holds at most ${MAX_MEMORY_CHARS / 1024} KB of text. Keep the document as a file and remember where it is.`,
  );

export const memorySchema = z.object({
  id: z.string(),
  kind: memoryKindSchema,
  scope: z.string(),
  text: z.string(),
  tags: z.array(z.string()),
  /** 1 is ordinary (RO-3). */
  importance: z.number(),
  confidence: z.number(),
  /** Who stored it: `person`, `cli`, or an agent's path. */
  author: z.string(),
  /** Where it comes from, in the author's words: a file, a URL, a session. */
  source: z.string().optional(),
  contextId: z.string().optional(),
  retention: retentionSchema,
  tier: memoryTierSchema,
  version: z.number().int(),
  createdAt: z.string(),
  updatedAt: z.string(),
  accessCount: z.number().int(),
  lastAccessedAt: z.string().optional(),
  /** When it ends if nobody uses it until then; without it never. */
  endsAt: z.string().optional(),
  /** Forgotten, and deleted at this time unless it is taken back. */
  deletesAt: z.string().optional(),
});
export type MemoryItem = z.infer<typeof memorySchema>;

/** Why a memory was found: its place among those that hold the words, and among those that are near. */
export const memoryHitSchema = z.object({
  memory: memorySchema,
  score: z.number(),
  words: z.object({ rank: z.number().int(), matched: z.array(z.string()) }).optional(),
  near: z.object({ rank: z.number().int(), similarity: z.number() }).optional(),
});
export type MemoryHit = z.infer<typeof memoryHitSchema>;

/** How a search looks for what is near. `lexical`: by spelling, not by meaning. */
export const nearnessSchema = z.object({
  isOn: z.boolean(),
  embedder: z.string(),
  kind: z.enum(["lexical", "semantic"]),
  /** One sentence: what it can and cannot find, or why it is off. */
  note: z.string(),
});
export type Nearness = z.infer<typeof nearnessSchema>;

export const variableSchema = z.object({
  name: z.string(),
  value: z.unknown(),
  author: z.string(),
  /** The context's revision that wrote it: grows, and never returns to an old number. */
  version: z.number().int(),
  at: z.string(),
  expiresAt: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type Variable = z.infer<typeof variableSchema>;

export const MESSAGE_ROLES = ["user", "agent", "tool", "system"] as const;
export const contextMessageSchema = z.object({
  seq: z.number().int(),
  role: z.enum(MESSAGE_ROLES),
  author: z.string(),
  text: z.string(),
  at: z.string(),
});
export type ContextMessage = z.infer<typeof contextMessageSchema>;

export const contextBudgetSchema = z.object({
  tokens: z.number().int().min(0),
  used: z.number().int().min(0).default(0),
});
export type ContextBudget = z.infer<typeof contextBudgetSchema>;

/** What was left out of a context's messages, as lines taken from them; the originals are in the snapshots. */
export const contextSummarySchema = z.object({
  text: z.string(),
  dropped: z.number().int(),
  /** Oldest first. */
  snapshots: z.array(z.string()),
});
export type ContextSummary = z.infer<typeof contextSummarySchema>;

export const contextHeadSchema = z.object({
  id: z.string(),
  fleet: z.string().optional(),
  intent: z.string().optional(),
  owner: z.string(),
  revision: z.number().int(),
  createdAt: z.string(),
  updatedAt: z.string(),
  expiresAt: z.string().optional(),
  isExpired: z.boolean(),
  variables: z.number().int(),
  messages: z.number().int(),
  snapshots: z.number().int(),
});
export type ContextHead = z.infer<typeof contextHeadSchema>;

export const contextSchema = contextHeadSchema.extend({
  variables: z.array(variableSchema),
  messages: z.array(contextMessageSchema),
  summary: contextSummarySchema.optional(),
  budget: contextBudgetSchema.optional(),
});
export type SharedContext = z.infer<typeof contextSchema>;

/** What a snapshot's hash is taken of. A field added later is optional, or the version grows. */
export const snapshotDataSchema = z.object({
  version: z.literal(1),
  context: z.object({
    id: z.string(),
    fleet: z.string().optional(),
    intent: z.string().optional(),
    owner: z.string(),
    revision: z.number().int(),
  }),
  variables: z.array(variableSchema),
  messages: z.array(contextMessageSchema),
  summary: contextSummarySchema.optional(),
  memories: z.array(
    memorySchema.pick({
      id: true,
      kind: true,
      scope: true,
      text: true,
      tags: true,
      importance: true,
      confidence: true,
      author: true,
      source: true,
      retention: true,
      version: true,
      createdAt: true,
    }),
  ),
  budget: contextBudgetSchema.optional(),
});
export type SnapshotData = z.infer<typeof snapshotDataSchema>;
export type SnapshotMemory = SnapshotData["memories"][number];

export const snapshotHeadSchema = z.object({
  id: snapshotIdSchema,
  /** `signalbox://snapshot/<hash>`; over HTTP the same path of `signalbox serve`, with its token. */
  url: z.string(),
  contextId: z.string(),
  fleet: z.string().optional(),
  revision: z.number().int(),
  takenAt: z.string(),
  takenBy: z.string(),
  /** Why it was taken: by a person or agent, before a restore, before messages were left out. */
  reason: z.string(),
  bytes: z.number().int(),
});
export type SnapshotHead = z.infer<typeof snapshotHeadSchema>;

export const snapshotDiffSchema = z.object({
  from: z.string(),
  to: z.string(),
  variables: z.array(
    z.object({
      name: z.string(),
      change: z.enum(["added", "changed", "removed"]),
      before: z.unknown().optional(),
      after: z.unknown().optional(),
      author: z.string(),
    }),
  ),
  messages: z.object({ added: z.array(contextMessageSchema), removed: z.array(contextMessageSchema) }),
  memories: z.array(
    z.object({
      id: z.string(),
      change: z.enum(["added", "changed", "removed"]),
      before: z.string().optional(),
      after: z.string().optional(),
    }),
  ),
  intent: z.object({ before: z.string().optional(), after: z.string().optional() }).optional(),
  summary: z.boolean(),
  budget: z.object({ before: contextBudgetSchema.optional(), after: contextBudgetSchema.optional() }).optional(),
});
export type SnapshotDiff = z.infer<typeof snapshotDiffSchema>;

export function snapshotUrl(id: string): string {
  return `signalbox://snapshot/${id.slice("snap:".length)}`;
}

/** The id that an id, a bare hash or a snapshot's URL means; undefined for anything else. */
export function snapshotIdOf(ref: string): string | undefined {
  const hash = /^(?:snap:|signalbox:\/\/snapshot\/|https?:\/\/[^/]{1,100}\/snapshot\/)?([0-9a-f]{64})$/.exec(
    ref.trim(),
  )?.[1];
  return hash === undefined ? undefined : `snap:${hash}`;
}

export function tierOf(scope: string, retention: Retention): MemoryTier {
  if (scope.startsWith("session:")) return "session";
  return retention === "critical" || retention === "high" ? "long_term" : "working";
}

/** The fleet a scope belongs to; undefined for global and session scopes. */
export function fleetOfScope(scope: string): string | undefined {
  return /^(?:fleet|agent|team|role):([^/]+)/.exec(scope)?.[1];
}
