/** What happens to memories, contexts and snapshots. None of these holds content: an event is never deleted, and what is forgotten is. */
import { z } from "zod";
import { memoryKindSchema, snapshotIdSchema } from "../memory.ts";
import { count, id, moment, stored } from "./entry.ts";

const by = z.string().max(400);
const ofMemory = { id, scope: z.string().max(200), by };
const ofContext = { context: id, by };
const memoryChannel = "ws.{fleet}.memory.{id}";
const contextChannel = "ws.{fleet}.context.{id}";
const CORE = "The core; without a fleet on sys.memory and sys.context.";
const MEMORY = { id: "3f2a0001-5b1c-4c0e-9d8e-0123456789ab", scope: "fleet:shop", by: "shop/vision" } as const;
const CONTEXT = { context: "release-42", by: "shop/vision" } as const;
const SNAPSHOT = `snap:${"5c9e".repeat(16)}`;
const written = z.strictObject({ ...ofMemory, kind: memoryKindSchema, version: count, hasSecret: z.boolean() });
const plain = z.strictObject(ofMemory);

export const memoryMessages = {
  "memory.stored": stored({
    family: "memory",
    purpose: "Something was remembered.",
    aliases: ["data.put"],
    spokenBy: CORE,
    channel: `${memoryChannel}.stored`,
    schema: written,
    example: { ...MEMORY, kind: "fact", version: 1, hasSecret: false },
  }),
  "memory.updated": stored({
    family: "memory",
    purpose: "A memory was changed.",
    spokenBy: CORE,
    channel: `${memoryChannel}.updated`,
    schema: written,
    example: { ...MEMORY, kind: "fact", version: 2, hasSecret: false },
  }),
  "memory.forgotten": stored({
    family: "memory",
    purpose: "A memory is in no answer any more and will be deleted.",
    aliases: ["data.delete"],
    spokenBy: CORE,
    channel: `${memoryChannel}.forgotten`,
    schema: z.strictObject({ ...ofMemory, deletesAt: moment }),
    example: { ...MEMORY, deletesAt: "2026-11-28T12:10:00.000Z" },
  }),
  "memory.recalled": stored({
    family: "memory",
    purpose: "A forgotten memory was taken back in time.",
    spokenBy: CORE,
    channel: `${memoryChannel}.recalled`,
    schema: plain,
    example: MEMORY,
  }),
  "memory.deleted": stored({
    family: "memory",
    purpose: "A forgotten memory was deleted from the database.",
    spokenBy: CORE,
    channel: `${memoryChannel}.deleted`,
    schema: plain,
    example: MEMORY,
  }),
  "memory.expired": stored({
    family: "memory",
    purpose: "Memories came to the end of their time.",
    spokenBy: "The core's sweep.",
    channel: "sys.memory.expired",
    schema: z.strictObject({ count, ids: z.array(id).max(100) }),
    example: { count: 1, ids: [MEMORY.id] },
  }),
  "memory.imported": stored({
    family: "memory",
    purpose: "Memories came in from an export.",
    spokenBy: "The core, for a person.",
    channel: "sys.memory.imported",
    schema: z.strictObject({ imported: count, known: count, forgotten: count, masked: count }),
    example: { imported: 25, known: 0, forgotten: 0, masked: 0 },
  }),
  "context.changed": stored({
    family: "memory",
    purpose: "Variables of a context were written or removed, or somebody said something in it.",
    spokenBy: CORE,
    channel: `${contextChannel}.changed`,
    schema: z.strictObject({
      ...ofContext,
      revision: count,
      changes: z
        .array(
          z.strictObject({
            name: z.string().max(200),
            change: z.enum(["created", "updated", "deleted"]),
            version: count,
          }),
        )
        .max(100),
      isNew: z.boolean(),
      hasMessage: z.boolean(),
    }),
    example: {
      ...CONTEXT,
      revision: 18,
      changes: [{ name: "candidate", change: "updated", version: 18 }],
      isNew: false,
      hasMessage: false,
    },
  }),
  "context.compressed": stored({
    family: "memory",
    purpose: "Messages were left out of a context; a snapshot holds the whole.",
    spokenBy: CORE,
    channel: `${contextChannel}.compressed`,
    schema: z.strictObject({ ...ofContext, revision: count, snapshot: snapshotIdSchema, kept: count, leftOut: count }),
    example: { ...CONTEXT, revision: 19, snapshot: SNAPSHOT, kept: 15, leftOut: 36 },
  }),
  "context.restored": stored({
    family: "memory",
    purpose: "A context is again what a snapshot of it was, as a new revision.",
    spokenBy: CORE,
    channel: `${contextChannel}.restored`,
    schema: z.strictObject({
      ...ofContext,
      revision: count,
      snapshot: snapshotIdSchema,
      before: snapshotIdSchema.nullable(),
    }),
    example: { ...CONTEXT, revision: 20, snapshot: SNAPSHOT, before: null },
  }),
  "context.deleted": stored({
    family: "memory",
    purpose: "A context that had expired was deleted; its snapshots stay.",
    spokenBy: "The core's sweep.",
    channel: `${contextChannel}.deleted`,
    schema: z.strictObject({ ...ofContext, reason: z.string().max(200) }),
    example: { ...CONTEXT, by: "system", reason: "expired" },
  }),
  "context.snapshot_taken": stored({
    family: "memory",
    purpose: "A snapshot was taken of a context.",
    spokenBy: CORE,
    channel: `${contextChannel}.snapshot_taken`,
    aliases: ["snapshot.created"],
    schema: z.strictObject({ ...ofContext, snapshot: snapshotIdSchema, revision: count, reason: z.string().max(200) }),
    example: { ...CONTEXT, snapshot: SNAPSHOT, revision: 18, reason: "handover" },
  }),
  "context.snapshot_removed": stored({
    family: "memory",
    purpose: "A person removed a snapshot.",
    spokenBy: "The core, for a person.",
    channel: `${contextChannel}.snapshot_removed`,
    schema: z.strictObject({ ...ofContext, snapshot: snapshotIdSchema }),
    example: { ...CONTEXT, by: "person", snapshot: SNAPSHOT },
  }),
};
