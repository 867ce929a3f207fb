import { describe, expect, it } from "vitest";
import { MAX_MESSAGE_BYTES, dedupeKey, encodeEnvelope, parseEnvelope } from "./envelope.ts";
import { compose, hear, hearAs, readData } from "./message.ts";
import type { MessageParts } from "./message.ts";

const parts: MessageParts<"context.handed_over"> = {
  id: "01",
  source: "/agents/desk/writer",
  time: "2026-11-29T00:00:00.000Z",
  contextid: "ctx-1",
  data: {
    context_id: "ctx-1",
    intent: "Go on.",
    last_tool_output: null,
    memory_snapshot_url: null,
    token_budget: 1000,
    status: "requested",
  },
};

function said(change: (envelope: Record<string, unknown>) => void = () => undefined): string {
  const composed = compose("context.handed_over", parts);
  if (!composed.ok) throw new Error(composed.error.message);
  const envelope: Record<string, unknown> = structuredClone(composed.value);
  change(envelope);
  return JSON.stringify(envelope);
}

function refusalOf(text: string | Uint8Array) {
  const heard = hear(text);
  if (heard.ok) throw new Error("was accepted");
  return heard.error;
}

const dataWith = (more: Record<string, unknown>) => (envelope: Record<string, unknown>) =>
  void (envelope["data"] = { ...parts.data, ...more });

describe("a message", () => {
  it("is a CloudEvents 1.0 object that is read as it was said", () => {
    const composed = compose("context.handed_over", parts);
    expect(composed).toEqual({
      ok: true,
      value: {
        specversion: "1.0",
        id: "01",
        source: "/agents/desk/writer",
        type: "context.handed_over",
        contextid: "ctx-1",
        time: "2026-11-29T00:00:00.000Z",
        datacontenttype: "application/json",
        dataschema: "urn:signalbox:schema:context.handed_over:1",
        data: parts.data,
      },
    });
    if (!composed.ok) return;
    const text = encodeEnvelope(composed.value);
    expect(text.ok && hearAs("context.handed_over", text.value)).toEqual({
      ok: true,
      value: { envelope: composed.value, data: parts.data },
    });
    expect(dedupeKey(composed.value)).toBe("/agents/desk/writer 01");
  });

  it.each([
    ["no JSON", "V1001", "{", /no JSON/],
    ["bytes that are no UTF-8", "V1001", new Uint8Array([0xff, 0xfe]), /UTF-8/],
    ["no object", "V1001", "[]", /envelope/],
    ["a missing attribute", "V1002", said((e) => delete e["source"]), /source: is missing/],
    ["a missing field", "V1002", said(dataWith({ intent: undefined })), /intent: is missing/],
    [
      "a field with a fixed set of words, missing",
      "V1002",
      said(dataWith({ status: undefined })),
      /status: is missing/,
    ],
    ["a malformed time", "V1003", said((e) => void (e["time"] = "yesterday")), /time/],
    [
      "a source with a blank, which would make two keys one",
      "V1003",
      said((e) => void (e["source"] = "/a b")),
      /source/,
    ],
    [
      "an attribute named as CloudEvents does not allow",
      "V1001",
      said((e) => void (e["context_id"] = "x")),
      /context_id/,
    ],
    ["an attribute that is no single value", "V1001", said((e) => void (e["extra"] = {})), /extra/],
    ["a number out of range", "V1004", said(dataWith({ token_budget: -1 })), /token_budget/],
    ["a word that is none of the set", "V1005", said(dataWith({ status: "fine" })), /status/],
    ["an unknown type", "V3002", said((e) => void (e["type"] = "context.handed_ovr")), /context\.handed_over/],
    [
      "an unknown version",
      "V3001",
      said((e) => void (e["dataschema"] = "urn:signalbox:schema:context.handed_over:9")),
      /Update Signalbox/,
    ],
  ])("with %s is refused with %s and a sentence", (_what, check, text, sentence) => {
    const error = refusalOf(text);
    expect(error.details?.["check"]).toBe(check);
    expect(error.message).toMatch(sentence);
  });

  it("of 1 MB is taken, and of one byte more is not", () => {
    const bare = said((e) => void (e["pad"] = "")).length;
    const padded = (bytes: number) => said((e) => void (e["pad"] = "x".repeat(bytes - bare)));
    expect(hear(padded(MAX_MESSAGE_BYTES)).ok).toBe(true);
    expect(refusalOf(padded(MAX_MESSAGE_BYTES + 1))).toMatchObject({ code: "too_large", details: { check: "V2001" } });
  });

  it("nested beyond 32 levels is refused, however deep", () => {
    const nested = (levels: number) =>
      said((e) => void (e["data"] = "@")).replace('"@"', `${"[".repeat(levels)}${"]".repeat(levels)}`);
    expect(parseEnvelope(nested(32)).ok).toBe(true);
    expect(refusalOf(nested(33)).details?.["check"]).toBe("V1004");
    expect(refusalOf(nested(400_000)).details?.["check"]).toBe("V1004");
  });

  it("with more than 10,000 items in a list or 1,000 fields in an object is refused, with the number", () => {
    const withData = (data: unknown) => said((e) => void (e["data"] = data));
    const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, n]));
    expect(parseEnvelope(withData({ list: Array.from({ length: 10_000 }, () => 0), ...fields(999) })).ok).toBe(true);
    const long = refusalOf(withData([{ list: Array.from({ length: 10_001 }, () => 0) }]));
    const wide = refusalOf(withData({ deep: fields(1001) }));
    expect([long.details?.["check"], wide.details?.["check"]]).toEqual(["V1004", "V1004"]);
    expect([long.message, wide.message]).toEqual([
      expect.stringContaining("10001 items in one list"),
      expect.stringContaining("1001 fields in one object"),
    ]);
  });

  it("is strict in what is said and lenient to what a newer sender adds", () => {
    const data = { ...parts.data, mood: "good" };
    expect(compose("context.handed_over", { ...parts, data })).toMatchObject({ ok: false });
    expect(hear(said(dataWith({ mood: "good" })))).toMatchObject({ ok: true, value: { data: parts.data } });
  });
});

