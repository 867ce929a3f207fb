/** Commands change something. Each call carries a commandId; saying it twice does it once. */
import { z } from "zod";
import { taskSchema } from "../model/fleetFile.ts";
import { usageCommands } from "./usage.ts";
import { budgetCommands } from "./budgets.ts";
import { messageCommands } from "./messages.ts";
import { busCommands } from "./bus.ts";
import { deadLetterCommands } from "./deadLetters.ts";
import { registryCommands } from "./registry.ts";
import { workflowCommands } from "./workflows.ts";
import { memoryCommands } from "./memory.ts";

/** A child's id, `fleet/id` where that is ambiguous, or a fleet's name. */
export const nodeRefSchema = z.string().min(1).max(200);
/** A moment with its time zone. */
export const isoTimeSchema = z.iso.datetime({ offset: true });
const deleted = z.object({ bytes: z.number(), freedBytes: z.number() });
const done = z.object({ path: z.string() });
const node = z.object({ id: nodeRefSchema });

export const commands = {
  /** Reads the file, remembers the fleet and starts it; on a fleet that is up, applies the difference. */
  "fleet.up": {
    input: z.object({ file: z.string().optional(), name: z.string().optional() }),
    output: z.object({ name: z.string(), started: z.number().int() }),
  },
  "fleet.down": {
    input: z.object({ name: z.string() }),
    output: z.object({ name: z.string(), stopped: z.number().int() }),
  },
  /** Forgets a fleet that is down; its file and its sessions' logs stay. */
  "fleet.forget": { input: z.object({ name: z.string() }), output: z.object({ name: z.string() }) },
  "fleet.setAutostart": {
    input: z.object({ name: z.string(), autostart: z.boolean() }),
    output: z.object({ name: z.string() }),
  },
  /** Writes the fleet file (validated first; `baseText` must be what the writer saw) and applies the difference. */
  "fleet.save": {
    input: z.object({ name: z.string(), text: z.string().max(1_000_000), baseText: z.string() }),
    output: z.object({ name: z.string() }),
  },
  /** Adds an agent or a supervisor under `parent` in the same file, comments kept. `child` is one entry of the fleet file. */
  "fleet.addChild": {
    input: z.object({ fleet: z.string(), parent: nodeRefSchema, child: z.record(z.string(), z.unknown()) }),
    output: done,
  },
  "fleet.removeChild": { input: z.object({ id: nodeRefSchema }), output: done },
  /** Writes and starts the first-run fleet in `cwd` with the chosen agents. */
  "fleet.createFirst": {
    input: z.object({ cwd: z.string(), agents: z.array(z.string()).min(1), name: z.string().optional() }),
    output: z.object({ name: z.string(), file: z.string() }),
  },

  /** Agent or supervisor; on a fleet's name like fleet.up. On a parked or backing-off agent: now. */
  "node.start": { input: node, output: done },
  "node.stop": { input: node, output: done },
  /** `fresh` starts a new conversation instead of resuming. Never counted toward intensity. */
  "node.restart": { input: node.extend({ fresh: z.boolean().default(false) }), output: done },
  "node.pause": {
    input: node,
    output: done.extend({ pauseKind: z.enum(["frozen", "held"]), note: z.string().optional() }),
  },
  "node.resume": { input: node, output: done },
  /** Lets the current turn finish, takes no new work, then stops. */
  "node.drain": { input: node, output: done },
  "app.pauseAll": { input: z.object({}), output: z.object({ paused: z.number().int() }) },
  "app.resumeAll": { input: z.object({}), output: z.object({ resumed: z.number().int() }) },
  /** Every agent and everything it spawned, gone within 2 s; answers when the last process is gone. `killed` counts processes. */
  "app.estop": { input: z.object({}), output: z.object({ killed: z.number().int(), tookMs: z.number() }) },
  /** After a reboot: starts again what ran, staggered. */
  "app.resumeInterrupted": { input: z.object({}), output: z.object({ fleets: z.array(z.string()) }) },
  "app.quit": { input: z.object({ stopAgents: z.boolean() }), output: z.object({}) },
  /** A one-time code for a browser; goes into the fragment of the URL. */
  "auth.mint": { input: z.object({}), output: z.object({ url: z.string(), expiresInS: z.number() }) },

  /**
   * Text typed into the agent; `submit` adds Enter after it (bracketed paste where the program asked for it). With `tokens`
   * it is handed over with its budget (as `budget.handover`, `from` an agent or a person), which the agent is told of and
   * held to; `tokens` of the answer is what was really handed over. From then on its usage is counted under `task`.
   * An agent that cannot take it now (starting, busy, asking, paused, somebody typing) has it waiting: `note` says so. `now`
   * types it at once all the same; with `hold` it also waits for one that does not run.
   */
  "session.send": {
    input: node.extend({
      text: z.string().max(2_000_000),
      submit: z.boolean().default(true),
      now: z.boolean().default(false),
      hold: z.boolean().default(false),
      tokens: z.number().int().positive().optional(),
      from: nodeRefSchema.optional(),
      task: taskSchema.optional(),
    }),
    output: done.extend({ tokens: z.number().int().optional(), note: z.string().optional() }),
  },
  /** Exact bytes of a key or paste from a terminal view, base64. */
  "session.input": {
    input: z.object({ sessionId: z.uuid(), base64: z.string().max(3_000_000) }),
    output: z.object({}),
  },
  /** `ctrl-c`, `enter`, `esc`, `up`, `tab`, `f1`, `alt-x` … */
  "session.key": { input: node.extend({ key: z.string() }), output: done },
  "session.resize": {
    input: z.object({
      sessionId: z.uuid(),
      cols: z.number().int().min(1).max(65535),
      rows: z.number().int().min(1).max(65535),
    }),
    output: z.object({}),
  },
  /** Takes one of a CLI's own past sessions under supervision: adds a child that resumes it. */
  "session.takeUp": {
    input: z.object({ agent: z.string(), cliSessionId: z.string(), cwd: z.string(), fleet: z.string().optional() }),
    output: done,
  },

  /** The whole recording, or what was printed between two moments, gone from the disk when this answers. Never the end of a running one. */
  "recording.delete": {
    input: z.object({ sessionId: z.uuid(), since: isoTimeSchema.optional(), until: isoTimeSchema.optional() }),
    output: deleted.extend({ from: z.number().int(), to: z.number().int() }),
  },
  /** Everything printed before a moment, by all agents or one. */
  "recording.deleteOlder": {
    input: z.object({ before: isoTimeSchema, id: nodeRefSchema.optional() }),
    output: deleted.extend({ recordings: z.number().int() }),
  },

  "inbox.answer": {
    input: z.object({ id: z.string(), option: z.string(), text: z.string().max(100_000).optional() }),
    output: z.object({ id: z.string() }),
  },
  "inbox.snooze": {
    input: z.object({ id: z.string(), minutes: z.number().int().min(1).max(10_080) }),
    output: z.object({ id: z.string() }),
  },
  "inbox.wake": { input: z.object({ id: z.string() }), output: z.object({ id: z.string() }) },

  ...budgetCommands,
  ...messageCommands,
  ...busCommands,
  ...deadLetterCommands,
  ...registryCommands,
  ...workflowCommands,
  ...memoryCommands,

  "settings.set": { input: z.object({ key: z.string(), value: z.unknown() }), output: z.object({}) },
  ...usageCommands,
} as const;

export type CommandName = keyof typeof commands;
export type CommandInput<K extends CommandName> = z.input<(typeof commands)[K]["input"]>;
export type CommandRequest<K extends CommandName> = z.output<(typeof commands)[K]["input"]>;
export type CommandOutput<K extends CommandName> = z.output<(typeof commands)[K]["output"]>;
