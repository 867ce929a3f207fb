/**
 * Joins everything an agent may do through its MCP tools. Who calls is settled by its session's token: no argument says
 * it. What it may call is its fleet file's word, as it stands at the moment of the call.
 */
import { AGENT_SCOPES, SCOPE_TOOLS, scopesOf } from "#shared/model/agentScopes.ts";
import type { AgentScope } from "#shared/model/agentScopes.ts";
import type { AgentDesk, AgentTool, AgentToolAnswer } from "#core/ports/agentDesk.ts";
import type { Clock } from "#core/ports/clock.ts";
import { TokenBucket } from "#shared/lib/tokenBucket.ts";
import type { RefusedCallers } from "./refusedCallers.ts";

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

interface AgentOnFile {
  readonly path: string;
  readonly spec: Parameters<typeof scopesOf>[0];
}

export interface DeskDeps {
  /** The agents of a fleet, as their files describe them. */
  readonly fleets: () => { agents(fleet: string): readonly AgentOnFile[] };
  /** By name. */
  readonly tools: ReadonlyMap<string, DeskTool>;
  readonly clock: Clock;
  readonly refusedCallers: Pick<RefusedCallers, "forgedSender" | "calledTooOften">;
}

/** Of tools that leave something behind: more than a model says in its turns, little enough to be kept for ever. */
const WRITES = { burst: 60, refillMs: 1000 };
/** No tool takes these: its session says whose a call is. */
const SENDER_FIELDS = ["from", "sender"];

const INSTRUCTIONS =
  "Your team in Signalbox. Messages from others arrive as prompts. Use these tools to reach them or the person.";

/** Undefined: an agent that has no tools and is to have none. */
export function agentDesks(deps: DeskDeps): (path: string, sessionId: string) => AgentDesk | undefined {
  const { fleets, tools, clock, refusedCallers } = deps;
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
    const writes = new TokenBucket(WRITES, clock.now());
    return {
      instructions: INSTRUCTIONS,
      tools: () => allowed(scopes()).flatMap((name) => tools.get(name) ?? []),
      call: async (name, args, signal) => {
        const tool = tools.get(name);
        if (tool === undefined || !allowed(scopes()).includes(name)) return refused(name);
        const claimed = claimedSender(args, path);
        if (claimed !== undefined) {
          refusedCallers.forgedSender(path, claimed);
          return { text: `You speak as ${path}, not as ${claimed}. Leave the sender out.`, isError: true };
        }
        const waitMs = tool.isReadOnly ? 0 : writes.take(clock.now());
        if (waitMs > 0) {
          refusedCallers.calledTooOften(path);
          return { text: `Too many calls. Make the next one in ${Math.ceil(waitMs / 1000)} s.`, isError: true };
        }
        return tool.run({ caller, args, signal });
      },
    };
  };
}

function claimedSender(args: Readonly<Record<string, unknown>>, path: string): string | undefined {
  const claimed = SENDER_FIELDS.map((field) => args[field]).find((value) => typeof value === "string");
  const isItself = claimed === path || claimed === path.slice(path.indexOf("/") + 1);
  // Cut: it stands in an event.
  return typeof claimed === "string" && !isItself ? claimed.slice(0, 200) : undefined;
}

function allowed(scopes: readonly AgentScope[]): readonly string[] {
  return AGENT_SCOPES.filter((scope) => scopes.includes(scope)).flatMap((scope) => SCOPE_TOOLS[scope]);
}

function refused(name: string): AgentToolAnswer {
  return { text: `You may not call ${name}. Your fleet file says what you may with "can:".`, isError: true };
}
