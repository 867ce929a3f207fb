import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { gzipSync } from "node:zlib";

import { afterEach, describe, expect, it } from "vitest";

import type { UsageReport } from "#core/ports/usage.ts";
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

const START = `event: message_start\ndata: ${JSON.stringify({
  type: "message_start",
  message: { id: "msg_1", model: "claude-real", usage: { input_tokens: 12, output_tokens: 1 } },
})}\n\n`;
const TEXT = `data: ${JSON.stringify({ type: "content_block_delta", delta: { text: "12345678" } })}\n\n`;
const END = `data: ${JSON.stringify({ type: "message_delta", usage: { output_tokens: 42 } })}\n\ndata: {"type":"message_stop"}\n\n`;
const EVENTS = { "content-type": "text/event-stream", "request-id": "req_1" };

async function reported(): Promise<UsageReport | undefined> {
  await eventually("the settlement", () => harness.outcomes.length > 0);
  return harness.outcomes[0]?.report;
}

function sha(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe("the metering gateway", () => {
  it("passes megabytes on byte for byte in both directions, headers and trailers as they were", async () => {
    const sent = randomBytes(5 * 1024 * 1024);
    const answer = randomBytes(7 * 1024 * 1024);
    let got: { sha: string; headers: readonly string[]; url: string | undefined } | undefined;
    const { call } = await open(async (message, response) => {
      got = { sha: sha(await bodyOf(message)), headers: message.rawHeaders, url: message.url };
      response.writeHead(200, "Fine", [
        "X-Odd-Case",
        "kept",
        "Set-Cookie",
        "a=1",
        "Set-Cookie",
        "b=2",
        "Trailer",
        "x-sum",
      ]);
      for (let at = 0; at < answer.length; at += 99_991) response.write(answer.subarray(at, at + 99_991));
      response.addTrailers({ "x-sum": "7" });
      response.end();
    });
    const path = "/anthropic/v1/messages?beta=true&x=%2F";
    const headers = {
      Authorization: "Bearer canary",
      "X-Api-Key": "canary-2",
      "content-type": "application/octet-stream",
    };
    const received = await call({ path, headers, body: sent });
    expect(got?.sha).toBe(sha(sent));
    expect(got?.url).toBe("/v1/messages?beta=true&x=%2F");
    expect(got?.headers).toEqual(expect.arrayContaining(["Authorization", "Bearer canary", "X-Api-Key", "canary-2"]));
    expect(got?.headers.join("\n")).not.toMatch(/signalbox/i);
    expect(got?.headers).toContain(new URL(harness.upstreamUrl).host);
    expect(sha(received.body)).toBe(sha(answer));
    expect(received).toMatchObject({ status: 200, isWhole: true, trailers: { "x-sum": "7" } });
    expect(received.headers).toMatchObject({ "x-odd-case": "kept", "set-cookie": ["a=1", "b=2"] });
  });

  it("hands on each piece of a stream when it comes, and reports the provider's own count", async () => {
    let next: (() => void) | undefined;
    await open((_message, response) => {
      response.writeHead(200, EVENTS);
      response.write(START);
      next = () => response.end(END);
    });
    const seen: string[] = [];
    const headers = {
      "x-signalbox-gateway": TOKEN,
      "x-claude-code-session-id": "conv-1",
      "x-claude-code-agent-id": "sub-1",
    };
    const url = `${harness.gateway.url}/s1/anthropic/v1/messages`;
    const sent = request(url, { method: "POST", headers }, (response) => {
      response.on("data", (chunk: Buffer) => seen.push(chunk.toString()));
    });
    sent.end('{"model":"claude-asked"}');
    await eventually("the first event while the model still thinks", () => seen.join("") === START);
    next?.();
    await eventually("the rest", () => seen.join("") === START + END);
    expect(await reported()).toMatchObject({
      source: "gateway",
      confidence: "exact",
      agent: "claude",
      sessionId: "s1",
      cliSessionId: "conv-1",
      subagent: "sub-1",
      kind: "subagent",
      provider: "anthropic",
      model: "claude-real",
      requestId: "req_1",
      messageId: "msg_1",
      outcome: "complete",
      tokens: { input: 12, output: 42, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
    });
    expect(harness.calls).toEqual([
      {
        id: expect.any(String),
        sessionId: "s1",
        agent: "claude",
        provider: "anthropic",
        api: "anthropic",
        model: "claude-asked",
        estimate: { inputTokens: 6 },
      },
    ]);
    expect(harness.outcomes).toMatchObject([{ reservationId: "r1" }]);
  });

  it("keeps the back-pressure: a client that does not read holds the provider up, not our memory", async () => {
    let written = 0;
    const filling = Buffer.alloc(64 * 1024, "x");
    await open((_message, response) => {
      const fill = (): void => {
        while (written < 400 * 1024 * 1024) {
          written += filling.length;
          if (!response.write(filling)) return;
        }
      };
      response.on("drain", fill);
      fill();
    });
    const sent = request(`${harness.gateway.url}/s1/anthropic/v1/messages`, {
      method: "POST",
      headers: { "x-signalbox-gateway": TOKEN },
    });
    sent.on("error", () => {});
    const answer = new Promise<IncomingMessage>((resolve) => sent.on("response", resolve));
    sent.end("{}");
    (await answer).pause();
    // Provider, gateway and client turn on one loop: what has not moved in so many turns waits for the client.
    let stoodFor = 0;
    for (let before = 0; stoodFor < 200; before = written) {
      await new Promise((resolve) => setImmediate(resolve));
      stoodFor = written === before && written > 0 ? stoodFor + 1 : 0;
    }
    expect(written).toBeLessThan(64 * 1024 * 1024);
    sent.destroy();
    expect(await reported()).toMatchObject({ outcome: "interrupted" });
  });

  it("aborts the provider's side when the agent hangs up, and reports what was seen", async () => {
    const aborted = Promise.withResolvers<void>();
    await open((message, response) => {
      message.resume();
      response.on("close", () => aborted.resolve());
      response.writeHead(200, EVENTS);
      response.write(START + TEXT);
    });
    const sent = request(`${harness.gateway.url}/s1/anthropic/v1/messages`, {
      method: "POST",
      headers: { "x-signalbox-gateway": TOKEN },
    });
    sent.on("error", () => {});
    sent.on("response", (response) => {
      response.on("error", () => {});
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes(TEXT)) sent.destroy();
      });
    });
    sent.end("{}");
    await within("the abort upstream", aborted.promise);
    expect(await reported()).toMatchObject({
      outcome: "interrupted",
      confidence: "estimated",
      tokens: { input: 12, output: 2 },
    });
  });

  it("never takes the running count of an answer that was cut for the count of all of it", async () => {
    const running = `data: ${JSON.stringify({ type: "message_delta", usage: { output_tokens: 4 } })}\n\n`;
    const more = `data: ${JSON.stringify({ type: "content_block_delta", delta: { type: "text_delta", text: "x".repeat(80) } })}\n\n`;
    const { call } = await open((_message, response) => {
      response.writeHead(200, EVENTS);
      response.write(START + running + more, () => response.destroy());
    });
    await call();
    expect(await reported()).toMatchObject({ confidence: "estimated", tokens: { input: 12, output: 20 } });
  });

  it("tells what the provider said of a request while it is still under way", async () => {
    let finish: (() => void) | undefined;
    const { call } = await open((_message, response) => {
      response.writeHead(200, EVENTS);
      response.write(START);
      finish = () => response.end(TEXT + END);
    });
    const answer = call();
    await eventually("the first words", () => harness.heard.length > 0);
    const [heard] = harness.heard;
    expect(heard).toMatchObject({
      confidence: "estimated",
      outcome: "interrupted",
      requestId: "req_1",
      messageId: "msg_1",
      tokens: { input: 12 },
    });
    finish?.();
    await answer;
    expect((await reported())?.sourceKey).toBe(heard?.sourceKey);
    expect(harness.heard).toHaveLength(1);
  });

  it("passes a cut of the provider's side on as a cut", async () => {
    const { call } = await open((_message, response) => {
      response.writeHead(200, EVENTS);
      response.write(START, () => response.destroy());
    });
    expect(await call()).toMatchObject({ status: 200, isWhole: false });
    expect(await reported()).toMatchObject({ outcome: "interrupted", tokens: { input: 12 } });
  });

  it("estimates a request whose stream says nothing of usage from its size and what was streamed", async () => {
    const { call } = await open((_message, response) => {
      response.writeHead(200, EVENTS);
      response.end(
        `data: ${JSON.stringify({ id: "c1", choices: [{ finish_reason: "stop", delta: { content: "1234" } }] })}\n\n`,
      );
    });
    await call({ path: "/openai/v1/chat/completions", body: '{"model":"m","x":"23456"}' });
    const tokens = { input: 7, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
    expect(await reported()).toMatchObject({
      outcome: "complete",
      confidence: "estimated",
      model: "m",
      messageId: "c1",
      tokens,
    });
  });

  it("leaves an encoded answer encoded and reads a copy of it", async () => {
    const encoded = gzipSync(START + END);
    const { call } = await open((_message, response) => {
      response.writeHead(200, { ...EVENTS, "content-encoding": "gzip" });
      response.end(encoded);
    });
    const answer = await call();
    expect(sha(answer.body)).toBe(sha(encoded));
    expect(answer.headers["content-encoding"]).toBe("gzip");
    expect(await reported()).toMatchObject({ tokens: { input: 12, output: 42 } });
  });

  it("passes a gzip bomb on and estimates what it cannot read", async () => {
    const bomb = gzipSync(Buffer.alloc(40 * 1024 * 1024));
    const { call } = await open((_message, response) => {
      response.writeHead(200, { ...EVENTS, "content-encoding": "gzip" });
      response.end(bomb);
    });
    expect(sha((await call()).body)).toBe(sha(bomb));
    expect(await reported()).toMatchObject({ outcome: "complete", confidence: "estimated", tokens: { output: 0 } });
  });

  it("hands errors and redirects of the provider on untouched and follows none", async () => {
    const { call } = await open((message, response) => {
      message.resume();
      if (message.url === "/v1/messages?moved") response.writeHead(307, { location: "http://169.254.169.254/" }).end();
      else response.writeHead(529, { "content-type": "application/json" }).end('{"type":"error"}');
    });
    expect(await call()).toMatchObject({ status: 529, body: Buffer.from('{"type":"error"}') });
    expect(await reported()).toMatchObject({ outcome: "failed" });
    const moved = await call({ path: "/anthropic/v1/messages?moved" });
    expect(moved).toMatchObject({ status: 307, headers: { location: "http://169.254.169.254/" } });
    await eventually("the second settlement", () => harness.outcomes.length === 2);
    expect(harness.outcomes[1]?.report).toBeUndefined();
  });

  it("tells of a limit that the provider speaks of, and passes its words on", async () => {
    const body = '{"type":"error","error":{"type":"rate_limit_error","message":"Five hours are used up."}}';
    const { call } = await open((message, response) => {
      message.resume();
      response.writeHead(429, { "content-type": "application/json", "retry-after": "3600" }).end(body);
    });
    const askedAt = Date.now();
    expect(await call()).toMatchObject({ status: 429, body: Buffer.from(body), headers: { "retry-after": "3600" } });
    expect(await reported()).toMatchObject({ outcome: "failed" });
    const limit = harness.outcomes[0]?.limit;
    expect(limit?.detail).toBe("Five hours are used up.");
    expect((limit?.untilMs ?? 0) - askedAt).toBeGreaterThanOrEqual(3_600_000);
    expect((limit?.untilMs ?? 0) - askedAt).toBeLessThan(3_660_000);
  });

  it("says that the provider cannot be reached, in its own shape, and settles", async () => {
    await open((_message, response) => response.end());
    harness.register({ routes: { anthropic: { provider: "anthropic", upstream: "http://127.0.0.1:1" } } });
    const answer = await callGateway(harness.gateway, {});
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      type: "error",
      error: { type: "api_error", message: expect.stringContaining("127.0.0.1:1 could not be reached") },
    });
    expect(harness.outcomes).toMatchObject([{ reservationId: "r1" }]);
    expect(harness.outcomes[0]?.report).toBeUndefined();
  });
});

