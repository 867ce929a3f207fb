/** What the core may ask of a Model Context Protocol server, over a pipe or over HTTP, whichever revision it speaks. */
import type { ToolServerTransport } from "#shared/model/toolServer.ts";
import type { Result } from "#shared/model/result.ts";

export interface McpTarget {
  /** For words and the log. */
  readonly name: string;
  readonly transport: ToolServerTransport;
}

/** A tool as its server describes it; nothing of it is believed yet. */
export interface McpTool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

export interface McpAnswer {
  /** Content blocks of the protocol. */
  readonly content: readonly Readonly<Record<string, unknown>>[];
  readonly structured?: unknown;
  /** The tool says that it failed; `content` says how. */
  readonly isError: boolean;
}

/**
 * Why a call has no answer. `unreached`: the server certainly has not heard of it, so it may be asked again.
 * `disconnected`: the connection ended in the middle, and nobody knows how far it came.
 */
export type McpFailureCode = "unreached" | "disconnected" | "timeout" | "too_large" | "refused" | "bad_answer";

export interface McpFailure {
  readonly code: McpFailureCode;
  readonly message: string;
}

export interface McpCall {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Goes with the request as `_meta`. */
  readonly meta?: Readonly<Record<string, string>>;
}

/** How a connection ended: asked to (`stopped`), or by itself, with what the server said last. */
export interface McpEnd {
  readonly type: "stopped" | "exited" | "misbehaved" | "lost";
  readonly detail: string;
  /** Its exit code was 0. */
  readonly isClean: boolean;
}

export interface McpConnection {
  /** The revision both sides agreed on, such as 2026-07-28. */
  readonly protocol: string;
  readonly server: { readonly name: string; readonly version: string };
  /** False once the other side is gone; `ended` follows when nothing of it is left. */
  readonly isOpen: boolean;
  /** Resolves once, when the connection and every process behind it are gone. */
  readonly ended: Promise<McpEnd>;
  listTools(options: { timeoutMs: number }): Promise<Result<readonly McpTool[], McpFailure>>;
  callTool(call: McpCall): Promise<Result<McpAnswer, McpFailure>>;
  /** Asks it to end. */
  shutdown(): void;
  /** Ends it and everything it started, now. */
  kill(): void;
}

export interface McpConnectOptions {
  /** For the whole way to the first answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The server says that its list of tools is another one now. */
  readonly onToolsChanged: () => void;
  /** Something a person should know that is no end: it prints what is no protocol, it was too large. */
  readonly onTrouble: (sentence: string) => void;
}

/** One schema, ready to be held against values. */
export interface SchemaCheck {
  /** Undefined: it fits. Otherwise one sentence about what does not. Bounded in time, whatever the schema says. */
  problem(value: unknown): string | undefined;
}

export interface McpHost {
  /** Errors: unreached (it cannot be started or found), timeout, refused (it answers, but not as the protocol wants), bad_answer. */
  connect(target: McpTarget, options: McpConnectOptions): Promise<Result<McpConnection, McpFailure>>;
  /** Of one server's schemas; bad_request when it is none. */
  compile(schema: Readonly<Record<string, unknown>>): Promise<Result<SchemaCheck>>;
  /** Ends every server of this app and all they started; the emergency stop's part. */
  killAll(): Promise<{ readonly killed: number }>;
  /** After this nothing of this app's servers is left. */
  close(): Promise<void>;
}
