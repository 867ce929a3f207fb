/**
 * One agent CLI, described to the core. An adapter is one file in core/agents; a new CLI is a file, not a change elsewhere.
 * Adapters never touch the person's own configuration; what they inject lives in the session's own directory, argv or env.
 */
import type { AgentCli, PastSession } from "#shared/model/agentCli.ts";
import type { Result } from "#shared/model/result.ts";
import type { AgentActivity, ExitCause } from "#shared/model/states.ts";
import type { Clock } from "./clock.ts";
import type { MeterPoint, Metering } from "./gateway.ts";
import type { HookPayload } from "./hookIngest.ts";
import type { Environment, Machine } from "./machine.ts";
import type { ScreenHint } from "./screens.ts";
import type { TelemetryBatch } from "./telemetry.ts";
import type { UsageReport } from "./usage.ts";
import type { PrintedUsage, UsageAdapter, UsageSourceFact } from "./usageAdapter.ts";

export interface AgentAdapter {
  /** The word after `agent:` in a fleet file; `command` for a shell command line. */
  readonly id: string;
  readonly name: string;
  /** Whether a life can be taken up by the CLI's own session id. */
  readonly resumable: boolean;
  /** Whether SIGSTOP does no harm; where it does, one sentence says why. */
  readonly pause: { readonly safe: true } | { readonly safe: false; readonly why: string };
  /** Typed before SIGTERM where the CLI has a polite way to end; `command` has none. */
  readonly politeExit?: Uint8Array;
  /** Typed to make it leave the turn it is in: a budget's hard stop begins with it. */
  readonly interrupt: Uint8Array;

  detect(): Promise<AgentCli>;
  /** Checks everything that can be told before a pty is opened. Errors: `spawn_failed`, `cli_missing`, `bad_request`. */
  launch(request: LaunchRequest): Promise<Result<LaunchPlan>>;
  /** Turns a planned launch towards the metering gateway; absent: this CLI cannot be. */
  meter?(plan: LaunchPlan, point: MeterPoint): Promise<Metering>;
  createObserver(context: ObserverContext): AgentObserver;
  /** A message for the agent as key strokes: paste, pause, Enter, as this CLI wants it. */
  messageKeys(text: string): readonly KeyStroke[];
  classifyExit(evidence: ExitEvidence): ExitVerdict;
  /** How its token usage is known; absent: it uses none, or tells nobody. */
  readonly usage?: UsageAdapter;
  /** For command lines that tell of their usage in what they print; `of` answers undefined for one that does not. */
  readonly printed?: {
    readonly sources: readonly UsageSourceFact[];
    of(command: string): PrintedUsage | undefined;
  };
  /** Sessions the CLI kept on disk, newest first, at most `limit`. */
  pastSessions(limit: number): Promise<readonly PastSession[]>;
}

export interface LaunchRequest {
  readonly sessionId: string;
  /** The command line of a `command:` child; unused by the others. */
  readonly command?: string;
  /** Absolute. */
  readonly cwd: string;
  /** First message: the briefing of a fresh life, or what a resumed one should be told (none: it just waits). */
  readonly prompt?: string;
  readonly model?: string;
  /** Extra arguments, passed on as they are. */
  readonly args: readonly string[];
  /** On top of the login-shell environment. */
  readonly env: Environment;
  readonly mode: { readonly type: "fresh" } | { readonly type: "resume"; readonly cliSessionId: string };
  /** Where hooks and telemetry report to; absent: run without. */
  readonly ingest?: { readonly url: string; readonly telemetryUrl: string; readonly token: string };
  /** Signalbox's own MCP server for this session; absent: it has no tools there. */
  readonly tools?: { readonly url: string; readonly token: string; readonly agreed: readonly string[] };
  /** This session's own directory under the data directory, for settings files. */
  readonly filesDir: string;
}

export interface LaunchPlan {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Environment;
  readonly cwd: string;
  /** Known in advance where the CLI takes its session id from us. */
  readonly cliSessionId?: string;
  /** True when argv carries the prompt; false when it has to be typed once the observer says `ready`. */
  readonly promptPassed: boolean;
  /** Why it runs without Signalbox's tools although it may have them; one sentence, then what to do. */
  readonly withoutTools?: string;
  /** The adapter's own notes; kept with the session and handed to the observer, also of an adopted session. */
  readonly memo: Readonly<Record<string, string>>;
}