describe("the brake", () => {
  const sentence = "The token budget of web/coder is used up. Grant more in Signalbox.";

  it.each([
    ["/anthropic/v1/messages", 402, { type: "error", error: { type: "billing_error", message: sentence } }],
    ["/openai/v1/responses", 400, { error: { message: sentence, type: "budget_exhausted" } }],
    ["/openai/v1/chat/completions", 402, { error: { message: sentence, type: "budget_exhausted" } }],
    ["/gemini/v1beta/models/g:generateContent", 402, { error: { code: 402, message: sentence } }],
    ["/openai/v1/images", 402, { error: { message: sentence } }],
  ])("answers %s with %i in the provider's shape, and nothing goes out", async (path, status, shape) => {
    let reached = 0;
    const { call } = await open((_message, response) => {
      reached += 1;
      response.end("{}");
    });
    harness.verdict = () => ({ allow: false, level: "hard", sentence });
    const answer = await call({ path, body: Buffer.alloc(3 * 1024 * 1024, " ") });
    expect(answer.status).toBe(status);
    expect(answer.headers["x-should-retry"]).toBe("false");
    expect(JSON.parse(answer.body.toString())).toMatchObject(shape);
    expect(reached).toBe(0);
    expect(harness.outcomes).toEqual([]);
  });

  it("lets model lists and token counts through: they cost nothing", async () => {
    const { call } = await open((message, response) => {
      message.resume();
      response.end("{}");
    });
    harness.verdict = () => ({ allow: false, level: "hard", sentence });
    expect(await call({ path: "/anthropic/v1/models", method: "GET", body: "" })).toMatchObject({ status: 200 });
    expect(await call({ path: "/anthropic/v1/messages/count_tokens?beta=true" })).toMatchObject({ status: 200 });
    expect(await call({ path: "/gemini/v1beta/models/g:countTokens" })).toMatchObject({ status: 200 });
    expect(harness.calls).toEqual([]);
  });

  it("stays closed when the budget cannot be asked", async () => {
    const { call } = await open((_message, response) => response.end("{}"));
    harness.verdict = () => Promise.reject(new Error("a bug"));
    expect(await call()).toMatchObject({ status: 402 });
  });

  it("lets a stream that is under way come to its end", async () => {
    let finish: (() => void) | undefined;
    const { call } = await open((_message, response) => {
      response.writeHead(200, EVENTS);
      response.write(START);
      finish = () => response.end(END);
    });
    const answer = call();
    await eventually("the stream", () => finish);
    harness.verdict = () => ({ allow: false, level: "hard", sentence });
    finish?.();
    expect(await answer).toMatchObject({ status: 200, isWhole: true });
    expect(await call()).toMatchObject({ status: 402 });
    expect(harness.outcomes).toHaveLength(1);
  });

  it("names the model of a request in pieces, and asks without one when it is not told early", async () => {
    const { call } = await open((message, response) => {
      message.resume();
      response.end("{}");
    });
    await call({ path: "/gemini/v1beta/models/gemini-x:streamGenerateContent?alt=sse" });
    await call({ path: "/openai/v1/responses", body: `{"input":[{"model":"no"}],"model":"yes"}` });
    await call({ path: "/openai/v1/responses", body: `{"input":"${"x".repeat(400_000)}","model":"late"}` });
    await call({
      path: "/openai/v1/responses",
      body: gzipSync('{"model":"m"}'),
      headers: { "content-encoding": "gzip" },
    });
    expect(harness.calls.map(({ model }) => model)).toEqual(["gemini-x", "yes", undefined, undefined]);
  });
});
