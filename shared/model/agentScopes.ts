/** What an agent may do through Signalbox's own MCP tools; said by `can:` in the fleet file, held by its session's token. */
import { z } from "zod";

/**
 * send: messages to its fleet. inbox: read its own waiting messages. hand_over: work, with tokens. memory: remember and
 * recall. team: who is there. progress: tell how far it is. ask_person: a question in the inbox. tools: the registry's.
 */
export const AGENT_SCOPES = [
  "send",
  "inbox",
  "hand_over",
  "memory",
  "team",
  "progress",
  "ask_person",
  "tools",
] as const;
export const agentScopeSchema = z.enum(AGENT_SCOPES);
export type AgentScope = (typeof AGENT_SCOPES)[number];

/** The tools that each scope opens. */
export const SCOPE_TOOLS = {
  send: ["send_message"],
  inbox: ["read_inbox"],
  hand_over: ["hand_over"],
  memory: ["remember", "recall"],
  team: ["list_team"],
  progress: ["report_progress"],
  ask_person: ["ask_person"],
  tools: ["list_tools", "call_tool"],
} as const satisfies Readonly<Record<AgentScope, readonly string[]>>;

/** Whatever a tool of the registry does, it does outside: the CLI's own question stands before it. */
const ASKED_FOR: ReadonlySet<string> = new Set(["call_tool"]);

/** Tools that the fleet file's word is consent enough for: no CLI asks for each of their calls. */
export function agreedTools(scopes: readonly AgentScope[]): readonly string[] {
  return scopes.flatMap((scope) => SCOPE_TOOLS[scope].filter((tool) => !ASKED_FOR.has(tool)));
}

/** An agent CLI talks to its team; a plain command was never asked whether it may, so its file has to say so. */
export function scopesOf({ agent, can }: { agent: string; can?: readonly AgentScope[] }): readonly AgentScope[] {
  return can ?? (agent === "command" ? [] : AGENT_SCOPES);
}
