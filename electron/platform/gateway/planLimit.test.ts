import { gzipSync } from "node:zlib";

import { afterEach, describe, expect, it } from "vitest";

import { eventually } from "#test/support/deadline.ts";
import { gatewayHarness, type GatewayHarness } from "#test/support/gatewayHarness.ts";
import { LimitReader, planLimit } from "./planLimit.ts";

const NOW = Date.parse("2026-11-28T12:00:00Z");
const anthropic = { type: "error", error: { type: "rate_limit_error", message: "You have hit your limit." } };
const chatGpt = (more: object) => ({
  error: { type: "usage_limit_reached", message: "The usage limit has been reached", ...more },
});
const google = {
  error: {
    code: 429,
    status: "RESOURCE_EXHAUSTED",
    message: "You exceeded your current quota.\nPlease  retry.",
    details: [
      { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [{ quotaId: "PerDay" }] },
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.5s" },
    ],
  },
};

describe("a refusal for too much use", () => {
  it.each<[string, Record<string, string>, unknown, number | undefined]>([
    ["Anthropic's plan", { "anthropic-ratelimit-unified-reset": String(NOW / 1000 + 7200) }, anthropic, 7200],
    ["Anthropic's seconds", { "retry-after": "12" }, anthropic, 12],
    [
      "Anthropic's API",
      {
        "anthropic-ratelimit-requests-remaining": "40",
        "anthropic-ratelimit-requests-reset": "2026-11-28T12:10:00Z",
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-28T12:01:00Z",
      },
      anthropic,
      60,
    ],
    ["a date", { "retry-after": "Sat, 28 Nov 2026 12:05:00 GMT" }, anthropic, 300],
    ["ChatGPT's plan by the clock", {}, chatGpt({ resets_at: NOW / 1000 + 3600 }), 3600],
    ["ChatGPT's plan in seconds", { "retry-after": "1" }, chatGpt({ resets_in_seconds: 1800 }), 1800],
    [
      "OpenAI's API",
      {
        "x-ratelimit-remaining-requests": "10",
        "x-ratelimit-reset-requests": "1h",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "6m0s",
      },
      { error: { message: "Rate limit reached" } },
      360,
    ],
    ["OpenAI's sentence", {}, { error: { message: "Rate limit reached. Please try again in 1m11.5s." } }, 71.5],
    [
      "ChatGPT's headers",
      {
        "x-codex-primary-used-percent": "100",
        "x-codex-primary-reset-after-seconds": "900",
        "x-codex-secondary-used-percent": "40",
        "x-codex-secondary-reset-at": String(NOW / 1000 + 86_400),
      },
      { error: { message: "Too much" } },
      900,
    ],
    ["milliseconds", { "retry-after-ms": "2500" }, { error: { message: "Slow down" } }, 2.5],
    ["Google's RetryInfo", {}, google, 34.5],
    ["Google's stream", {}, [google], 34.5],
    ["a time that has passed", { "retry-after": "Sat, 28 Nov 2026 11:00:00 GMT" }, anthropic, undefined],
    ["a time beyond any quota", { "retry-after": "99999999999" }, anthropic, undefined],
    ["nonsense", { "retry-after": "soon" }, { error: "no" }, undefined],
  ])("tells the reset: %s", (_name, headers, body, seconds) => {
    const limit = planLimit({ headers, body: JSON.stringify(body), nowMs: NOW });
    expect(limit.untilMs).toBe(seconds === undefined ? undefined : NOW + seconds * 1000);
    expect(limit.detail).toMatch(/^[A-Z].{5,200}$/);
  });

  it("has the provider's words on one line, and words of ours where there are none", () => {
    const said = (body: string) => planLimit({ headers: {}, body, nowMs: NOW }).detail;
    expect(said(JSON.stringify(google))).toBe("You exceeded your current quota. Please retry.");
    expect(said("")).toBe("The provider refuses more requests for now");
    expect(said("<html>")).toBe("The provider refuses more requests for now");
  });

  it("never repeats what the request was trusted with", () => {
    const headers = {
      authorization: "Bearer house-key-1",
      "x-api-key": "house-key-2",
      cookie: "a=1; session=house-key-3",
    };
    const reader = new LimitReader({ status: 429, headers: {} }, { headers, url: "/v1/x?alt=sse&key=house-key-4" });
    const message =
      "Too much for house-key-1, house-key-2, house-key-3, house-key-4 and sk-ant-api03-0123456789abcdefghij";
    reader.push(Buffer.from(JSON.stringify({ error: { message } })));
    expect(reader.limit(NOW).detail).toMatch(/^Too much for …, …, …, … and sk-ant-\*+$/);
  });

  it("is read through an encoding, and a bomb is given up", () => {
    const read = (bytes: Buffer): string => {
      const reader = new LimitReader({ status: 429, headers: { "content-encoding": "gzip" } }, { headers: {} });
      for (const byte of bytes) reader.push(Uint8Array.of(byte));
      return reader.limit(NOW).detail;
    };
    expect(read(gzipSync(JSON.stringify(anthropic)))).toBe("You have hit your limit.");
    expect(read(gzipSync(Buffer.alloc(4 * 1024 * 1024, " ")))).toBe("The provider refuses more requests for now");
  });
});

describe("an answer that began well and ends in a refusal", () => {
  let harness: GatewayHarness | undefined;
  afterEach(() => harness?.close());

  const limit = { code: "rate_limit_exceeded", message: "Rate limit reached. Please try again in 20m0s." };
  it.each<[string, string, object]>([
    ["Anthropic", "/anthropic/v1/messages", { type: "error", error: { ...limit, type: "rate_limit_error" } }],
    ["OpenAI", "/openai/v1/responses", { type: "response.failed", response: { id: "resp_1", error: limit } }],
    ["OpenAI's chat", "/openai/v1/chat/completions", { error: limit }],
    ["Google", "/gemini/v1beta/models/g:streamGenerateContent", { error: { ...limit, code: 429 } }],
  ])("is a limit all the same: %s", async (_name, path, event) => {
    harness = await gatewayHarness((message, response) => {
      message.resume();
      response.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${JSON.stringify(event)}\n\n`);
    });
    harness.register();
    const askedAt = Date.now();
    const { outcomes } = harness;
    expect((await harness.call({ path })).status).toBe(200);
    await eventually("the settlement", () => outcomes.length > 0);
    const told = outcomes[0]?.limit;
    expect(told?.detail).toBe(limit.message);
    expect((told?.untilMs ?? 0) - askedAt).toBeGreaterThanOrEqual(1_200_000);
    expect((told?.untilMs ?? 0) - askedAt).toBeLessThan(1_260_000);
  });

  it("is none when the provider broke off for another reason", async () => {
    harness = await gatewayHarness((message, response) => {
      message.resume();
      const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
      response.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${JSON.stringify(error)}\n\n`);
    });
    harness.register();
    const { outcomes } = harness;
    await harness.call({});
    await eventually("the settlement", () => outcomes.length > 0);
    expect(outcomes[0]?.limit).toBeUndefined();
  });
});
