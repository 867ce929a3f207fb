/** HTTP by hand: exactly these lines over a socket, and the whole answer; for what no well-behaved client would send. */
import type { Socket } from "node:net";
import { expect } from "vitest";
import { within } from "#test/support/deadline.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Rejects when the connection ends without a whole answer. */
export function rawRequest(socket: Socket, lines: readonly string[], body = ""): Promise<Answer> {
  socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
  const answered = new Promise<Answer>((resolve, reject) => {
    let text = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      text += chunk;
      const answer = parseAnswer(text);
      if (answer === undefined) return;
      socket.destroy();
      resolve(answer);
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`no HTTP answer: ${text}`)));
  });
  return within(`an answer to ${lines[0]}`, answered);
}

function parseAnswer(text: string): Answer | undefined {
  const end = text.indexOf("\r\n\r\n");
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
  if (end < 0 || status === undefined) return undefined;
  const headers = Object.fromEntries(
    text
      .slice(0, end)
      .split("\r\n")
      .slice(1)
      .map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const body = text.slice(end + 4);
  const isWhole = text.startsWith("HTTP/1.1 101") || body.length >= Number(headers["content-length"] ?? 0);
  return isWhole ? { status: Number(status), headers, body } : undefined;
}

export function upgradeLines(path: string, extra: readonly string[]): string[] {
  return [
    `GET ${path} HTTP/1.1`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...extra,
  ];
}

export function expect4xx(answer: Answer): void {
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
}
