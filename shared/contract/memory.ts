/** Memories, contexts and snapshots: queries, commands and the stream; spread into the contract. Answers of commands hold no content: they are kept as receipts. */
import { z } from "zod";
import {
  contextBudgetSchema,
  contextHeadSchema,
  contextIdSchema,
  contextSchema,
  MAX_MESSAGE_CHARS,
  memoryHitSchema,
  memoryKindSchema,
  memorySchema,
  memoryTextSchema,
  memoryTierSchema,
  MESSAGE_ROLES,
  nearnessSchema,
  retentionSchema,
  scopeSchema,
  snapshotDataSchema,
  snapshotDiffSchema,
  snapshotHeadSchema,
  tagSchema,
} from "../model/memory.ts";

const isoTime = z.iso.datetime({ offset: true });
const memoryRef = z.string().min(1).max(100);
/** An id, a hash, the beginning of one, or a snapshot's URL. */
const snapshotRef = z.string().min(1).max(300);
const fleet = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "A fleet's name is letters, digits, hyphens and underscores.");

const filter = {
  scopes: z.array(scopeSchema).min(1).max(50).optional(),
  kinds: z.array(memoryKindSchema).min(1).optional(),
  tags: z.array(tagSchema).max(20).optional(),
  tier: memoryTierSchema.optional(),
  retention: retentionSchema.optional(),
  contextId: contextIdSchema.optional(),
  author: z.string().max(200).optional(),
  minConfidence: z.number().min(0).max(1).optional(),
} as const;

const page = z.object({ memories: z.array(memorySchema), total: z.number().int(), next: z.string().optional() });

/** One memory of an export; times and counts may be missing in one written by hand. */
export const importedMemorySchema = z.object({
  id: z.uuid().optional(),
  kind: memoryKindSchema,
  scope: scopeSchema,
  text: memoryTextSchema,
  tags: z.array(tagSchema).max(20).default([]),
  importance: z.number().min(0).max(10).default(1),
  confidence: z.number().min(0).max(1).default(1),
  author: z.string().max(200).optional(),
  source: z.string().max(1000).optional(),
  retention: retentionSchema.default("medium"),
  createdAt: isoTime.optional(),
});

export const memoryQueries = {
  /** Newest first; forgotten and ended ones only where they are asked for. */
  "memory.list": {
    input: z.object({
      ...filter,
      state: z.enum(["live", "forgotten", "ended"]).default("live"),
      limit: z.number().int().min(1).max(500).default(100),
      before: z.string().max(100).optional(),
    }),
    output: page,
  },
  /** Words (BM25) and nearness, fused by reciprocal ranks; each hit says which of both found it. */
  "memory.search": {
    input: z.object({
      ...filter,
      text: z.string().min(1).max(1000),
      match: z.enum(["hybrid", "words", "exact", "prefix"]).default("hybrid"),
      limit: z.number().int().min(1).max(50).default(10),
    }),
    output: z.object({ hits: z.array(memoryHitSchema), nearness: nearnessSchema }),
  },
  "memory.get": { input: z.object({ id: memoryRef }), output: memorySchema },
  "memory.stats": {
    input: z.object({}),
    output: z.object({
      memories: z.number().int(),
      kinds: z.record(z.string(), z.number().int()),
      tiers: z.record(z.string(), z.number().int()),
      scopes: z.array(z.object({ scope: z.string(), memories: z.number().int() })),
      forgotten: z.number().int(),
      ended: z.number().int(),
      contexts: z.number().int(),
      snapshots: z.number().int(),
      waitingForVector: z.number().int(),
      nearness: nearnessSchema,
    }),
  },
  /** Page by page in the order of storing; `next` goes on. */
  "memory.export": {
    input: z.object({
      ...filter,
      after: z.number().int().min(0).default(0),
      limit: z.number().int().min(1).max(1000).default(500),
    }),
    output: z.object({ memories: z.array(memorySchema), next: z.number().int().optional() }),
  },
  "context.list": {
    input: z.object({ fleet: fleet.optional(), limit: z.number().int().min(1).max(500).default(100) }),
    output: z.array(contextHeadSchema),
  },
  "context.get": { input: z.object({ id: contextIdSchema }), output: contextSchema },
  /** Newest first. */
  "snapshot.list": {
    input: z.object({ contextId: contextIdSchema.optional(), limit: z.number().int().min(1).max(500).default(100) }),
    output: z.array(snapshotHeadSchema),
  },
  /** Checked against its hash; a damaged one is refused by name. `text` is what an agent is given that hydrates from it. */
  "snapshot.get": {
    input: z.object({ id: snapshotRef }),
    output: z.object({ head: snapshotHeadSchema, data: snapshotDataSchema, text: z.string() }),
  },
  /** Without `to`: since then, in the context it was taken of. */
  "snapshot.diff": { input: z.object({ from: snapshotRef, to: snapshotRef.optional() }), output: snapshotDiffSchema },
} as const;

