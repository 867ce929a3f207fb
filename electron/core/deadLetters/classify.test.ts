import { describe, expect, it } from "vitest";
import type { ErrorClass } from "#shared/model/deadLetter.ts";
import { classify } from "./classify.ts";
import type { Failure } from "./classify.ts";
import { letterErrorOf } from "./letterError.ts";

const TABLE: readonly (readonly [Failure, ErrorClass])[] = [
  // Codes of ours.
  [{ message: "x", code: "not_found" }, "not_found"],
  [{ message: "x", code: "cli_missing" }, "not_found"],
  [{ message: "x", code: "timeout" }, "timeout"],
  [{ message: "x", code: "throttled" }, "rate_limit"],
  [{ message: "x", code: "disconnected" }, "network"],
  [{ message: "x", code: "no_responders" }, "network"],
  [{ message: "x", code: "bad_request" }, "validation"],
  [{ message: "x", code: "too_large" }, "validation"],
  [{ message: "x", code: "unauthorized" }, "auth"],
  [{ message: "x", code: "forbidden" }, "auth"],
  [{ message: "x", code: "budget_exhausted" }, "resource"],
  [{ message: "x", code: "store_unavailable" }, "resource"],
  [{ message: "x", code: "internal" }, "processing"],
  // Node's.
  [{ message: "x", code: "ENOENT" }, "not_found"],
  [{ message: "x", code: "ECONNREFUSED" }, "network"],
  [{ message: "x", code: "EAI_AGAIN" }, "network"],
  [{ message: "x", code: "ETIMEDOUT" }, "timeout"],
  [{ message: "x", code: "ENOSPC" }, "resource"],
  [{ message: "x", code: "EACCES" }, "auth"],
  // JSON-RPC's and MCP's.
  [{ message: "x", code: -32601 }, "not_found"],
  [{ message: "x", code: -32602 }, "validation"],
  [{ message: "x", code: -32603 }, "processing"],
  [{ message: "x", code: -32001 }, "timeout"],
  [{ message: "x", code: -32000 }, "network"],
  // HTTP.
  [{ message: "x", status: 404 }, "not_found"],
  [{ message: "x", status: 408 }, "timeout"],
  [{ message: "x", status: 429 }, "rate_limit"],
  [{ message: "x", status: 529 }, "rate_limit"],
  [{ message: "x", status: 401 }, "auth"],
  [{ message: "x", status: 422 }, "validation"],
  [{ message: "x", status: 500 }, "processing"],
  [{ message: "x", status: 503 }, "network"],
  // Words, the more telling ones first.
  [{ message: "Tool market_data not found" }, "not_found"],
  [{ message: "Unknown tool: market_data" }, "not_found"],
  [{ message: "The call gave no answer within 30 s." }, "timeout"],
  [{ message: "Rate limit: the request timed out" }, "rate_limit"],
  [{ message: "429 Too Many Requests" }, "rate_limit"],
  [{ message: "socket hang up" }, "network"],
  [{ message: "getaddrinfo ENOTFOUND example.org" }, "network"],
  [{ message: "Invalid API key" }, "auth"],
  [{ message: "amount must be a number" }, "validation"],
  [{ message: "no space left on device" }, "resource"],
  // A code beats its words, and words beat a name.
  [{ message: "not found", code: "timeout" }, "timeout"],
  [{ message: "connection reset", name: "TypeError" }, "network"],
  [{ message: "x is not a function", name: "TypeError" }, "processing"],
  [{ message: "Unexpected end of JSON input", name: "SyntaxError" }, "validation"],
  [{ message: "something else", name: "Error" }, "processing"],
  // Names that are no codes, and nothing at all.
  [{ message: "", code: "constructor" }, "unknown"],
  [{ message: "" }, "unknown"],
];

describe("the class of a failure", () => {
  it.each(TABLE)("%j is %s", (failure, expected) => {
    expect(classify(failure)).toBe(expected);
  });
});

describe("an error as a letter keeps it", () => {
  const now = 1_793_491_200_000;

  it("has message, code, stack and the time a limit told, in whichever way it said so", () => {
    const told = letterErrorOf(Object.assign(new Error("slow down"), { code: "throttled", retryAfterMs: 90_000 }), now);
    expect(told).toMatchObject({
      class: "rate_limit",
      code: "throttled",
      message: "slow down",
      retryAt: "2026-11-01T00:01:30.000Z",
    });
    expect(told.stack).toContain("slow down");
    expect(letterErrorOf("Too many requests, try again in 2 minutes", now).retryAt).toBe("2026-11-01T00:02:00.000Z");
    expect(letterErrorOf("429, Retry-After: 30", now).retryAt).toBe("2026-11-01T00:00:30.000Z");
  });

  it("is bounded, says how much was cut, and holds no secret of known shape", () => {
    const long = letterErrorOf(new Error(`token sk-ant-api03-${"a1".repeat(40)} ${"x".repeat(5000)}`), now);
    expect(long.message.length).toBeLessThan(2100);
    expect(long.message).toMatch(/more characters\)$/);
    expect(long.message).not.toContain("a1a1a1a1");
    expect(long.stack?.length).toBeLessThan(8100);
  });

  it("can be made of anything that is thrown", () => {
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    for (const thrown of [undefined, null, 7, 7n, Symbol("s"), [], circular, { message: 7 }, "", () => 1])
      expect(letterErrorOf(thrown, now)).toHaveProperty("class");
    expect(
      letterErrorOf(new Error("outer", { cause: Object.assign(new Error("in"), { code: "ECONNRESET" }) }), now).class,
    ).toBe("network");
  });
});
