/** MCP servers and calls of their tools: what the event log keeps, and what the bus carries under mcp.> and tool.>. */
import { z } from "zod";
import { toolServerStateSchema } from "../toolServer.ts";
import { count, define, detail, id, moment, stored } from "./entry.ts";
import { handoverSchema } from "./handover.ts";

const key = id;
const ofServer = { family: "tool", spokenBy: "The registry." } as const;
const serverEvent = (verb: string) => ({
  ...ofServer,
  channel: `sys.registry.{server}.${verb}, ws.{fleet}.tool_server.{server}.${verb}; mcp.events.{server} as mcp.event`,
});
const bare = z.strictObject({ key });
const example = { key: "memory" };

const callFields = {
  callId: id,
  server: id,
  tool: id,
  /** An agent's `fleet/id`, or a kind of callers. */
  by: id,
  tookMs: z.number().min(0),
  /** 0: the server was not asked. */
  attempts: count,
  /** The call whose answer it was given, from the cache. */
  cachedFrom: id.optional(),
  code: id.optional(),
  message: detail.optional(),
  contextId: id.optional(),
  correlationId: id.optional(),
  /** JSON text as it stands in the log of calls, bounded, secrets masked; on the bus only. */
  args: z.string().optional(),
  result: z.string().optional(),
};
const callExample = {
  callId: "0b7c9d1e-3a52-4c8e-9f10-5f3d2c1b0a99",
  server: "memory",
  tool: "search_nodes",
  by: "desk/researcher",
  tookMs: 12.4,
  attempts: 1,
};
const call = {
  family: "tool",
  spokenBy: "The registry, once for each call.",
  schema: z.strictObject(callFields),
} as const;
const callChannel = (verb: string) => `ws.{fleet}.tool_server.{server}.tool_${verb}`;

const template = z.strictObject({ template: id });
const templateEvent = (verb: string, purpose: string) =>
  stored({
    ...ofServer,
    channel: `sys.templates.{template}.${verb}`,
    purpose,
    schema: template,
    example: { template: "reviewer" },
  });

