/**
 * What the keeper leaves in the data directory, so that an app or CLI finds it and learns what happened without it:
 * `keeper/token`, `keeper/running/<version>.json` and `sessions/<id>/meta.json`.
 */
import { z } from "zod";
import { keeperExitSchema, spawnRequestSchema } from "./keeperProtocol.ts";

/** Relative to the data directory. */
export const KEEPER_TOKEN_FILE = "keeper/token";
export const KEEPER_RUNNING_DIR = "keeper/running";
export const SESSIONS_DIR = "sessions";
export const SESSION_META_FILE = "meta.json";

const processIdentitySchema = z.object({ pid: z.number().int(), startTime: z.number() });
/** With the boot of the machine it belongs to, where start times begin anew with each boot. */
const lastingIdentitySchema = processIdentitySchema.extend({ boot: z.string().optional() });

/** One running keeper; also its lock: the file is created exclusively and names the process that holds it. */
export const keeperEndpointSchema = z.object({
  ...lastingIdentitySchema.shape,
  protocol: z.number().int(),
  version: z.string(),
  /** Path of the unix socket, or the named pipe. */
  socket: z.string(),
});
export type KeeperEndpoint = z.infer<typeof keeperEndpointSchema>;

/** One session, kept until the core has recorded its exit (`forget` removes the file, the log stays). */
export const sessionMetaSchema = z.object({
  sessionId: z.uuid(),
  tag: spawnRequestSchema.shape.tag,
  /** The session's first process; absent while it is being started. */
  root: processIdentitySchema.optional(),
  /** The keeper that holds its pty. */
  keeper: lastingIdentitySchema,
  startedAt: z.string(),
  cols: z.number().int(),
  rows: z.number().int(),
  exit: keeperExitSchema.optional(),
  outputBytes: z.number().int().optional(),
});
export type SessionMeta = z.infer<typeof sessionMetaSchema>;
