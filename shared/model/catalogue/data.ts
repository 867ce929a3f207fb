/** Messages about what is kept: contexts and what is handed on with them, settings, prices, the event log itself. */
import { define } from "./entry.ts";
import { handoverSchema } from "./handover.ts";

export const dataMessages = {
  "context.handed_over": define({
    family: "data",
    kind: "event",
    purpose: "Work goes to the next one, with its context, its last result and its tokens.",
    spokenBy: "Agents (hand_over) and workflow steps, to the receiver's mailbox or the next step.",
    channel: "msg.{fleet}.agent.{id}",
    aliases: ["handover", "COLLABORATION DELEGATION", "vision.analysis.completed"],
    schema: handoverSchema,
    example: {
      context_id: "ctx-7f3a",
      intent: "Find out what this chair sold for in the last two years.",
      last_tool_output: {
        tool: "analyse_image",
        server: "vision",
        result: { object: "lounge chair", maker: "unknown", confidence: 0.91 },
        timestamp: "2026-11-29T00:40:00.000Z",
      },
      memory_snapshot_url: "snap:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      token_budget: 40_000,
      status: "completed",
    },
  }),
};
