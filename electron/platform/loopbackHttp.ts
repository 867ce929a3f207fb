/** HTTP to servers that agents of this machine run themselves (opencode's); nothing beyond loopback is ever reached. */
import { request, type ClientRequest, type IncomingMessage } from "node:http";

import type { HttpRequest, ServerEventsRequest } from "#core/ports/machine.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";

const DEFAULT_TIMEOUT_MS = 5_000;
const MAX_BODY = 4 * 1024 * 1024;
/** One event larger than this ends the stream rather than the app. */
const MAX_EVENT = 8 * 1024 * 1024;

export function loopbackRequest(wanted: HttpRequest): Promise<Result<{ status: number; body: string }>> {
  const url = loopbackUrl(wanted.url);
  if (url === undefined) return Promise.resolve(fail("forbidden", `${wanted.url} is not on this machine.`));
  return new Promise((settle) => {
    const call = request(url, {
      method: wanted.method,
      headers: { ...wanted.headers },
      timeout: wanted.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    });
    call.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        if (body.length < MAX_BODY) body += text;
      });
      response.on("end", () => settle(ok({ status: response.statusCode ?? 0, body })));
      response.on("error", (error) => settle(fail("disconnected", `${url.origin} broke off: ${error.message}.`)));
    });
    call.on("timeout", () => call.destroy(new Error("no answer in time")));
    call.on("error", (error) => settle(fail("disconnected", `${url.origin} does not answer: ${error.message}.`)));
    call.end(wanted.body);
  });
}

export function followServerEvents(wanted: ServerEventsRequest): () => void {
  const url = loopbackUrl(wanted.url);
  let ended = false;
  let call: ClientRequest | undefined;
  const end = (): void => {
    if (ended) return;
    ended = true;
    call?.destroy();
    wanted.onEnd();
  };
  if (url === undefined) {
    queueMicrotask(end);
    return end;
  }
  call = request(url, { headers: { ...wanted.headers, accept: "text/event-stream" } });
  call.on("response", (response) =>
    response.statusCode === 200 ? readEvents(response, { onData: wanted.onData, end }) : end(),
  );
  call.on("error", end);
  call.on("close", end);
  call.end();
  return end;
}

function readEvents(response: IncomingMessage, sink: { onData: (data: string) => void; end: () => void }): void {
  let pending = "";
  response.setEncoding("utf8");
  response.on("data", (text: string) => {
    pending += text.replaceAll("\r\n", "\n");
    if (pending.length > MAX_EVENT) return sink.end();
    let border = pending.indexOf("\n\n");
    while (border >= 0) {
      const data = eventData(pending.slice(0, border));
      if (data !== "") sink.onData(data);
      pending = pending.slice(border + 2);
      border = pending.indexOf("\n\n");
    }
  });
  response.on("close", sink.end);
  response.on("error", sink.end);
}

function eventData(event: string): string {
  return event
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).trimStart())
    .join("\n");
}

function loopbackUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname) ? url : undefined;
}
