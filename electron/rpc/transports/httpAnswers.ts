/** Refusals as HTTP answers, on requests and on raw upgrade sockets alike, and bodies read up to a limit. */
import { STATUS_CODES } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { fail, ok } from "#shared/model/result.ts";
import type { Rejection, Result } from "#shared/model/result.ts";
import type { Refusal } from "./requestGuard.ts";

export function refuseRequest(response: ServerResponse, refusal: Refusal): void {
  const body = bodyOf(refusal);
  response.writeHead(refusal.status, {
    ...refusal.headers,
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    // A refused caller may still be sending; the connection is not worth keeping.
    connection: refusal.headers?.["connection"] ?? "close",
  });
  response.end(body);
}

/** Upgrades have no response object yet, so the answer is written by hand; never anything but a whole HTTP response. */
export function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  socket.on("error", () => socket.destroy());
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = bodyOf(refusal);
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? "Refused"}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "cache-control: no-store",
    "x-content-type-options: nosniff",
    ...Object.entries(refusal.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

export function toRefusal(error: Rejection): Refusal {
  const { message } = error;
  switch (error.code) {
    case "throttled":
      return { status: 429, code: "throttled", message, headers: { "retry-after": "30" } };
    case "unauthorized":
      return { status: 401, code: "unauthorized", message, headers: { "www-authenticate": "Bearer" } };
    case "too_large":
      return { status: 413, code: "too_large", message };
    default:
      return { status: 400, code: "bad_request", message };
  }
}

/** UTF-8 text of at most `maxBytes`; `too_large` beyond that, `bad_request` when the caller hung up. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Result<string>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      if (!(chunk instanceof Uint8Array)) continue;
      size += chunk.length;
      if (size > maxBytes) return fail("too_large", `The body may hold ${maxBytes} bytes.`);
      chunks.push(chunk);
    }
  } catch {
    return fail("bad_request", "The body did not arrive.");
  }
  return ok(Buffer.concat(chunks).toString("utf8"));
}

/** What the client offers in Sec-WebSocket-Protocol, in its order. */
export function subprotocols(request: IncomingMessage): readonly string[] {
  return request.headers["sec-websocket-protocol"]?.split(",").map((part) => part.trim()) ?? [];
}

function bodyOf(refusal: Refusal): string {
  return JSON.stringify({ error: { code: refusal.code, message: refusal.message } });
}
