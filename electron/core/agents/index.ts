/** The agent CLIs Signalbox knows. A new one is a file here and a line below. */
import type { AgentAdapter, AgentAdapterDeps } from "#core/ports/agentAdapter.ts";
import { createClaudeAdapter } from "./claude.ts";
import { createCommandAdapter } from "./command.ts";

/** All adapters, in the order people see them; `command` is last. */
export function createAdapters(deps: AgentAdapterDeps): readonly AgentAdapter[] {
  return [createClaudeAdapter(deps), createCommandAdapter(deps)];
}
