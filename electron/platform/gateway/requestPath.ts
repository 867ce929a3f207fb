/** What the path of a request says: whose it is, which route it takes, and whether it is one that costs something. */
import type { GatewayApi } from "#core/ports/gateway.ts";

export interface RequestPath {
  readonly sessionId: string;
  readonly route: string;
  /** Path and query as the provider gets them, byte for byte. */
  readonly rest: string;
  readonly api: GatewayApi;
  /** Gemini names the model in the path. */
  readonly model?: string;
  /** Asking for a model list or a token count costs nothing, so no budget is asked. */
  readonly isFree: boolean;
}

export function parseRequestPath(method: string, url: string): RequestPath | undefined {
  const [, sessionId, route, rest] =
    /^\/gateway\/([0-9a-zA-Z-]{1,64})\/([0-9a-zA-Z_.-]{1,64})(\/[^\s#]*)?$/.exec(url) ?? [];
  if (sessionId === undefined || route === undefined) return undefined;
  const path = (rest ?? "/").split("?")[0] ?? "/";
  // The upstream's path prefix is part of what was fixed at the launch; a path may not climb out of it.
  if (/(^|\/)(\.|%2e){2}(\/|$)/i.test(path.replaceAll("\\", "/").replaceAll(/%2f|%5c/gi, "/"))) return undefined;
  const kind = apiOf(path);
  const isFree = method === "GET" || method === "HEAD" || method === "OPTIONS" || /([:/])count_?tokens$/i.test(path);
  return { sessionId, route, rest: rest ?? "/", ...kind, isFree: isFree || method === "DELETE" };
}

function apiOf(path: string): { api: GatewayApi; model?: string } {
  if (path.endsWith("/messages")) return { api: "anthropic" };
  if (/\/responses(\/compact)?$/.test(path)) return { api: "openai_responses" };
  if (path.endsWith("/chat/completions")) return { api: "openai_chat" };
  const gemini = /\/models\/([^/:]{1,200}):(streamGenerateContent|generateContent)$/.exec(path);
  return gemini?.[1] === undefined ? { api: "other" } : { api: "gemini", model: decoded(gemini[1]) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