const variableName = z
  .string()
  .min(1)
  .max(200)
  // oxlint-disable-next-line no-control-regex -- refusing them is the purpose
  .regex(/^[^\u0000-\u001f\u007f]+$/, "A variable's name has no control characters.");
const expectedVersion = z.number().int().min(0).optional();
const written = z.object({
  id: z.string(),
  revision: z.number().int(),
  snapshot: z.string().optional(),
  note: z.string().optional(),
});

export const memoryCommands = {
  /** With an id it changes that memory. The same kind, scope and text again is the same memory. */
  "memory.store": {
    input: z.object({
      id: memoryRef.optional(),
      expectedVersion,
      kind: memoryKindSchema,
      scope: scopeSchema.default("global"),
      text: memoryTextSchema,
      tags: z.array(tagSchema).max(20).default([]),
      importance: z.number().min(0).max(10).default(1),
      confidence: z.number().min(0).max(1).default(1),
      source: z.string().max(1000).optional(),
      contextId: contextIdSchema.optional(),
      retention: retentionSchema.optional(),
      expiresAt: isoTime.optional(),
    }),
    output: z.object({ id: z.string(), version: z.number().int(), note: z.string().optional() }),
  },
  /** Gone from every answer at once, deleted at `deletesAt`. `snapshots` still hold one of them and never change. */
  "memory.forget": {
    input: z.object({ ids: z.array(memoryRef).min(1).max(1000) }),
    output: z.object({ ids: z.array(z.string()), deletesAt: z.string(), snapshots: z.array(z.string()) }),
  },
  "memory.takeBack": {
    input: z.object({ ids: z.array(memoryRef).min(1).max(1000) }),
    output: z.object({ ids: z.array(z.string()) }),
  },
  "memory.import": {
    input: z.object({ memories: z.array(importedMemorySchema).max(500) }),
    output: z.object({
      imported: z.number().int(),
      known: z.number().int(),
      forgotten: z.number().int(),
      masked: z.number().int(),
    }),
  },
  /** Makes or changes a context. `expectedVersion` 0 wants that the variable is not there. */
  "context.write": {
    input: z.object({
      id: contextIdSchema,
      fleet: fleet.optional(),
      intent: z.string().max(10_000).optional(),
      expectedRevision: expectedVersion,
      set: z
        .array(
          z.object({
            name: variableName,
            value: z.unknown(),
            expectedVersion,
            ttlS: z.number().int().min(1).max(31_536_000).optional(),
            metadata: z.record(z.string(), z.unknown()).optional(),
          }),
        )
        .max(100)
        .default([]),
      remove: z
        .array(z.object({ name: variableName, expectedVersion }))
        .max(100)
        .default([]),
      message: z
        .object({ role: z.enum(MESSAGE_ROLES).default("user"), text: z.string().min(1).max(MAX_MESSAGE_CHARS) })
        .optional(),
      budget: contextBudgetSchema.optional(),
      expiresAt: isoTime.optional(),
    }),
    output: written,
  },
  /** Leaves messages out, with a snapshot of the whole first. */
  "context.compress": { input: z.object({ id: contextIdSchema }), output: written },
  "context.snapshot": {
    input: z.object({ id: contextIdSchema, reason: z.string().min(1).max(200).default("asked for") }),
    output: z.object({ id: z.string(), url: z.string() }),
  },
  /** As a new revision; what was there before is in the snapshot `before`. */
  "context.restore": {
    input: z.object({ snapshot: snapshotRef, into: contextIdSchema.optional(), expectedRevision: expectedVersion }),
    output: z.object({
      id: z.string(),
      revision: z.number().int(),
      before: z.string().optional(),
      stayedForgotten: z.number().int(),
    }),
  },
  "snapshot.remove": { input: z.object({ id: snapshotRef }), output: z.object({ id: z.string() }) },
} as const;
