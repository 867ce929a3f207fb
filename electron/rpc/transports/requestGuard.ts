/**
 * What every request and every upgrade must pass before anything looks at it: a sane target, our Host, our Origin or
 * none, no cross-site caller, a method its route knows. The same function guards both ways in, so they cannot differ.
 */
import type { IncomingMessage } from "node:http";

export interface Refusal {
  readonly status: number;
  readonly code: "bad_request" | "forbidden" | "not_found" | "unauthorized" | "throttled" | "too_large" | "unsupported";
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}
export type Route = "exchange" | "health" | "metrics" | "snapshot" | "rpc" | "page";
export interface Admitted {
  readonly route: Route;
  /** Decoded, without query; begins with a slash. */
  readonly path: string;
  /** The allowed host the caller used, with port. */
  readonly host: string;
}
export type Verdict = { readonly admitted: Admitted } | { readonly refusal: Refusal };

const METHODS: Readonly<Record<Route, readonly string[]>> = {
  exchange: ["POST"],
  health: ["GET"],
  metrics: ["GET"],
  snapshot: ["GET"],
  rpc: ["GET"],
  page: ["GET", "HEAD"],
};
const ROUTES: ReadonlyMap<string, Route> = new Map([
  ["/auth/exchange", "exchange"],
  ["/healthz", "health"],
  ["/metrics", "metrics"],
  ["/rpc", "rpc"],
]);

/** The address of a snapshot ends with its hash; whether it is one is judged where it is read. */
export const SNAPSHOT_PATH = "/snapshot/";

/** `port` is the one we listen on. Proxy headers (Forwarded, X-Forwarded-*) are never asked. */
export function judgeRequest(request: IncomingMessage, port: number): Verdict {
  const target = parseTarget(request.url ?? "");
  if (target === undefined) return { refusal: refuse(400, "bad_request", "The request target is not valid.") };
  const hosts = allowedHosts(port);
  const host = singleHeader(request, "host")?.toLowerCase();
  if (host === undefined) return { refusal: refuse(400, "bad_request", "Exactly one Host header is needed.") };
  // An absolute-form target names a host of its own, and proxies believe that one: both must be ours.
  if (!hosts.has(host) || (target.host !== undefined && !hosts.has(target.host))) {
    return { refusal: refuse(403, "forbidden", "This host name is not served here.") };
  }
  const route = target.path.startsWith(SNAPSHOT_PATH) ? "snapshot" : (ROUTES.get(target.path) ?? "page");
  const refusal = callerRefusal(request, route, hosts) ?? methodRefusal(request, route);
  return refusal === undefined ? { admitted: { route, path: target.path, host } } : { refusal };
}

function callerRefusal(request: IncomingMessage, route: Route, hosts: ReadonlySet<string>): Refusal | undefined {
  const { origin } = request.headers;
  if (origin !== undefined && !isOurOrigin(origin, hosts)) {
    return refuse(403, "forbidden", "Other origins are not served here.");
  }
  return isCrossSite(request, route) ? refuse(403, "forbidden", "Other sites may not call this server.") : undefined;
}

function methodRefusal(request: IncomingMessage, route: Route): Refusal | undefined {
  const methods = METHODS[route];
  if (methods.includes(request.method ?? "")) return undefined;
  return {
    ...refuse(405, "bad_request", `Only ${methods.join(" and ")} is served here.`),
    headers: { allow: methods.join(", ") },
  };
}

export function allowedHosts(port: number): ReadonlySet<string> {
  const names = ["localhost", "127.0.0.1", "[::1]"];
  const withPort = names.map((name) => `${name}:${port}`);
  return new Set(port === 80 ? [...withPort, ...names] : withPort);
}

function isOurOrigin(origin: string, hosts: ReadonlySet<string>): boolean {
  return origin.startsWith("http://") && hosts.has(origin.slice("http://".length));
}

/** Another page on localhost is "same-site". Following a link to the page itself is all that others may do. */
function isCrossSite(request: IncomingMessage, route: Route): boolean {
  const site = request.headers["sec-fetch-site"];
  if (site === undefined || site === "same-origin" || site === "none") return false;
  return (
    route !== "page" ||
    request.headers["sec-fetch-mode"] !== "navigate" ||
    request.headers["sec-fetch-dest"] !== "document"
  );
}

/** Origin-form (`/path`) or absolute-form (`http://host/path`); anything else is undefined. */
function parseTarget(url: string): { path: string; host: string | undefined } | undefined {
  const parts = /^(?:http:\/\/([^/?#]*))?(\/[^?#]*)?(?:[?#].*)?$/is.exec(url);
  if (parts === null) return undefined;
  const [, host, rawPath] = parts;
  if (host === undefined && rawPath === undefined) return undefined;
  const path = decode(rawPath ?? "/");
  return path === undefined ? undefined : { path, host: host?.toLowerCase() };
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Undefined when the header is missing or repeated. */
function singleHeader(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name];
  return values?.length === 1 ? values[0] : undefined;
}

function refuse(status: number, code: Refusal["code"], message: string): Refusal {
  return { status, code, message };
}
