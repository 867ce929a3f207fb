import { gzipSync } from "node:zlib";

import { describe, expect, it } from "vitest";

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
