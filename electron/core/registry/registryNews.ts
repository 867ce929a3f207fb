/** What the registry tells the bus: how a call ended, and what became of a server. */
import type { ToolCaller } from "#shared/model/toolServer.ts";

export interface CallNews {
  readonly type: "call";
  readonly callId: string;
  readonly key: string;
  readonly tool: string;
  readonly by: ToolCaller;
  readonly contextId: string | undefined;
  readonly correlationId: string | undefined;
  readonly outcome: "completed" | "failed" | "refused" | "denied";
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** JSON text as it stands in the log: bounded, secrets masked. */
  readonly args: string;
  readonly result: string | undefined;
  readonly tookMs: number;
  readonly attempts: number;
  /** The call whose answer it was given, from the cache. */
  readonly cachedFrom?: string;
  readonly atMs: number;
}

export interface ServerNewsOut {
  readonly type: "server";
  readonly key: string;
  readonly verb: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly atMs: number;
}

export type RegistryNews = CallNews | ServerNewsOut;
