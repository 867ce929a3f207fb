/** Signalbox as an MCP server of the agents it runs: what one session may call, and what comes of it. */
import type { z } from "zod";

export interface AgentTool {
  readonly name: string;
  /** Every turn of every agent pays for these words. */
  readonly description: string;
  readonly input: z.ZodObject;
  /** Changes nothing anywhere; CLIs ask a person less. */
  readonly isReadOnly: boolean;
}

export interface AgentToolAnswer {
  readonly text: string;
  readonly isError: boolean;
}

/** One session's desk: its token says which. Identity is never an argument of a call. */
export interface AgentDesk {
  readonly instructions: string;
  /** What its scopes allow now; empty: nothing. */
  tools(): readonly AgentTool[];
  /** `args` fit the tool's input. `signal` aborts when the caller has gone. */
  call(name: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<AgentToolAnswer>;
}
