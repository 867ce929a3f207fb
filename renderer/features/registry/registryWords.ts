/** Servers and calls in words, and the lamp each state is shown by. */
import { clockWords, countdownWords, durationWords, plural } from "#shared/lib/words.ts";
import type { AgentTemplate } from "#shared/model/agentTemplate.ts";
import type { NodeState } from "#shared/model/states.ts";
import type { ToolCall, ToolCallOutcome, ToolOutcome, ToolServer } from "#shared/model/toolServer.ts";

export function serverLamp(server: ToolServer): NodeState {
  switch (server.state) {
    case "registered":
      return "stopped";
    case "verifying":
      return "starting";
    case "active":
      return server.callsUnderWay > 0 ? "busy" : "idle";
    case "degraded":
      return "rate_limited";
    case "disabled":
      return "paused";
    case "offline":
      return offlineLamp(server);
  }
}

function offlineLamp({ nextStartAt, lastError, detail }: ToolServer): NodeState {
  if (nextStartAt !== undefined) return "backoff";
  if (detail?.includes("not started again") === true) return "gave_up";
  return lastError !== undefined && detail === lastError.message ? "crashed" : "stopped";
}

/** One or two words. */
export function serverState(server: ToolServer, now: number): string {
  const { state, callsUnderWay, nextStartAt } = server;
  if (state === "active") return callsUnderWay > 0 ? plural(callsUnderWay, "call") : "Active";
  if (state === "registered") return "Not started";
  if (state === "verifying") return "Verifying";
  if (nextStartAt !== undefined) return `Starts in ${countdownWords(Date.parse(nextStartAt) - now)}`;
  return `${state.charAt(0).toUpperCase()}${state.slice(1)}`;
}

export function serversFact(servers: readonly ToolServer[]): string {
  if (servers.length === 0) return "No server";
  const running = servers.filter(({ state }) => state === "active" || state === "degraded").length;
  const tools = servers.reduce((sum, server) => sum + server.tools.length, 0);
  return `${plural(servers.length, "server")}, ${running} running, ${plural(tools, "tool")}`;
}

export function templatesFact(templates: readonly AgentTemplate[]): string {
  if (templates.length === 0) return "No template";
  const disabled = templates.filter(({ enabled }) => !enabled).length;
  return plural(templates.length, "template") + (disabled === 0 ? "" : `, ${disabled} disabled`);
}

/** `newest`: at most `limit` of the log's. */
export function callsFact(newest: readonly ToolCall[], limit: number): string {
  if (newest.length === 0) return "No call";
  const running = newest.filter(({ outcome }) => outcome === "running").length;
  const count = newest.length < limit ? plural(newest.length, "call") : `${limit} calls or more`;
  return count + (running === 0 ? "" : `, ${running} running`);
}

const OUTCOMES: Readonly<Record<ToolCallOutcome, { readonly word: string; readonly lamp: NodeState }>> = {
  running: { word: "Running", lamp: "busy" },
  completed: { word: "Done", lamp: "done" },
  failed: { word: "Failed", lamp: "crashed" },
  refused: { word: "Refused", lamp: "stopped" },
  denied: { word: "Denied", lamp: "needs_login" },
  interrupted: { word: "Interrupted", lamp: "crashed" },
};

export function outcomeOf({ outcome, cachedFrom }: ToolCall): { readonly word: string; readonly lamp: NodeState } {
  return cachedFrom === undefined ? OUTCOMES[outcome] : { ...OUTCOMES[outcome], word: "Cached" };
}

export function tookWords({ tookMs }: Pick<ToolCall, "tookMs">): string {
  if (tookMs === undefined) return "";
  return tookMs < 1_000 ? `${Math.round(tookMs)} ms` : durationWords(tookMs);
}

export function answeredWords({ tookMs, attempts, cachedAt }: ToolOutcome, now: number): string {
  if (cachedAt !== undefined) return `From the cache, answered ${clockWords(Date.parse(cachedAt), now)}`;
  return `Answered in ${tookWords({ tookMs })}${attempts > 1 ? `, at attempt ${attempts}` : ""}`;
}

export function callerWords({ by }: ToolCall): string {
  if (by.id !== undefined) return by.id;
  return by.kind === "cli" ? "Command line" : by.kind.charAt(0).toUpperCase() + by.kind.slice(1);
}

/** JSON text laid out; what was cut off or is no JSON stays as it is. */
export function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
