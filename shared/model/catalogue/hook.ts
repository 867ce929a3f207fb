/** What an agent CLI says at its hook points, in its own words, and what it is answered; what any program tells of its usage. */
import { z } from "zod";
import { MOST_TOKENS } from "../usage.ts";
import { define } from "./entry.ts";

/** A hook of Claude Code, as it posts it; other fields than these are its own affair. */
export const hookEventSchema = z.object({
  hook_event_name: z.string(),
  session_id: z.string().optional(),
  message: z.string().optional(),
  notification_type: z.string().optional(),
  tool_name: z.string().optional(),
  tool_input: z.record(z.string(), z.unknown()).optional(),
  permission_suggestions: z.array(z.record(z.string(), z.unknown())).optional(),
});

/** `hook_event_name` of what any program may tell at the hook door. */
export const USAGE_HOOK = "Usage";

const aCount = `must be a whole number from 0 to ${MOST_TOKENS.toLocaleString("en")}`;
const count = z
  .number({ error: aCount })
  .int({ error: aCount })
  .min(0, { error: aCount })
  .max(MOST_TOKENS, { error: aCount });

/** One line without control characters: it is shown, and printed into terminals. */
function text(most: number): z.ZodString {
  const error = `must be one line of 1 to ${most} characters`;
  return z
    .string({ error })
    .min(1, { error })
    .max(most, { error })
    .regex(/^\P{Cc}*$/u, { error });
}

/**
 * What one model request took. Strict, since a misspelled count would be a count of nothing. `input` without the cached
 * tokens, `output` with the reasoning ones.
 */
export const usageHookSchema = z
  .strictObject({
    hook_event_name: z.literal(USAGE_HOOK),
    /** Names the request within its life: said again it is the same request, of which the larger numbers count. */
    id: text(200),
    model: text(200),
    provider: text(100).optional(),
    input: count,
    output: count,
    cacheRead: count.default(0),
    cacheWrite: count.default(0),
    reasoning: count.default(0),
    kind: z.enum(["main", "subagent", "auxiliary"], { error: "must be main, subagent or auxiliary" }).default("main"),
    outcome: z.enum(["complete", "interrupted"], { error: "must be complete or interrupted" }).default("complete"),
    at: z.iso.datetime({ offset: true, error: "must be a time as 2026-11-29T12:00:00Z" }).optional(),
    /** The provider's own ids, where they are known: by them it is joined with what other sources say of the request. */
    messageId: text(300).optional(),
    requestId: text(300).optional(),
  })
  .refine(({ output, reasoning }) => reasoning <= Math.max(0, output), {
    path: ["reasoning"],
    error: "must not be more than output, of which it is a part",
  });

export const hookMessages = {
  "hook.usage_told": define({
    family: "hook",
    kind: "command",
    purpose: "What one model request took: counted in the ledger with the source hook, and by every budget.",
    spokenBy: "Any program of an agent, to SIGNALBOX_HOOK_URL with SIGNALBOX_HOOK_TOKEN.",
    channel: "POST /hook/{session}",
    schema: usageHookSchema,
    example: {
      hook_event_name: USAGE_HOOK,
      id: "request-1",
      model: "claude-sonnet-4-5",
      provider: "anthropic",
      input: 1200,
      output: 340,
      cacheRead: 5000,
    },
  }),
  "hook.requested": define({
    family: "hook",
    kind: "query",
    purpose: "An agent CLI reached a hook point: a prompt, a tool call, a question, the end of a turn.",
    spokenBy: "Claude Code, to the app's loopback ingest with the session's token.",
    channel: "POST /hook/{session}",
    aliases: [
      "hook_event",
      "HookEventMessage",
      "PRE_TASK",
      "POST_TASK",
      "ON_ERROR",
      "ON_FILE_CHANGE",
      "pre_task",
      "post_task",
      "on_error",
      "on_file_change",
    ],
    schema: hookEventSchema,
    example: {
      hook_event_name: "PermissionRequest",
      session_id: "0f0e7c1a",
      tool_name: "Bash",
      tool_input: { command: "npm test" },
    },
  }),
  "hook.decided": define({
    family: "hook",
    kind: "reply",
    purpose: "A person's decision about a tool call, or a budget's word that no new work begins.",
    spokenBy: "The app, in answer to hook.requested.",
    channel: "POST /hook/{session}",
    aliases: ["hook_response", "HookResponse", "cli.responses"],
    schema: z.object({
      decision: z.literal("block").optional(),
      reason: z.string().optional(),
      continue: z.boolean().optional(),
      stopReason: z.string().optional(),
      hookSpecificOutput: z.looseObject({ hookEventName: z.string() }).optional(),
    }),
    example: { hookSpecificOutput: { hookEventName: "PermissionRequest", decision: { behavior: "allow" } } },
  }),
};
