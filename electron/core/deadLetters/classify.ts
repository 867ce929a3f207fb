/**
 * What kind of failure an error is, from its code before its status before its words (AI-11, RO-10). Pure; the table
 * below is the rule, and words are only asked where nothing better was said.
 */
import type { ErrorClass } from "#shared/model/deadLetter.ts";

export interface Failure {
  readonly message: string;
  /** A code of ours (`not_found`), Node's (`ECONNREFUSED`), JSON-RPC's (`-32601`), or a class by name. */
  readonly code?: string | number | undefined;
  /** HTTP status. */
  readonly status?: number | undefined;
  readonly name?: string | undefined;
}

const BY_CODE: Readonly<Record<string, ErrorClass>> = {
  not_found: "not_found",
  no_such_tool: "not_found",
  tool_not_found: "not_found",
  server_not_found: "not_found",
  cli_missing: "not_found",
  unsupported: "not_found",
  ENOENT: "not_found",
  ENOTDIR: "not_found",
  // JSON-RPC: method not found; MCP: resource not found in the eras before it became -32602.
  "-32601": "not_found",
  "-32002": "not_found",
  timeout: "timeout",
  AskTimeout: "timeout",
  MessageExpired: "timeout",
  ETIMEDOUT: "timeout",
  ESOCKETTIMEDOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  // The MCP SDK's request timeout.
  "-32001": "timeout",
  throttled: "rate_limit",
  rate_limit: "rate_limit",
  rate_limited: "rate_limit",
  rate_limit_error: "rate_limit",
  rate_limit_exceeded: "rate_limit",
  overloaded_error: "rate_limit",
  RESOURCE_EXHAUSTED: "rate_limit",
  network: "network",
  disconnected: "network",
  not_running: "network",
  server_unavailable: "network",
  keeper_unavailable: "network",
  no_responders: "network",
  ECONNREFUSED: "network",
  ECONNRESET: "network",
  ECONNABORTED: "network",
  EHOSTUNREACH: "network",
  ENETUNREACH: "network",
  ENETDOWN: "network",
  ENOTFOUND: "network",
  EAI_AGAIN: "network",
  EPIPE: "network",
  UND_ERR_SOCKET: "network",
  // The MCP SDK's "connection closed".
  "-32000": "network",
  validation: "validation",
  bad_request: "validation",
  invalid: "validation",
  fleet_invalid: "validation",
  too_large: "validation",
  schema_too_new: "validation",
  ERR_INVALID_ARG_TYPE: "validation",
  // JSON-RPC: parse error, invalid request, invalid params.
  "-32700": "validation",
  "-32600": "validation",
  "-32602": "validation",
  auth: "auth",
  unauthorized: "auth",
  forbidden: "auth",
  needs_login: "auth",
  EACCES: "auth",
  EPERM: "auth",
  resource: "resource",
  budget_exhausted: "resource",
  store_unavailable: "resource",
  disk_full: "resource",
  ENOSPC: "resource",
  EDQUOT: "resource",
  EMFILE: "resource",
  ENFILE: "resource",
  ENOMEM: "resource",
  ERR_WORKER_OUT_OF_MEMORY: "resource",
  SQLITE_FULL: "resource",
  SQLITE_BUSY: "resource",
  processing: "processing",
  internal: "processing",
  conflict: "processing",
  spawn_failed: "processing",
  tool_error: "processing",
  // JSON-RPC: internal error.
  "-32603": "processing",
  unknown: "unknown",
};

const BY_NAME: Readonly<Record<string, ErrorClass>> = {
  ZodError: "validation",
  SyntaxError: "validation",
  TimeoutError: "timeout",
  AbortError: "timeout",
  TypeError: "processing",
  RangeError: "processing",
  ReferenceError: "processing",
};

/** Asked in this order: the more telling words first, so that "rate limit request timed out" is a rate limit. */
const BY_WORDS: readonly (readonly [RegExp, ErrorClass])[] = [
  [/rate.?limit|too many requests|quota exceeded|overloaded|usage limit|\b429\b/i, "rate_limit"],
  [
    /unauthori[sz]ed|unauthenticated|forbidden|permission denied|access denied|invalid api key|not signed in|please log ?in|\b40[13]\b/i,
    "auth",
  ],
  [/timed? ?out|timeout|deadline exceeded|no answer within|did not answer/i, "timeout"],
  [
    /connection (refused|reset|closed|lost)|socket hang up|network|unreachable|fetch failed|dns|getaddrinfo|broken pipe|disconnected|\b50[234]\b/i,
    "network",
  ],
  [/not found|no such|unknown (tool|method|agent|server)|does not exist|there is no\b|\b404\b/i, "not_found"],
  [/out of memory|no space left|disk (is )?full|too many open files|budget|exhausted|insufficient/i, "resource"],
  [
    /invalid|validation|must be|expected .+ (received|but)|schema|malformed|unexpected token|parse error|\b4(00|22)\b/i,
    "validation",
  ],
];

export function classify(failure: Failure): ErrorClass {
  return (
    byCode(failure.code) ??
    byStatus(failure.status) ??
    byWords(failure.message) ??
    byName(failure.name) ??
    last(failure)
  );
}

function byCode(code: Failure["code"]): ErrorClass | undefined {
  const key = code === undefined ? "" : String(code);
  return Object.hasOwn(BY_CODE, key) ? BY_CODE[key] : undefined;
}

const BY_STATUS: Readonly<Record<number, ErrorClass>> = {
  401: "auth",
  403: "auth",
  404: "not_found",
  407: "auth",
  408: "timeout",
  410: "not_found",
  413: "resource",
  429: "rate_limit",
  502: "network",
  503: "network",
  504: "timeout",
  507: "resource",
  // The answer of an overloaded model provider.
  529: "rate_limit",
};

function byStatus(status: number | undefined): ErrorClass | undefined {
  if (status === undefined) return undefined;
  const known = BY_STATUS[status];
  if (known !== undefined) return known;
  return status >= 500 ? "processing" : status >= 400 ? "validation" : undefined;
}

function byWords(message: string): ErrorClass | undefined {
  return BY_WORDS.find(([words]) => words.test(message))?.[1];
}

function byName(name: string | undefined): ErrorClass | undefined {
  return name !== undefined && Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
}

/** Something was thrown and said something: the handler failed at its work. Nothing at all was said: unknown. */
function last({ message, name }: Failure): ErrorClass {
  return message.trim() !== "" && name !== undefined ? "processing" : "unknown";
}
