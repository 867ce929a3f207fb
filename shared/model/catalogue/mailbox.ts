/** What agents and people write to each other, and what becomes of it; what an agent tells of itself by its tools. */
import { z } from "zod";
import { MAIL_KINDS, MAX_MAIL_TEXT } from "../mail.ts";
import { count, define, detail, id, path, sessionId, stored, text } from "./entry.ts";

const letter = {
  path,
  id,
  from: path,
  kind: z.enum(MAIL_KINDS),
  priority: z.number().int().min(0).max(4),
  addressed: id,
  summary: text,
  isRepeated: z.boolean(),
  detail: detail.optional(),
};
const schema = z.strictObject(letter);
const EXAMPLE = {
  path: "desk/reviewer",
  id: "0d6f4f1f-9b1d-4c55-8a77-6f1c2a347b10",
  from: "desk/planner",
  kind: "message",
  priority: 2,
  addressed: "agent",
  summary: "Please look at the migration.",
  isRepeated: false,
} as const;

/** One entry for each end a message can have. */
function fate(verb: string, purpose: string, spokenBy = "The mailboxes.") {
  const channel = `ws.{fleet}.agent.{id}.message_${verb}`;
  return stored({
    family: "mailbox",
    purpose,
    spokenBy,
    channel,
    aliases: FATE_ALIASES[verb] ?? [],
    schema,
    example: EXAMPLE,
  });
}

const FATE_ALIASES: Readonly<Record<string, readonly string[]>> = {
  posted: ["MessageEnqueued", "MessageReceived"],
  delivered: ["MessageDequeued", "MessageProcessed", "TaskAcceptance", "TASK_START"],
  dropped: ["MessageDropped", "QueueFull"],
};

export const mailboxMessages = {
  "agent.message": define({
    family: "mailbox",
    kind: "command",
    purpose: "Words for an agent, for one of a role, or for all; they wait in its mailbox until it can take them.",
    aliases: [
      "NOTIFICATION",
      "COLLABORATION",
      "AgentMessage",
      "AgentChat",
      "CoordinationMessage",
      "CoordinationResponse",
      "CoordinateAgents",
    ],
    spokenBy: "Agents (send_message), people, workflow steps.",
    channel: "msg.{fleet}.agent.{id}",
    schema: z.strictObject({ text: z.string().min(1).max(MAX_MAIL_TEXT) }),
    example: { text: "Please look at the migration." },
  }),
  "message.posted": fate("posted", "A message is in its receiver's mailbox, and waits there for an idle moment."),
  "message.delivered": fate("delivered", "A message was typed in, or read by its receiver's own tool."),
  "message.requeued": fate(
    "requeued",
    "A message waits again: it could not be typed in, or a cancellation was taken back.",
  ),
  "message.expired": fate("expired", "A message found no idle moment in its time."),
  "message.dropped": fate("dropped", "A message found no room in a full mailbox, or its receiver is gone."),
  "message.cancelled": fate("cancelled", "A person took a waiting message back.", "A person."),
  "message.throttled": stored({
    family: "mailbox",
    purpose: "An agent sends more messages than it may; those beyond are refused.",
    aliases: ["BackpressureActivated"],
    spokenBy: "The mailboxes, once a minute.",
    channel: "sys.mailboxes.throttled",
    schema: z.strictObject({ path, refused: count, detail }),
    example: { path: "desk/planner", refused: 31, detail: "Sends more messages than it may" },
  }),
  "caller.refused": stored({
    family: "security",
    purpose: "A call at the door for agents was refused: a wrong token, another's name, or too many of them.",
    aliases: ["AuthFailed", "security.auth_failed"],
    spokenBy: "The core, at once and then once a minute.",
    channel: "sys.callers.refused",
    schema: z.strictObject({
      why: z.enum(["wrong_token", "too_many_calls", "forged_sender"]),
      door: z.enum(["hook", "telemetry", "tools", "gateway"]),
      /** Who did it, as far as that can be told. */
      path: path.nullable(),
      /** Whose name it took. */
      claimed: z.string().max(400).nullable(),
      refused: count,
      detail,
    }),
    example: {
      why: "forged_sender",
      door: "tools",
      path: "desk/planner",
      claimed: "person",
      refused: 1,
      detail: "Called a tool in the name of person",
    },
  }),
  "agent.progress_reported": stored({
    family: "agent",
    purpose: "An agent says how far it is with its work.",
    aliases: [
      "task_progress",
      "TASK_PROGRESS",
      "TaskProgress",
      "StreamTaskProgress",
      "task_result",
      "TaskResult",
      "SubmitResult",
      "UploadResults",
      "TASK_COMPLETE",
      "task_completed",
      "TaskCompleted",
      "TASK_END",
      "TASK_FAILED",
    ],
    spokenBy: "Agents (report_progress).",
    channel: "ws.{fleet}.agent.{id}.progress_reported",
    schema: z.strictObject({
      path,
      sessionId,
      status: z.enum(["working", "done", "failed", "blocked"]),
      text,
      percent: z.number().min(0).max(100).nullable(),
    }),
    example: {
      path: "desk/reviewer",
      sessionId: "6f1c2a34-9b1d-4c55-8a77-0d6f4f1f7b10",
      status: "working",
      text: "Two of three files are read.",
      percent: 66,
    },
  }),
  "agent.without_tools": stored({
    family: "agent",
    purpose: "An agent began without Signalbox's tools although it may have them.",
    spokenBy: "The core, when it starts an agent CLI that takes no MCP server for one session.",
    channel: "ws.{fleet}.agent.{id}.without_tools",
    schema: z.strictObject({ path, detail }),
    example: { path: "desk/reader", detail: "Gemini CLI takes no MCP server for one session." },
  }),
};