export const toolMessages = {
  "agent_template.kept": templateEvent("kept", "A person keeps a template of an agent; nothing was started."),
  "agent_template.changed": templateEvent("changed", "A person changed a template; agents made from it stay."),
  "agent_template.removed": templateEvent("removed", "A template is known no longer; agents made from it stay."),
  "agent_template.taken_back": templateEvent(
    "taken_back",
    "The removal of a template was taken back; it is as it was.",
  ),
  "agent_template.enabled": templateEvent("enabled", "A person allowed a template to be used again."),
  "agent_template.disabled": templateEvent("disabled", "A person lets nobody use a template for now."),
  "agent_template.used": stored({
    ...ofServer,
    channel: "sys.templates.{template}.used",
    purpose: "An agent made from a template was put into a fleet's file.",
    schema: template.extend({ agent: id }),
    example: { template: "reviewer", agent: "desk/reviewer" },
  }),
  "tool_server.registered": stored({
    ...serverEvent("registered"),
    purpose: "A fleet file declares an MCP server that was not known.",
    aliases: ["Registered", "registry.publish"],
    schema: bare,
    example,
  }),
  "tool_server.added": stored({
    ...serverEvent("added"),
    purpose: "A person added an MCP server; nothing was started.",
    schema: z.strictObject({ key, transport: z.enum(["stdio", "http"]) }),
    example: { ...example, transport: "stdio" },
  }),
  "tool_server.removed": stored({
    ...serverEvent("removed"),
    purpose: "An MCP server is known no longer, and its processes have ended.",
    aliases: ["Unregistered"],
    schema: z.strictObject({ key, why: detail }),
    example: { ...example, why: "It was removed." },
  }),
  "tool_server.verification_asked": stored({
    ...serverEvent("verification_asked"),
    purpose: "A person's word that an MCP server may run.",
    schema: bare,
    example,
  }),
  "tool_server.verified": stored({
    ...serverEvent("verified"),
    purpose: "An MCP server answered, and its tools are known.",
    aliases: ["ToolRegistered"],
    schema: z.strictObject({ key, tools: count, protocol: id }),
    example: { ...example, tools: 9, protocol: "2026-07-28" },
  }),
  "tool_server.enabled": stored({
    ...serverEvent("enabled"),
    purpose: "A person allowed an MCP server to run again.",
    schema: bare,
    example,
  }),
  "tool_server.disabled": stored({
    ...serverEvent("disabled"),
    purpose: "A person ended an MCP server until further notice.",
    schema: bare,
    example,
  }),
  "tool_server.stopped": stored({
    ...serverEvent("stopped"),
    purpose: "A person stopped an MCP server; it may be started again.",
    schema: bare,
    example,
  }),
  "tool_server.answers_dropped": stored({
    ...serverEvent("answers_dropped"),
    purpose: "A person wants an MCP server asked anew: what was kept of its answers is gone.",
    schema: z.strictObject({ key, answers: count }),
    example: { ...example, answers: 12 },
  }),
  "tool_server.ended": stored({
    ...serverEvent("ended"),
    purpose: "An MCP server ended by itself, could not be reached, or broke the protocol.",
    schema: z.strictObject({ key, detail, isFailure: z.boolean() }),
    example: { ...example, detail: "It ended by SIGKILL.", isFailure: true },
  }),
  "tool_server.gave_up": stored({
    ...serverEvent("gave_up"),
    purpose: "An MCP server failed too often within its period and stays down.",
    schema: z.strictObject({ key, detail }),
    example: { ...example, detail: "It ended 4 times within 60 s and is not started again." },
  }),
  "tool_server.troubled": stored({
    ...serverEvent("troubled"),
    purpose: "An MCP server runs, but not as it should.",
    schema: z.strictObject({ key, detail }),
    example: { ...example, detail: "search_nodes gave no answer within 60 s." },
  }),
  "tool_server.recovered": stored({
    ...serverEvent("recovered"),
    purpose: "A degraded MCP server answered as it should.",
    schema: bare,
    example,
  }),
  "tool_server.transition_refused": stored({
    ...serverEvent("transition_refused"),
    purpose: "A change of an MCP server's state was refused that its state machine does not know.",
    schema: z.strictObject({ key, from: toolServerStateSchema, step: id }),
    example: { ...example, from: "disabled", step: "verified" },
  }),
  "tool.completed": stored({
    ...call,
    channel: `${callChannel("completed")}; tool.{tool}.completed`,
    purpose: "A tool answered, and what it answered fits what it had promised.",
    aliases: ["ExecutionCompleted", "ToolCompleted", "TOOL_RESULT"],
    example: callExample,
  }),
  "tool.failed": stored({
    ...call,
    channel: `${callChannel("failed")}; tool.{tool}.failed`,
    purpose: "A call had no answer, the tool says that it failed, or it broke its own schema.",
    aliases: ["ToolFailed", "ExecutionFailed"],
    example: { ...callExample, code: "timeout", message: "It gave no answer within 60 s." },
  }),
  "tool.refused": stored({
    ...call,
    channel: `${callChannel("refused")}; tool.{tool}.failed`,
    purpose: "A call never went out: no such tool, arguments that do not fit, a server that does not run.",
    aliases: ["NotFound", "ParameterValidationFailed"],
    example: { ...callExample, attempts: 0, code: "bad_request", message: "The arguments do not fit search_nodes." },
  }),
  "tool.denied": stored({
    ...call,
    channel: `${callChannel("denied")}; tool.{tool}.failed`,
    purpose: "A call never went out: its caller may not use this tool.",
    aliases: ["PermissionDenied", "security.denied", "AccessDenied"],
    example: { ...callExample, attempts: 0, code: "forbidden", message: "desk/researcher may not call it." },
  }),
  "mcp.event": define({
    family: "tool",
    kind: "event",
    purpose: "Whatever happens at an MCP server, in the form of the standard handover (RO-4).",
    spokenBy: "The registry, for every call and every change of a server.",
    channel: "mcp.events.{server}, mcp.events.all",
    schema: handoverSchema.extend({
      /** What happened: `tool.search_nodes.completed`, `tool_server.verified`. */
      event: id,
      serverId: id,
      /** A call without a context, and what happens to a server itself, has none. */
      context_id: id.nullable(),
      correlationId: id.nullable(),
      timestamp: moment,
    }),
    example: {
      event: "tool.search_nodes.completed",
      serverId: "memory",
      correlationId: null,
      timestamp: "2026-11-29T00:40:00.000Z",
      context_id: "ctx-7f3a",
      intent: "tool.search_nodes.completed",
      last_tool_output: {
        tool: "search_nodes",
        server: "memory",
        result: '{"nodes":[]}',
        timestamp: "2026-11-29T00:40:00.000Z",
      },
      memory_snapshot_url: null,
      token_budget: null,
      status: "completed",
    },
  }),
};
