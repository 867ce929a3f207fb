/**
 * One request through the gateway: bytes go on in both directions as they come and as they are, with the back-pressure of
 * both sides. Whoever hangs up is passed on to the other side as just that: an abort, or a cut.
 */
import { request as httpRequest } from "node:http";
import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";

/** Of one connection, not of the message (RFC 9110, 7.6.1). `host` and `expect` are ours to say. */
const OF_THE_CONNECTION = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authorization",
  "proxy-authenticate",
  "te",
  "transfer-encoding",
  "upgrade",
  "expect",
]);
const MAX_HEADERS = 64 * 1024;

export interface Passage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What was read of the body so far. */
  readonly head: readonly Buffer[];
  readonly target: { readonly upstream: URL; readonly rest: string; readonly agent: Agent };
  /** Not for the provider. */
  readonly ownHeaders: ReadonlySet<string>;
  readonly maxBytes: number;
  /** Told when the answer begins; what it returns sees every chunk after it was passed on. */
  readonly onAnswer: (answer: Answer) => ((chunk: Uint8Array) => void) | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** `cut`: the provider's side broke off; `hung_up`: the agent's did; `unreachable`: there was no answer at all. */
export type PassageEnd =
  | { readonly how: "whole" | "cut" | "hung_up" | "too_large" }
  | { readonly how: "unreachable"; readonly why: string };

/** Never rejects. The response is finished, or destroyed, unless the end is `unreachable` or `too_large` without an answer. */
export function passThrough(passage: Passage): Promise<PassageEnd> {
  const { request, response } = passage;
  return new Promise((resolve) => {
    const call = callUpstream(passage);
    let answer: IncomingMessage | undefined;
    let isTooLarge = false;
    response.on("close", () => {
      if (response.writableFinished) return;
      call.destroy();
      resolve({ how: isTooLarge ? "too_large" : "hung_up" });
    });
    call.on("response", (began) => {
      answer = began;
      passAnswer(passage, began, (how) => resolve({ how }));
    });
    call.on("error", (error) => {
      // With an answer under way its own end tells more.
      if (answer === undefined) resolve(isTooLarge ? { how: "too_large" } : { how: "unreachable", why: reason(error) });
    });
    passBody(passage, call, () => {
      isTooLarge = true;
      request.unpipe(call);
      call.destroy();
    });
  });
}

function callUpstream({ request, target, ownHeaders }: Passage): ClientRequest {
  const { upstream, rest, agent } = target;
  const secure = upstream.protocol === "https:";
  const prefix = upstream.pathname.replace(/\/+$/, "");
  const kept = passedHeaders(request.rawHeaders, new Set([...ownHeaders, "host"]));
  return (secure ? httpsRequest : httpRequest)({
    protocol: upstream.protocol,
    hostname: upstream.hostname.replace(/^\[|\]$/g, ""),
    port: upstream.port === "" ? (secure ? 443 : 80) : Number(upstream.port),
    method: request.method ?? "POST",
    path: `${prefix}${rest}`,
    headers: ["Host", upstream.host, ...kept],
    agent,
    maxHeaderSize: MAX_HEADERS,
  });
}

function passBody({ request, head, maxBytes }: Passage, call: ClientRequest, onTooLarge: () => void): void {
  let bytes = 0;
  for (const chunk of head) {
    bytes += chunk.length;
    call.write(chunk);
  }
  if (request.readableEnded) {
    call.end();
    return;
  }
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) onTooLarge();
  });
  request.on("end", () => {
    const trailers = pairs(request.rawTrailers);
    if (trailers.length > 0 && !call.destroyed) call.addTrailers(trailers);
  });
  request.pipe(call);
}

function passAnswer(passage: Passage, answer: IncomingMessage, settle: (how: "whole" | "cut") => void): void {
  const { response } = passage;
  const status = answer.statusCode ?? 502;
  const onChunk = passage.onAnswer({ status, headers: answer.headers });
  response.sendDate = false;
  response.writeHead(status, answer.statusMessage ?? "", [...passedHeaders(answer.rawHeaders, new Set())]);
  // The status is news to the agent even while the model still thinks; what came with it leaves with it, in one write.
  response.cork();
  response.flushHeaders();
  answer.on("data", (chunk: Buffer) => {
    if (!response.write(chunk)) answer.pause();
    // Before it is read at the edge: what is noted of the first words is a commit, and the agent would wait for it.
    if (response.writableCorked > 0) response.uncork();
    onChunk?.(chunk);
  });
  response.on("drain", () => answer.resume());
  answer.on("end", () => {
    const trailers = pairs(answer.rawTrailers);
    if (trailers.length > 0) response.addTrailers(trailers);
    response.end();
  });
  // Without this listener a cut would be an uncaught error; `close` follows and decides.
  answer.on("error", () => {});
  answer.on("close", () => {
    if (answer.complete) return settle("whole");
    settle("cut");
    response.destroy();
  });
  process.nextTick(() => {
    if (response.writableCorked > 0) response.uncork();
  });
}

/** Flat list of names and values, spelled as they came. */
function passedHeaders(raw: readonly string[], dropped: ReadonlySet<string>): readonly string[] {
  const named = new Set<string>();
  for (const [name, value] of pairs(raw))
    if (name.toLowerCase() === "connection") for (const one of value.split(",")) named.add(one.trim().toLowerCase());
  return pairs(raw).flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    return OF_THE_CONNECTION.has(lower) || dropped.has(lower) || named.has(lower) ? [] : [name, value];
  });
}

function pairs(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[index * 2] ?? "", raw[index * 2 + 1] ?? ""]);
}

function reason(error: Error & { code?: string }): string {
  return error.code ?? error.message;
}
