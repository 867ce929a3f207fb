/** The states of an MCP server and the ways between them (mission 6.2), as pure data: what is not listed is refused. */
import type { ToolServerState } from "#shared/model/toolServer.ts";

export type ServerStep =
  /** A start, or a new look at a running one. */
  | "verifying"
  /** It answered, and its tools are known. */
  | "verified"
  /** It runs, and something is wrong with it. */
  | "troubled"
  | "recovered"
  /** It does not run: it ended, was stopped, or could not be started. */
  | "ended"
  | "disabled"
  | "enabled";

const WAYS: Readonly<Record<ToolServerState, Partial<Record<ServerStep, ToolServerState>>>> = {
  registered: { verifying: "verifying", ended: "offline", disabled: "disabled" },
  verifying: { verified: "active", ended: "offline", disabled: "disabled", verifying: "verifying" },
  active: { verifying: "verifying", verified: "active", troubled: "degraded", ended: "offline", disabled: "disabled" },
  degraded: {
    verifying: "verifying",
    verified: "active",
    troubled: "degraded",
    recovered: "active",
    ended: "offline",
    disabled: "disabled",
  },
  offline: { verifying: "verifying", ended: "offline", disabled: "disabled" },
  disabled: { enabled: "registered" },
};

/** Undefined: there is no such way. */
export function nextState(state: ToolServerState, step: ServerStep): ToolServerState | undefined {
  return WAYS[state][step];
}
