/** The tree as clients see it: one node per supervisor or agent, children in start order. */
import { z } from "zod";
import { exitCauseSchema, healthSchema, nodeStateSchema, restartTypeSchema, strategySchema } from "./states.ts";

/** How the running (or last) life began. */
export const lifeModeSchema = z.enum(["fresh", "resumed", "adopted"]);
export type LifeMode = z.infer<typeof lifeModeSchema>;

export const treeNodeSchema = z.object({
  /** The child's id; unique in its fleet. The top node's id is the fleet's name. */
  id: z.string(),
  /** `fleet/id`, unique everywhere; the fleet's own name for its top node. */
  path: z.string(),
  kind: z.enum(["supervisor", "agent"]),
  strategy: strategySchema.optional(),
  /** Restarts allowed within `periodMs`. */
  intensity: z.number().int().optional(),
  periodMs: z.number().optional(),
  /** Restarts counted in the current window. */
  restartsInWindow: z.number().int().optional(),
  restart: restartTypeSchema.optional(),
  /** Adapter id: claude, codex, gemini, opencode or command. */
  agent: z.string().optional(),
  /** The command line as a person would read it. */
  command: z.string().optional(),
  cwd: z.string().optional(),
  state: nodeStateSchema,
  /** Since when the state holds, ISO 8601. */
  stateSince: z.string(),
  /** One sentence: what it does, waits for, or how it ended. */
  detail: z.string().optional(),
  health: healthSchema,
  exitCause: exitCauseSchema.optional(),
  /** "Exit 1", "Killed by SIGKILL". */
  exitDetail: z.string().optional(),
  /** Automatic restarts, all lives; survives an app restart. */
  restarts: z.number().int(),
  /** Number of the current or last life, from 1; 0 before the first start. */
  generation: z.number().int(),
  mode: lifeModeSchema.optional(),
  /** When a restart in backoff or a parked agent starts again, ISO 8601. */
  nextStartAt: z.string().optional(),
  /** Starting, but not before the machine has room; `detail` says what it waits for. `node.start` starts it anyway. */
  queued: z.boolean().optional(),
  /** A `paused` process is frozen (SIGSTOP) or only gets no new work. */
  pauseKind: z.enum(["frozen", "held"]).optional(),
  pid: z.number().int().optional(),
  /** The keeper's session of the current or last life. */
  sessionId: z.string().optional(),
  /** The CLI's own session id, where it has one. */
  cliSessionId: z.string().optional(),
  startedAt: z.string().optional(),
  significant: z.boolean().optional(),
  get children(): z.ZodArray<typeof treeNodeSchema> {
    return z.array(treeNodeSchema);
  },
});
export type TreeNode = z.infer<typeof treeNodeSchema>;

/** One life of an agent, from spawn to exit. */
export const lifeSchema = z.object({
  sessionId: z.string(),
  path: z.string(),
  generation: z.number().int(),
  mode: lifeModeSchema,
  agent: z.string(),
  pid: z.number().int().optional(),
  cliSessionId: z.string().optional(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  exitCause: exitCauseSchema.optional(),
  exitCode: z.number().int().nullable().optional(),
  signal: z.string().nullable().optional(),
  exitDetail: z.string().optional(),
  /** Bytes its output log holds, and where this life begins in the child's whole output. */
  outputBytes: z.number().int(),
  outputStart: z.number().int(),
  /** Of these, bytes still on the disk; absent where none were removed. */
  keptBytes: z.number().int().optional(),
});
export type Life = z.infer<typeof lifeSchema>;

export const fleetSchema = z.object({
  name: z.string(),
  file: z.string(),
  /** "down" was taken down or never started here; "gave_up" needs a person. */
  status: z.enum(["up", "down", "gave_up", "interrupted"]),
  /** The person allowed it to start by itself at boot. */
  autostart: z.boolean(),
  /** The last good version runs while this error stands in the file. */
  fileError: z.object({ message: z.string(), line: z.number(), column: z.number() }).optional(),
  root: treeNodeSchema,
});
export type Fleet = z.infer<typeof fleetSchema>;
