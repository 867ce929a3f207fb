/**
 * Joins everything an agent may do through its MCP tools. Who calls is settled by its session's token: no argument says
 * it. What it may call is its fleet file's word, as it stands at the moment of the call.
 */
import { AGENT_SCOPES, SCOPE_TOOLS, scopesOf } from "#shared/model/agentScopes.ts";
import type { AgentScope } from "#shared/model/agentScopes.ts";
import type { AgentDesk, AgentTool, AgentToolAnswer } from "#core/ports/agentDesk.ts";
import type { Fleets } from "#core/fleets/index.ts";

export interface ToolCaller {
  /** `fleet/id`. */
  readonly path: string;
  readonly fleet: string;
  readonly sessionId: string;
}

export interface ToolCall {
  readonly caller: ToolCaller;
  readonly args: unknown;
  readonly signal: AbortSignal;
}

/** A tool, and what it does. */
export interface DeskTool extends AgentTool {
  run(call: ToolCall): Promise<AgentToolAnswer>;
}

export interface DeskDeps {
  readonly fleets: () => Fleets;
  /** By name. */
  readonly tools: ReadonlyMap<string, DeskTool>;
}

const INSTRUCTIONS =
  "Your team in Signalbox. Messages from others arrive as prompts. Use these tools to reach them or the person.";

/** Undefined: an agent that has no tools and is to have none. */
export function agentDesks({ fleets, tools }: DeskDeps): (path: string, sessionId: string) => AgentDesk | undefined {
  return (path, sessionId) => {
    const fleet = path.slice(0, path.indexOf("/"));
    const caller: ToolCaller = { path, fleet, sessionId };
    const scopes = (): readonly AgentScope[] => {
      const found = fleets()
        .agents(fleet)
        .find((agent) => agent.path === path);
      return found === undefined ? [] : scopesOf(found.spec);
    };
    const spec = fleets()
      .agents(fleet)
      .find((agent) => agent.path === path)?.spec;
    if (spec === undefined || (spec.agent === "command" && scopes().length === 0)) return undefined;
    return {
      instructions: INSTRUCTIONS,
      tools: () => allowed(scopes()).flatMap((name) => tools.get(name) ?? []),
      call: async (name, args, signal) => {
        const tool = tools.get(name);
        if (tool === undefined || !allowed(scopes()).includes(name)) return refused(name);
        return tool.run({ caller, args, signal });
      },
    };
  };
}

function allowed(scopes: readonly AgentScope[]): readonly string[] {
  return AGENT_SCOPES.filter((scope) => scopes.includes(scope)).flatMap((scope) => SCOPE_TOOLS[scope]);
}

function refused(name: string): AgentToolAnswer {
  return { text: `You may not call ${name}. Your fleet file says what you may with "can:".`, isError: true };
}
