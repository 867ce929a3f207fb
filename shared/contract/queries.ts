/** Queries read and change nothing. */
import { z } from "zod";
import { agentCliSchema, pastSessionSchema } from "../model/agentCli.ts";
import { eventSchema } from "../model/event.ts";
import { fleetSchema, lifeSchema } from "../model/node.ts";
import { outputGapSchema, recordingSchema } from "../model/recording.ts";
import { settingsSchema } from "../model/settings.ts";
import { budgetQueries } from "./budgets.ts";
import { busQueries } from "./bus.ts";
import { deadLetterQueries } from "./deadLetters.ts";
import { messageQueries } from "./messages.ts";
import { isoTimeSchema, nodeRefSchema } from "./commands.ts";
import { registryQueries } from "./registry.ts";
import { memoryQueries } from "./memory.ts";
import { machineQueries } from "./machines.ts";
import { usageQueries } from "./usage.ts";
import { workflowQueries } from "./workflows.ts";

export const doctorCheckSchema = z.object({
  name: z.string(),
  status: z.enum(["ok", "warning", "failed"]),
  message: z.string(),
  advice: z.string().optional(),
});
export type DoctorCheck = z.infer<typeof doctorCheckSchema>;

export const appInfoSchema = z.object({
  version: z.string(),
  dataDir: z.string(),
  pid: z.number().int(),
  platform: z.string(),
  host: z.enum(["desktop", "headless"]),
  homeDir: z.string(),
  startedAt: z.string(),
  noStart: z.boolean(),
});

export const queries = {
  "app.info": { input: z.object({}), output: appInfoSchema },
  "app.doctor": { input: z.object({}), output: z.array(doctorCheckSchema) },
  "fleet.list": { input: z.object({}), output: z.array(fleetSchema) },
  "fleet.file": { input: z.object({ name: z.string() }), output: z.object({ file: z.string(), text: z.string() }) },
  /** Checks a fleet text without applying it; errors carry line and column. */
  "fleet.check": {
    input: z.object({ text: z.string().max(1_000_000) }),
    output: z.object({ errors: z.array(z.object({ message: z.string(), line: z.number(), column: z.number() })) }),
  },
  /** JSON Schema of the fleet file, for editors. */
  "fleet.schema": { input: z.object({}), output: z.record(z.string(), z.unknown()) },
  "agents.clis": { input: z.object({ refresh: z.boolean().default(false) }), output: z.array(agentCliSchema) },
  "agents.pastSessions": {
    input: z.object({ agent: z.string().optional(), limit: z.number().int().max(500).default(50) }),
    output: z.array(pastSessionSchema),
  },
  /** Newest first; resolves children that have ended too. */
  "agent.lives": { input: z.object({ id: nodeRefSchema }), output: z.array(lifeSchema) },
  /** Every life this data directory knows, newest first. */
  "session.list": { input: z.object({ limit: z.number().int().max(1000).default(200) }), output: z.array(lifeSchema) },
  /** Resizes and events of a life, for the scrubber. */
  "session.timeline": {
    input: z.object({ sessionId: z.uuid() }),
    output: z.object({
      life: lifeSchema,
      resizes: z.array(z.object({ offset: z.number(), cols: z.number(), rows: z.number(), at: z.string() })),
      /** When bytes were printed, about one per second of activity; without them times are interpolated. */
      marks: z.array(z.object({ offset: z.number(), at: z.string() })).optional(),
      /** Stretches that are gone. */
      gaps: z.array(outputGapSchema).optional(),
      events: z.array(eventSchema),
    }),
  },
  /** What recordings take on the disk, the largest first. */
  "recording.list": {
    input: z.object({ limit: z.number().int().min(1).max(5000).default(1000) }),
    output: z.object({
      recordings: z.array(recordingSchema),
      count: z.number().int(),
      keptBytes: z.number(),
      diskBytes: z.number(),
      /** Recordings that are still being looked at after a start. */
      isComplete: z.boolean(),
    }),
  },
  /** What a deletion would take. */
  "recording.preview": {
    input: z.union([
      z.object({ sessionId: z.uuid(), since: isoTimeSchema.optional(), until: isoTimeSchema.optional() }),
      z.object({ before: isoTimeSchema, id: nodeRefSchema.optional() }),
    ]),
    output: z.object({ recordings: z.number().int(), bytes: z.number() }),
  },
  /** The screen as it was when everything before `offset` had been printed; what to feed it follows from the answered offset. */
  "recording.screen": {
    input: z.object({ sessionId: z.uuid(), offset: z.number().int().min(0) }),
    output: z.object({
      offset: z.number().int(),
      cols: z.number().int(),
      rows: z.number().int(),
      base64: z.string(),
      /** False: drawn from the last few MiB alone. */
      isExact: z.boolean(),
    }),
  },
  /** Where the output stood at a moment. */
  "recording.seek": {
    input: z.object({ sessionId: z.uuid(), at: isoTimeSchema }),
    output: z.object({ offset: z.number().int() }),
  },
  "events.read": {
    input: z.object({
      from: z.number().int().min(0).optional(),
      to: z.number().int().min(0).optional(),
      pattern: z.string().optional(),
      text: z.string().optional(),
      limit: z.number().int().min(1).max(5000).default(500),
      order: z.enum(["asc", "desc"]).default("asc"),
    }),
    output: z.object({ events: z.array(eventSchema), lastSeq: z.number().int() }),
  },
  ...budgetQueries,
  ...busQueries,
  ...deadLetterQueries,
  ...registryQueries,
  ...messageQueries,
  ...workflowQueries,
  ...memoryQueries,
  "settings.get": { input: z.object({}), output: settingsSchema },
  ...usageQueries,
  ...machineQueries,
} as const;

export type QueryName = keyof typeof queries;
export type QueryInput<K extends QueryName> = z.input<(typeof queries)[K]["input"]>;
export type QueryRequest<K extends QueryName> = z.output<(typeof queries)[K]["input"]>;
export type QueryOutput<K extends QueryName> = z.output<(typeof queries)[K]["output"]>;
