/** The agent CLIs Signalbox knows. A new one is a file here and a line below. */
import type { AgentAdapter, AgentAdapterDeps } from "#core/ports/agentAdapter.ts";
import type { TranscriptFormat } from "#core/ports/usageAdapter.ts";
import { createClaudeAdapter } from "./claude.ts";
import { claudeTranscripts } from "./claudeUsage.ts";
import { createCodexAdapter } from "./codex.ts";
import { codexTranscripts } from "./codexUsage.ts";
import { createCommandAdapter } from "./command.ts";
import { createGeminiAdapter } from "./gemini.ts";
import { geminiTranscripts } from "./geminiUsage.ts";
import { createOpencodeAdapter } from "./opencode.ts";
import { opencodeTranscripts } from "./opencodeUsage.ts";

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

/** What `agent:` of a fleet file may name. */
export function agentIdsOf(adapters: readonly AgentAdapter[]): readonly string[] {
  return adapters.map(({ id }) => id).filter((id) => id !== "command");
}

/** How each CLI's transcripts are found and read; pure, for the thread that does it. */
export const transcriptFormats: readonly TranscriptFormat[] = [
  claudeTranscripts,
  codexTranscripts,
  geminiTranscripts,
  opencodeTranscripts,
];
