/** What an agent CLI says at its hook points, in its own words, and what it is answered. */
import { z } from "zod";
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

export const hookMessages = {
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