describe("what was written in an older version", () => {
  const scheduled = { path: "desk/a", attempt: 1, supervisor: "desk" };
  const life = { path: "desk/a", sessionId: "6f1c2a34-9b1d-4c55-8a77-0d6f4f1f7b10", generation: 2 };
  const lost = { ...life, cause: "keeper_lost", detail: "The session keeper is gone." };

  it.each([
    ["agent.restart_scheduled", { ...scheduled, delayMs: 403.6 }, { ...scheduled, delayMs: 404 }],
    ["agent.exited", lost, { ...lost, code: null, signal: null, resumeBroken: false }],
  ])("%s is brought up to date when it is read", (type, stored, current) => {
    expect(readData(type, stored)).toEqual({ ok: true, value: { data: current, saidIn: 1 } });
    expect(readData(type, stored, 1)).toEqual({ ok: true, value: { data: current, saidIn: 1 } });
    expect(readData(type, current)).toEqual({ ok: true, value: { data: current, saidIn: 2 } });
  });

  it("is refused when it fits no version, with what the newest misses", () => {
    expect(readData("agent.exited", { ...lost, cause: "tired" })).toMatchObject({
      ok: false,
      error: { code: "bad_request", message: /code: is missing|cause/ },
    });
    expect(readData("agent.exited", lost, 2)).toMatchObject({ ok: false, error: { details: { check: "V1002" } } });
  });

  it("is read from an envelope that says its version", () => {
    const envelope = {
      specversion: "1.0",
      id: "1",
      source: "/events",
      type: "agent.restart_scheduled",
      time: "2026-11-29T00:00:00.000Z",
      dataschema: "urn:signalbox:schema:agent.restart_scheduled:1",
      data: { ...scheduled, delayMs: 0.4 },
    };
    expect(hear(JSON.stringify(envelope))).toMatchObject({
      ok: true,
      value: { data: { ...scheduled, delayMs: 0 }, saidIn: 1 },
    });
  });
});
