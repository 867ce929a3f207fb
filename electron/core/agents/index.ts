/** The agent CLIs Signalbox knows. A new one is a file here and a line below. */
import type { AgentAdapter, AgentAdapterDeps } from "#core/ports/agentAdapter.ts";
import { createClaudeAdapter } from "./claude.ts";
import { createCodexAdapter } from "./codex.ts";
import { createCommandAdapter } from "./command.ts";
import { createGeminiAdapter } from "./gemini.ts";
import { createOpencodeAdapter } from "./opencode.ts";

/** All adapters, in the order people see them; `command` is last. */
export function createAdapters(deps: AgentAdapterDeps): readonly AgentAdapter[] {
  return [
    createClaudeAdapter,
    createCodexAdapter,
    createGeminiAdapter,
    createOpencodeAdapter,
    createCommandAdapter,
  ].map((create) => create(deps));
}