export interface KeyStroke {
  readonly bytes: Uint8Array;
  /** Wait this long after typing it. */
  readonly thenWaitMs: number;
}

export interface ObserverContext {
  readonly clock: Clock;
  readonly memo: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly mode: "fresh" | "resume";
  /** Whether a first message is on its way, so that the agent is not called idle before it has begun. */
  readonly hasPrompt: boolean;
  readonly cliSessionId?: string;
  /** Set when a running session is adopted after a restart of the app: what it was doing when last seen. */
  readonly adopted?: { readonly activity: AgentActivity };
  emit(fact: AgentFact): void;
  /** Why it gets no new prompt and no more tools; for CLIs whose hooks can refuse. */
  brake?(): string | undefined;
  /** Types into the pty. */
  type(bytes: Uint8Array): void;
  /** The screen as plain text. */
  screenText(): Promise<string>;
}

/** What an observer found out, in order. */
export type AgentFact =
  | { readonly type: "activity"; readonly activity: AgentActivity; readonly detail: string }
  /** Ready for a typed first message (only sent when `promptPassed` was false). */
  | { readonly type: "ready" }
  | { readonly type: "asked"; readonly ask: AgentAsk }
  | {
      readonly type: "ask_ended";
      readonly askId: string;
      readonly how: "answered" | "withdrawn";
      readonly answer?: string;
    }
  | { readonly type: "cli_session"; readonly cliSessionId: string }
  /** `until` is wall-clock ms where the CLI told when the limit resets. */
  | { readonly type: "rate_limited"; readonly detail: string; readonly until?: number }
  | { readonly type: "needs_login"; readonly detail: string }
  /** What one model request used, where the CLI tells it to the observer. */
  | { readonly type: "usage"; readonly report: UsageReport };

/** A permission or a question that waits for a person; becomes an InboxItem. */
export interface AgentAsk {
  /** Unique within the session. */
  readonly id: string;
  readonly kind: "permission" | "question" | "needs_login" | "rate_limited" | "over_limit";
  readonly title: string;
  /** The command or the question itself. */
  readonly body: string;
  readonly reason?: string;
  /** Cannot be undone: answered by its letter, never by Enter. */
  readonly irreversible: boolean;
  readonly options: readonly AskOption[];
  /** `action`: nothing can be answered from outside; the terminal is the place. */
  readonly via: "hook" | "keys" | "action";
}

export interface AskOption {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly key: string;
  readonly takesText: boolean;
}

export interface AgentObserver {
  hint(hint: ScreenHint): void;
  /** Bytes were printed. */
  output(bytes: number): void;
  /** A person typed into the terminal. */
  typed(bytes: Uint8Array): void;
  /** One hook call; the answer goes back to the agent, a held one when `signal` has not aborted. */
  hook(payload: HookPayload, signal: AbortSignal): Promise<HookPayload>;
  /** What the agent reports of itself; its token usage is metered elsewhere. */
  telemetry?(batch: TelemetryBatch): void;
  /** Answers an open ask. Errors: `not_found` when it is no longer open, `bad_request` for an unknown option. */
  answer(askId: string, choice: { readonly option: string; readonly text?: string }): Promise<Result<void>>;
  /** The life ended: open asks are withdrawn, timers and connections end. Idempotent. */
  dispose(): void;
}

export interface ExitEvidence {
  readonly code: number | null;
  readonly signal: string | null;
  /** The kernel's own evidence, never a guess. */
  readonly outOfMemory: boolean;
  /** We asked it to stop. */
  readonly requested: boolean;
  readonly mode: "fresh" | "resume";
  readonly livedMs: number;
  readonly wallNowMs: number;
  /** The last thing the observer said. */
  readonly activity: AgentActivity;
  readonly activityDetail: string;
  readonly limitUntil?: number;
  /** The last screen, plain text. */
  readonly screenText: string;
}

export interface ExitVerdict {
  readonly cause: ExitCause;
  /** One sentence for a person: `Exit 1`, `Killed by SIGKILL`, `Rate limited until 14:06`. */
  readonly detail: string;
  /** Wall-clock ms when a parked agent may go on; absent: until a person acts. */
  readonly parkUntil?: number;
  /** The CLI said that the session id it should take up does not exist: go fresh with the briefing. */
  readonly resumeRefused: boolean;
}

export interface AgentAdapterDeps {
  readonly machine: Machine;
}
