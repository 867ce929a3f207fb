/** Where agents report to: one loopback HTTP listener for hooks and telemetry, one token per session (architecture decision 7). */
import type { Result } from "#shared/model/result.ts";
import type { AgentDesk } from "./agentDesk.ts";
import type { HookHandler, HookPayload } from "./hookIngest.ts";
import type { OnRefusedCall } from "./refusedCall.ts";
import type { TelemetryHandler } from "./telemetry.ts";

export interface IngestHandlers {
  readonly hook: HookHandler;
  /** A program tells what a model request took; the refusal is a sentence for whoever wrote it. Absent: a hook as any other. */
  readonly usage?: (payload: HookPayload) => Result<void>;
  /** It was told more often than is taken. */
  readonly usageFlood?: (why: string) => void;
  /** OTLP logs and metrics; absent: they are taken and passed over. */
  readonly telemetry?: TelemetryHandler;
  /** Its MCP tools; absent: none. */
  readonly desk?: AgentDesk;
  /** A batch, or a part of one, that could not be taken: one sentence. */
  readonly telemetryRefused?: (why: string) => void;
}

export interface Ingest {
  /** Where hooks are posted to, for example `http://127.0.0.1:48123/hook`; the session id follows. */
  readonly url: string;
  /** Below `<telemetryUrl>/<session id>` stand OTLP's own paths: `/v1/logs`, `/v1/metrics`, `/v1/traces`. */
  readonly telemetryUrl: string;
  /** Where the MCP server answers; the session id follows. */
  readonly toolsUrl: string;
  readonly port: number;
  /** Takes calls that carry `token`; the returned function ends that and is idempotent. */
  register(sessionId: string, token: string, handlers: IngestHandlers): () => void;
  /** Ends held calls with `{}` and stops listening. */
  close(): Promise<void>;
}

export interface IngestOptions {
  /** The port of the last run, so that agents that outlived the app still reach it; another is taken when it is busy. */
  readonly preferredPort?: number;
  readonly onRefused?: OnRefusedCall;
}

export type OpenIngest = (options: IngestOptions) => Promise<Result<Ingest>>;
