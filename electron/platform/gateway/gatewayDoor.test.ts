import { connect } from "node:net";

import { afterEach, describe, expect, it } from "vitest";

import { eventually, within } from "#test/support/deadline.ts";
import {
  callGateway,
  gatewayHarness,
  TOKEN,
  type GatewayHarness,
  type Upstream,
} from "#test/support/gatewayHarness.ts";

let harness: GatewayHarness;
afterEach(() => harness.close());

async function open(upstream: Upstream): Promise<GatewayHarness> {
  harness = await gatewayHarness(upstream);
  harness.register();
  return harness;
}

/** Bytes as they are, for what no client library would send. */
async function raw(text: string): Promise<string> {
  const socket = connect(harness.gateway.port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => {});
  socket.write(text);
  await within("the end of the connection", new Promise((resolve) => socket.on("close", resolve)));
  return Buffer.concat(chunks).toString("latin1");
}

describe("the gateway's door", () => {
  const isReached: Upstream = (_message, response) => response.end("reached");

  it.each([
    ["a wrong token", { headers: { "x-signalbox-gateway": "wrong" } }, 401],
    ["no token", { headers: { "x-signalbox-gateway": "" } }, 401],
    ["another session's token", { session: "s2" }, 401],
    ["a foreign host", { headers: { host: "evil.example" } }, 403],
    ["our host with another port", { headers: { host: "127.0.0.1:1" } }, 403],
    ["a page's origin", { headers: { origin: "http://127.0.0.1" } }, 403],
    ["a null origin", { headers: { origin: "null" } }, 403],
    ["an unknown route", { path: "/elsewhere/v1/messages" }, 404],
    ["a path that climbs", { path: "/anthropic/v1/../../admin" }, 401],
    ["a path that climbs in disguise", { path: "/anthropic/v1/%2e%2E%2fadmin" }, 401],
    ["a body that says it is too large", { headers: { "content-length": String(2 ** 40) } }, 413],
  ])("refuses %s", async (_name, wanted, status) => {
    await open(isReached);
    harness.register({ sessionId: "s2", token: "other" });
    const isFalseLength = "headers" in wanted && "content-length" in wanted.headers;
    const answer = await callGateway(harness.gateway, { ...wanted, ...(isFalseLength ? { body: "" } : {}) }).catch(
      (error: unknown) => error,
    );
    expect(answer).toMatchObject({ status });
    expect(harness.calls).toEqual([]);
  });

  it("sends nothing for an agent that ended while its request waited for the budget, and gives back what was set aside", async () => {
    let reached = 0;
    harness = await gatewayHarness((_message, response) => {
      reached += 1;
      response.end("reached");
    });
    const ends = harness.register();
    const room = Promise.withResolvers<void>();
    harness.verdict = async () => {
      await room.promise;
      return { allow: true, reservationId: "r1" };
    };
    const answer = callGateway(harness.gateway, {});
    await eventually("it waits", () => harness.calls.length === 1);
    ends();
    room.resolve();
    expect(await answer).toMatchObject({ status: 502 });
    expect(reached).toBe(0);
    expect(harness.outcomes).toMatchObject([{ reservationId: "r1" }]);
    expect(harness.outcomes[0]).not.toHaveProperty("report");
  });

  it("throttles wrong tokens without keeping the right one out, and forgets a session that ended", async () => {
    const { call } = await open(isReached);
    const wrong = { headers: { "x-signalbox-gateway": "wrong" } };
    for (let attempt = 0; attempt < 20; attempt += 1) expect((await call(wrong)).status).toBe(401);
    expect((await call(wrong)).status).toBe(429);
    expect((await call()).status).toBe(200);
    harness.register()();
    expect((await call()).status).toBe(429);
  });

  it("tells who used another session's name, whose token it was, and who called where nobody is let through any more", async () => {
    const { call } = await open(isReached);
    const end = harness.register({ sessionId: "s2", token: "other", tokenHeader: "openai-project" });
    await call({ session: "s2", headers: { "x-signalbox-gateway": TOKEN } });
    await call({ headers: { "x-signalbox-gateway": "", "openai-project": "other" } });
    await call({ headers: { "x-signalbox-gateway": "made-up" } });
    end();
    await call({ session: "s2", headers: { "openai-project": "other" } });
    await raw(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${harness.gateway.port}\r\nConnection: close\r\n\r\n`);
    const wrong = { door: "gateway", why: "wrong_token" };
    expect(harness.refused).toEqual([
      { ...wrong, sessionId: "s2", isOpen: true, tokenOf: "s1" },
      { ...wrong, sessionId: "s1", isOpen: true, tokenOf: "s2" },
      { ...wrong, sessionId: "s1", isOpen: true },
      // The token of the test's calls, as every one of them carries it where it says nothing else.
      { ...wrong, sessionId: "s2", isOpen: false, tokenOf: "s1" },
    ]);
  });

  it("tells of nobody while it comes up: agents of the last run are taken up one by one", async () => {
    harness = await gatewayHarness(isReached, { preferredPort: 0 });
    expect(await harness.call()).toMatchObject({ status: 503 });
    expect(harness.refused).toEqual([]);
  });

  it.each([
    ["two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"],
    ["a length beside chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"],
    ["a folded header", "X-A: 1\r\n B: 2\r\n"],
    ["a broken name", "X A: 1\r\n"],
  ])("refuses a request with %s before anybody sees it", async (_name, headers) => {
    await open(isReached);
    const head = `POST /gateway/s1/anthropic/v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${harness.gateway.port}\r\nx-signalbox-gateway: ${TOKEN}\r\n`;
    expect(await raw(`${head}${headers}\r\nhello`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(harness.calls).toEqual([]);
  });

  it("refuses oversized headers, proxy forms, tunnels and WebSockets", async () => {
    await open(isReached);
    const host = `Host: 127.0.0.1:${harness.gateway.port}\r\nx-signalbox-gateway: ${TOKEN}\r\n`;
    const path = "/gateway/s1/anthropic/v1/models";
    expect(await raw(`GET ${path} HTTP/1.1\r\n${host}X-A: ${"a".repeat(70_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await raw(`GET http://evil.example${path} HTTP/1.1\r\n${host}\r\n`)).toMatch(/^HTTP\/1\.1 4/);
    expect(await raw(`CONNECT evil.example:443 HTTP/1.1\r\n${host}\r\n`)).not.toMatch(/ 200 /);
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    expect(await raw(`GET ${path} HTTP/1.1\r\n${host}${upgrade}\r\n`)).toMatch(/^HTTP\/1\.1 426 /);
  });

  it("takes a half-closed connection for one that hung up, and settles", async () => {
    const { gateway } = await open((message) => void message.resume());
    const socket = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.resume();
    socket.write(
      `POST /gateway/s1/anthropic/v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nx-signalbox-gateway: ${TOKEN}\r\nContent-Length: 2\r\n\r\n{}`,
    );
    await eventually("the call", () => harness.calls.length === 1);
    socket.end();
    await within("the end of the connection", new Promise((resolve) => socket.on("close", resolve)));
    await eventually("the settlement", () => harness.outcomes.length === 1);
    expect(harness.outcomes[0]?.report).toMatchObject({ outcome: "interrupted" });
  });
});
