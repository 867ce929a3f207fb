/** Who may call which tool: pure rules over what the fleet file or a person granted. */
import type { ToolCaller, ToolGrant } from "#shared/model/toolServer.ts";

export interface Guarded {
  readonly fleet: string | undefined;
  /** Absent: the agents of its own fleet. */
  readonly allow: readonly ToolGrant[] | undefined;
}

/**
 * Persons may call everything, and so may what a person started in their name: a workflow, the healer that repeats a
 * call. An agent may call what its fleet declares or what it was granted.
 */
export function mayCall(server: Guarded, caller: ToolCaller, tool: string): boolean {
  if (caller.kind !== "agent") return true;
  if (server.allow === undefined) return server.fleet !== undefined && fleetOf(caller.id) === server.fleet;
  return server.allow.some(
    (grant) => grant.tools.some((pattern) => matches(pattern, tool)) && namesCaller(grant, server.fleet, caller),
  );
}

function namesCaller(grant: ToolGrant, fleet: string | undefined, caller: ToolCaller): boolean {
  const { id = "", roles = [] } = caller;
  if (grant.agents.some((pattern) => matchesAgent(pattern, fleet, id))) return true;
  return grant.roles.some((pattern) => roles.some((role) => matches(pattern, role)));
}

/** Within a fleet's own file an agent goes by its id; a person's server names it with its fleet. */
function matchesAgent(pattern: string, fleet: string | undefined, id: string): boolean {
  if (pattern.includes("/")) return matches(pattern, id);
  if (fleet === undefined) return pattern === "*";
  return fleetOf(id) === fleet && matches(pattern, id.slice(fleet.length + 1));
}

function fleetOf(id: string | undefined): string | undefined {
  const slash = id?.indexOf("/") ?? -1;
  return slash < 0 ? undefined : id?.slice(0, slash);
}

/** `*` stands for any characters. Linear in the text for each star: no pattern of a stranger becomes an expression. */
export function matches(pattern: string, text: string): boolean {
  const parts = pattern.split("*");
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (parts.length === 1) return pattern === text;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
