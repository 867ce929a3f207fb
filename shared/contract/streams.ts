/**
 * Streams: a snapshot, then deltas, each with a sequence number given by the protocol.
 * `bytes: true` streams carry raw bytes beside the item and are windowed by bytes; the others by items.
 */
import { z } from "zod";
import { eventSchema } from "../model/event.ts";
import { inboxItemSchema } from "../model/inbox.ts";
import { outputGapSchema } from "../model/recording.ts";
import { fleetSchema, treeNodeSchema } from "../model/node.ts";
import { settingsSchema } from "../model/settings.ts";
import { budgetStreams } from "./budgets.ts";
import { busStreams } from "./bus.ts";
import { deadLetterStreams } from "./deadLetters.ts";
import { registryStreams } from "./registry.ts";
import { messageStreams } from "./messages.ts";
import { machineStreams } from "./machines.ts";
import { nodeRefSchema } from "./commands.ts";
import { usageStreams } from "./usage.ts";
import { workflowStreams } from "./workflows.ts";

/** A node without its children: what a delta carries. */
export const nodePatchSchema = treeNodeSchema.omit({ children: true });
export type NodePatch = z.infer<typeof nodePatchSchema>;

export const appStatusSchema = z.object({
  keeper: z.enum(["connected", "starting", "unreachable", "lost"]),
  store: z.enum(["ok", "read_only", "disk_full", "restored"]),
  /** One sentence when something is wrong. */
  notice: z.string().optional(),
  lastSeq: z.number().int(),
  /** Fleets that ran before a reboot and wait for one click. */
  interrupted: z.array(z.string()),
  /** The NATS server that joins this machine to others; absent on a machine alone. */
  network: z
    .object({
      /** Without credentials. */
      server: z.string(),
      state: z.enum(["connected", "reconnecting", "off"]),
      /** Since when it is not connected, ISO 8601. */
      lostSince: z.string().optional(),
      /** One sentence about what a person should mend. */
      notice: z.string().optional(),
    })
    .optional(),
});
export type AppStatus = z.infer<typeof appStatusSchema>;

const searchHitSchema = z.object({
  path: z.string(),
  sessionId: z.uuid(),
  generation: z.number().int(),
  offset: z.number().int(),
  line: z.string(),
  start: z.number().int(),
  end: z.number().int(),
});
export type SearchHit = z.infer<typeof searchHitSchema>;

export const streams = {
  tree: {
    bytes: false,
    input: z.object({}),
    item: z.discriminatedUnion("type", [
      z.object({ type: z.literal("snapshot"), fleets: z.array(fleetSchema) }),
      z.object({ type: z.literal("nodes"), nodes: z.array(nodePatchSchema) }),
      z.object({ type: z.literal("fleet"), fleet: fleetSchema }),
      z.object({ type: z.literal("fleet_removed"), name: z.string() }),
    ]),
  },
  inbox: {
    bytes: false,
    input: z.object({}),
    item: z.discriminatedUnion("type", [
      z.object({ type: z.literal("snapshot"), items: z.array(inboxItemSchema) }),
      z.object({ type: z.literal("item"), item: inboxItemSchema }),
    ]),
  },
  /** Stored events matching `pattern` from `from` on (exclusive of nothing: seq >= from), then live. Default: live only. */
  events: {
    bytes: false,
    input: z.object({ pattern: z.string().default(">"), from: z.number().int().min(0).optional() }),
    item: z.object({ events: z.array(eventSchema) }),
  },
  status: { bytes: false, input: z.object({}), item: appStatusSchema },
  settings: { bytes: false, input: z.object({}), item: settingsSchema },
  /**
   * A live terminal: `reset` (draw this snapshot on an empty terminal of this size), then `data` in order.
   * A viewer that falls behind gets a new `reset`. Tunable: {"pace":"focused"|"visible"}.
   */
  terminal: {
    bytes: true,
    input: z.object({ sessionId: z.uuid(), pace: z.enum(["focused", "visible"]).default("visible") }),
    item: z.discriminatedUnion("type", [
      z.object({ type: z.literal("reset"), offset: z.number().int(), cols: z.number().int(), rows: z.number().int() }),
      z.object({ type: z.literal("data"), offset: z.number().int() }),
      z.object({ type: z.literal("resize"), cols: z.number().int(), rows: z.number().int() }),
      z.object({ type: z.literal("exit"), detail: z.string() }),
    ]),
  },
  /**
   * Exact bytes of one session from `from` to `to` (or its end; `follow` goes on). For replay and export. Where bytes are
   * gone an item without any says so.
   */
  recording: {
    bytes: true,
    input: z.object({
      sessionId: z.uuid(),
      from: z.number().int().min(0).default(0),
      to: z.number().int().min(0).optional(),
      follow: z.boolean().default(false),
    }),
    item: z.object({ offset: z.number().int(), gap: outputGapSchema.optional() }),
  },
  /** Exact bytes of all lives of a child, one after the other; offsets count through all lives. Never skips: waits for the reader. */
  logs: {
    bytes: true,
    input: z.object({
      id: nodeRefSchema,
      from: z.number().int().min(0).default(0),
      follow: z.boolean().default(false),
    }),
    item: z.object({ offset: z.number().int(), sessionId: z.uuid(), gap: outputGapSchema.optional() }),
  },
  ...budgetStreams,
  ...busStreams,
  ...deadLetterStreams,
  ...registryStreams,
  ...messageStreams,
  ...workflowStreams,
  /** Lines of everything agents printed. Secrets of known shape are masked in them. */
  search: {
    bytes: false,
    input: z.object({
      text: z.string().min(1).max(1000),
      id: nodeRefSchema.optional(),
      caseSensitive: z.boolean().default(false),
      limit: z.number().int().min(1).max(5000).default(200),
    }),
    item: z.discriminatedUnion("type", [
      z.object({ type: z.literal("hits"), hits: z.array(searchHitSchema) }),
      z.object({
        type: z.literal("done"),
        truncated: z.boolean(),
        /** Lives of which a part was removed and could not be searched. */
        incomplete: z.number().int(),
      }),
    ]),
  },
  ...usageStreams,
  ...machineStreams,
} as const;

export type StreamName = keyof typeof streams;
export type StreamInput<K extends StreamName> = z.input<(typeof streams)[K]["input"]>;
export type StreamRequest<K extends StreamName> = z.output<(typeof streams)[K]["input"]>;
export type StreamItem<K extends StreamName> = z.output<(typeof streams)[K]["item"]>;
