/**
 * What core and CLI say to the session keeper over its private socket.
 * Frame: u32 big-endian length of the rest, u32 big-endian length of a JSON header, the header, then raw bytes
 * (`data` and `write` only; bytes never pass through an encoding). Bounded: MAX_FRAME. The first frame each way is hello.
 *
 * COMPATIBILITY. Agents outlive upgrades: a keeper released long ago (the first one is commit c1684cb, protocol 1) holds
 * sessions that this app must adopt, and an older app may meet this keeper. Whoever changes this file keeps that true:
 * - only add: new optional fields, new requests. Never rename, tighten or give another meaning to what is there.
 * - a reader drops unknown fields, but ends the connection at a message it does not know. So a new request goes only to
 *   a keeper, and a new message only to a client, whose hello agreed on a protocol that has it; raise KEEPER_PROTOCOL.
 * - hello, list, killAll and ping never change at all, and role `cli` is let in with any protocol: an emergency stop of
 *   any version must work.
 * - the same holds for `keeperFiles.ts`, which apps of other versions read, too.
 * `test/integration/keeper/upgrade.test.ts` runs the released keeper and the released app against these.
 */
import { z } from "zod";

/** What this build speaks, and the oldest it still speaks. Raise the oldest only when no release of it can be running. */
export const KEEPER_PROTOCOL = 1;
export const OLDEST_KEEPER_PROTOCOL = 1;
/** Larger frames end the connection; larger writes are split by the client. */
export const MAX_KEEPER_FRAME = 1024 * 1024;

export const spawnRequestSchema = z.object({
  sessionId: z.uuid(),
  /** Kept and listed back, so that a new core knows whose session it adopts. */
  tag: z.object({ path: z.string(), generation: z.number().int(), agent: z.string() }),
  file: z.string(),
  args: z.array(z.string()),
  cwd: z.string(),
  /** The whole environment; the keeper adds SIGNALBOX_SESSION=<sessionId>, the mark the sweep looks for. */
  env: z.record(z.string(), z.string()),
  cols: z.number().int().min(1).max(65535),
  rows: z.number().int().min(1).max(65535),
});
export type SpawnRequest = z.infer<typeof spawnRequestSchema>;

export const stopRequestSchema = z.object({
  sessionId: z.uuid(),
  /** Typed first where the adapter defines a polite end (base64 in the header; it is short). */
  politeInput: z.string().optional(),
  /** Wait this long after SIGTERM to the process group before the tree is killed; 0 kills at once. */
  graceMs: z.number().int().min(0),
});
export type StopRequest = z.infer<typeof stopRequestSchema>;

export const keeperExitSchema = z.object({
  code: z.number().int().nullable(),
  signal: z.string().nullable(),
  /** Evidence of the kernel's out-of-memory killer for this session, not a guess from the signal. */
  outOfMemory: z.boolean(),
  /** A stop of ours was under way when it ended. */
  requested: z.boolean(),
  /** ISO 8601. */
  at: z.string(),
});
export type KeeperExit = z.infer<typeof keeperExitSchema>;

export const keeperSessionSchema = z.object({
  sessionId: z.uuid(),
  tag: spawnRequestSchema.shape.tag,
  pid: z.number().int(),
  startedAt: z.string(),
  cols: z.number().int(),
  rows: z.number().int(),
  /** Bytes in its output log. */
  outputBytes: z.number().int(),
  /** The log cannot be written at the moment, for example "ENOSPC": the pty is paused, nothing is dropped. */
  trouble: z.string().optional(),
  exit: keeperExitSchema.optional(),
});
export type KeeperSession = z.infer<typeof keeperSessionSchema>;

/** Client to keeper. `id` pairs request and reply (`ack` and `detach` have none); `write` carries bytes. */
export const keeperRequestSchema = z.discriminatedUnion("op", [
  z.object({
    op: z.literal("hello"),
    id: z.number().int(),
    protocol: z.number().int(),
    role: z.enum(["core", "cli"]),
    token: z.string(),
    /** The keeper version an app of this build starts; its own keeper takes new sessions again when it hears it. */
    version: z.string().optional(),
  }),
  z.object({ op: z.literal("spawn"), id: z.number().int(), request: spawnRequestSchema }),
  z.object({ op: z.literal("write"), id: z.number().int(), sessionId: z.uuid() }),
  z.object({
    op: z.literal("resize"),
    id: z.number().int(),
    sessionId: z.uuid(),
    cols: z.number().int().min(1).max(65535),
    rows: z.number().int().min(1).max(65535),
  }),
  z.object({
    op: z.literal("signal"),
    id: z.number().int(),
    sessionId: z.uuid(),
    signal: z.string(),
    target: z.enum(["group", "tree"]),
  }),
  z.object({ op: z.literal("stop"), id: z.number().int(), request: stopRequestSchema }),
  z.object({ op: z.literal("list"), id: z.number().int() }),
  z.object({ op: z.literal("attach"), id: z.number().int(), sessionId: z.uuid(), from: z.number().int().min(0) }),
  z.object({ op: z.literal("detach"), id: z.number().int(), sessionId: z.uuid() }),
  /** Frees the sender's window for a stream of this connection. */
  z.object({ op: z.literal("ack"), id: z.number().int(), sessionId: z.uuid(), bytes: z.number().int() }),
  z.object({ op: z.literal("forget"), id: z.number().int(), sessionId: z.uuid() }),
  z.object({ op: z.literal("killAll"), id: z.number().int() }),
  /** Take no new sessions; leave when the last one ends. Said by apps of the first release only. */
  z.object({ op: z.literal("drain"), id: z.number().int() }),
  z.object({ op: z.literal("ping"), id: z.number().int() }),
]);
export type KeeperRequest = z.infer<typeof keeperRequestSchema>;

/** Keeper to client. `data` carries bytes. */
export const keeperMessageSchema = z.discriminatedUnion("op", [
  z.object({
    op: z.literal("hello"),
    id: z.number().int(),
    protocol: z.number().int(),
    version: z.string(),
    pid: z.number().int(),
    dataDir: z.string(),
  }),
  z.object({ op: z.literal("ok"), id: z.number().int(), value: z.unknown().optional() }),
  z.object({ op: z.literal("error"), id: z.number().int(), code: z.string(), message: z.string() }),
  z.object({ op: z.literal("data"), sessionId: z.uuid(), offset: z.number().int() }),
  z.object({ op: z.literal("exit"), sessionId: z.uuid(), exit: keeperExitSchema, outputBytes: z.number().int() }),
]);
export type KeeperMessage = z.infer<typeof keeperMessageSchema>;
