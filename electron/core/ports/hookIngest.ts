/** Where an agent's hooks report to: a loopback HTTP listener with one token per session (architecture decision 7). */
import type { Result } from "#shared/model/result.ts";

/** A JSON object as the agent sent it; each adapter parses its own shape. */
export type HookPayload = Readonly<Record<string, unknown>>;

/** Answers one hook call. `{}` lets the agent go on; `signal` aborts when the agent hung up or the bound was reached. */
export type HookHandler = (payload: HookPayload, signal: AbortSignal) => Promise<HookPayload>;

export interface HookIngest {
  /** Where agents post to, for example `http://127.0.0.1:48123/hook`. */
  readonly url: string;
  readonly port: number;
  /** Takes calls that carry `token`; the returned function ends that and is idempotent. */
  register(sessionId: string, token: string, handler: HookHandler): () => void;
  /** Ends held calls with `{}` and stops listening. */
  close(): Promise<void>;
}

export interface HookIngestOptions {
  /** The port of the last run, so that agents that outlived the app still reach it; another is taken when it is busy. */
  readonly preferredPort?: number;
}

export type OpenHookIngest = (options: HookIngestOptions) => Promise<Result<HookIngest>>;
