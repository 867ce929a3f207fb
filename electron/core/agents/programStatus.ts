/** OSC 7501, the Program Status Protocol: what Claude Code and Codex say about themselves. Display state, never a proof. */
import type { AgentActivity } from "#shared/model/states.ts";

export interface ProgramStatus {
  readonly state: "idle" | "working" | "blocked" | "done" | "error" | "clear";
  /** Why it is blocked. */
  readonly kind?: "permission" | "question" | "auth";
  readonly message: string;
}

const STATES: ReadonlySet<string> = new Set(["idle", "working", "blocked", "done", "error", "clear"]);
const KINDS: ReadonlySet<string> = new Set(["permission", "question", "auth"]);

/** Undefined for a query (`?`) and for states we do not know. `msg` is base64 on the wire. */
export function parseProgramStatus(params: Readonly<Record<string, string>>): ProgramStatus | undefined {
  const { state, kind } = params;
  if (!isState(state)) return undefined;
  const message = decodeMessage(params["msg"] ?? "");
  return isKind(kind) ? { state, kind, message } : { state, message };
}

/** What a status means for the tree; undefined where it says nothing about what the agent does (`clear`). */
export function activityOf(status: ProgramStatus): AgentActivity | undefined {
  switch (status.state) {
    case "working":
      return "busy";
    case "idle":
    case "done":
    case "error":
      return "idle";
    case "blocked":
      return blockedActivity(status.kind);
    case "clear":
      return undefined;
  }
}

function blockedActivity(kind: ProgramStatus["kind"]): AgentActivity {
  if (kind === "auth") return "needs_login";
  return kind === "question" ? "waiting_answer" : "waiting_permission";
}

function decodeMessage(encoded: string): string {
  const bytes = Buffer.from(encoded, "base64");
  // One line of plain text: it is shown in lists and may come from any program inside the pty.
  return bytes
    .toString("utf8")
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, 500);
}

function isState(state: string | undefined): state is ProgramStatus["state"] {
  return state !== undefined && STATES.has(state);
}

function isKind(kind: string | undefined): kind is NonNullable<ProgramStatus["kind"]> {
  return kind !== undefined && KINDS.has(kind);
}
