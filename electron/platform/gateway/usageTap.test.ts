import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";

import { describe, expect, it } from "vitest";

import { JsonPick } from "./jsonPick.ts";
import type { UsageSeen } from "./usageReaders.ts";
import { usageTap, type TappedAnswer } from "./usageTap.ts";

const EVENTS = { contentType: "text/event-stream; charset=utf-8", contentEncoding: "" };
const DOCUMENT = { contentType: "application/json", contentEncoding: "" };

const message = { id: "msg_1", type: "message", model: "claude-x", content: [] };
const startUsage = {
  input_tokens: 12,
  cache_creation_input_tokens: 300,
  cache_read_input_tokens: 5000,
  output_tokens: 1,
};
const ANTHROPIC = [
  { type: "message_start", message: { ...message, usage: startUsage } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: 'häß "lich" {[\\' } },
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 42 } },
  { type: "message_stop" },
].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
const RESPONSES = [
  { type: "response.created", response: { id: "resp_1", model: "gpt-x", status: "in_progress", usage: null } },
  { type: "response.output_text.delta", delta: "hello" },
  {
    type: "response.completed",
    response: {
      id: "resp_1",
      model: "gpt-x",
      output: [{ type: "message", content: [{ text: "usage" }], usage: { input_tokens: 9 } }],
      usage: {
        input_tokens: 6000,
        input_tokens_details: { cached_tokens: 5000 },
        output_tokens: 101,
        output_tokens_details: { reasoning_tokens: 7 },
      },
    },
  },
].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
const CHAT = [
  { id: "chatcmpl-1", model: "m", choices: [{ delta: { content: "hi" }, finish_reason: null }], usage: null },
  { id: "chatcmpl-1", model: "m", choices: [{ delta: {}, finish_reason: "stop" }] },
  {
    id: "chatcmpl-1",
    model: "m",
    choices: [],
    usage: { prompt_tokens: 60, completion_tokens: 9, prompt_tokens_details: { cached_tokens: 50 } },
  },
].map((event) => `data: ${JSON.stringify(event)}\n\n`);
const geminiUsage = {
  promptTokenCount: 6000,
  cachedContentTokenCount: 5000,
  candidatesTokenCount: 100,
  thoughtsTokenCount: 7,
  totalTokenCount: 6107,
};
const GEMINI = [
  { candidates: [{ content: { parts: [{ text: "hi" }] } }], responseId: "g1", modelVersion: "gemini-x" },
  { candidates: [{ content: { parts: [] }, finishReason: "STOP" }], usageMetadata: geminiUsage, responseId: "g1" },
];

const WHOLE: Record<TappedAnswer["api"], UsageSeen> = {
  anthropic: {
    messageId: "msg_1",
    model: "claude-x",
    tokens: { input: 12, output: 42, cacheRead: 5000, cacheWrite: 300, reasoning: 0 },
    isWhole: true,
    isOutputCounted: true,
    characters: 14,
  },
  openai_responses: {
    messageId: "resp_1",
    model: "gpt-x",
    tokens: { input: 1000, output: 101, cacheRead: 5000, cacheWrite: 0, reasoning: 7 },
    isWhole: true,
    isOutputCounted: true,
    characters: 5,
  },
  openai_chat: {
    messageId: "chatcmpl-1",
    model: "m",
    tokens: { input: 10, output: 9, cacheRead: 50, cacheWrite: 0, reasoning: 0 },
    isWhole: true,
    isOutputCounted: true,
    characters: 2,
  },
  gemini: {
    messageId: "g1",
    model: "gemini-x",
    tokens: { input: 1000, output: 107, cacheRead: 5000, cacheWrite: 0, reasoning: 7 },
    isWhole: true,
    isOutputCounted: true,
    characters: 2,
  },
};
const STREAMS: readonly (readonly [TappedAnswer["api"], string])[] = [
  ["anthropic", ANTHROPIC.join("")],
  ["openai_responses", RESPONSES.join("")],
  ["openai_chat", `${CHAT.join("")}data: [DONE]\n\n`],
  ["gemini", GEMINI.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join("")],
];

async function seenIn(answer: TappedAnswer, ...chunks: readonly Uint8Array[]): Promise<UsageSeen | undefined> {
  const tap = usageTap(answer);
  for (const chunk of chunks) tap.push(chunk);
  return tap.finish();
}

describe.each(STREAMS)("the tap on a stream of %s", (api, stream) => {
  const bytes = Buffer.from(stream);
  const answer = { api, ...EVENTS };

  it("reads the same usage wherever the bytes are split", async () => {
    for (let at = 0; at <= bytes.length; at += 1)
      expect(await seenIn(answer, bytes.subarray(0, at), bytes.subarray(at))).toEqual(WHOLE[api]);
  });

  it("reads it byte by byte, with every kind of line end, behind a mark and between comments", async () => {
    const lines = stream.replaceAll("\r\n", "\n").replaceAll("\n\n", "\n\n: ping\n\n");
    for (const end of ["\n", "\r\n", "\r"]) {
      const text = Buffer.from(`\uFEFF${lines.replaceAll("\n", end)}`);
      expect(await seenIn(answer, ...Array.from(text, (byte) => Uint8Array.of(byte)))).toEqual(WHOLE[api]);
    }
  });

  it("reads it without the space after the colon and with its JSON spread over lines of data", async () => {
    const spread = stream.replaceAll("data: ", "data:").replaceAll(',"', ',\ndata:"');
    expect(await seenIn(answer, Buffer.from(spread))).toEqual(WHOLE[api]);
  });

  it("never claims a whole answer when the end is torn off, and never fails", async () => {
    for (let at = 0; at < bytes.length; at += 7) {
      const seen = await seenIn(answer, bytes.subarray(0, at));
      if (seen?.isWhole === true) continue;
      expect(seen?.tokens?.output ?? 0).toBeLessThanOrEqual(WHOLE[api].tokens?.output ?? 0);
    }
  });

  it.each([
    ["gzip", gzipSync(bytes)],
    ["br", brotliCompressSync(bytes)],
    ["zstd", zstdCompressSync(bytes)],
  ])("reads it through %s, one byte at a time", async (contentEncoding, encoded) => {
    const chunks = Array.from(encoded, (byte) => Uint8Array.of(byte));
    expect(await seenIn({ ...answer, contentEncoding }, ...chunks)).toEqual(WHOLE[api]);
  });
});

describe("the tap", () => {
  it("reads whole documents of each provider", async () => {
    const anthropic = { ...message, stop_reason: "end_turn", usage: { ...startUsage, output_tokens: 42 } };
    const completed: unknown = JSON.parse(/data: (.*)/.exec(RESPONSES.at(-1) ?? "")?.[1] ?? "");
    const responses = { status: "completed", ...(completed as { response: object }).response };
    const chat = { id: "chatcmpl-1", model: "m", choices: [{ finish_reason: "stop" }], usage: { prompt_tokens: 5 } };
    const read = async (api: TappedAnswer["api"], body: unknown): Promise<UsageSeen | undefined> =>
      seenIn({ api, ...DOCUMENT }, Buffer.from(JSON.stringify(body)));
    expect(await read("anthropic", anthropic)).toEqual({ ...WHOLE.anthropic, characters: 0 });
    expect(await read("openai_responses", responses)).toEqual({ ...WHOLE.openai_responses, characters: 0 });
    expect((await read("openai_chat", chat))?.tokens).toMatchObject({ input: 5, output: 0 });
    expect(await read("gemini", GEMINI)).toEqual(WHOLE.gemini);
    expect(await read("gemini", { ...GEMINI[1], modelVersion: "gemini-x" })).toEqual({
      ...WHOLE.gemini,
      characters: 0,
    });
  });

  it("knows the input of an Anthropic stream that was cut, and how much was streamed", async () => {
    expect(await seenIn({ api: "anthropic", ...EVENTS }, Buffer.from(ANTHROPIC.slice(0, 2).join("")))).toEqual({
      messageId: "msg_1",
      model: "claude-x",
      tokens: { input: 12, output: 1, cacheRead: 5000, cacheWrite: 300, reasoning: 0 },
      isWhole: false,
      isOutputCounted: false,
      characters: 14,
    });
  });

  it("says nothing of tokens where a chat stream carries no usage", async () => {
    const seen = await seenIn({ api: "openai_chat", ...EVENTS }, Buffer.from(CHAT.slice(0, 2).join("")));
    expect(seen).toMatchObject({ isWhole: true, isOutputCounted: false });
    expect(seen?.tokens).toBeUndefined();
  });

  it.each([-1, 1.5, "12", 1e300, null, [], { much: true }])("takes %j for no number of tokens", async (absurd) => {
    const body = { id: "chatcmpl-1", choices: [], usage: { prompt_tokens: absurd, completion_tokens: 1 } };
    const seen = await seenIn({ api: "openai_chat", ...DOCUMENT }, Buffer.from(JSON.stringify(body)));
    expect(seen?.tokens).toBeUndefined();
  });

  it("finds the usage behind an event of 50 MB without keeping it", async () => {
    const tap = usageTap({ api: "openai_responses", ...EVENTS });
    tap.push(Buffer.from('data: {"type":"response.completed","response":{"id":"resp_1","output":["'));
    const filling = Buffer.alloc(1024 * 1024, "usage ");
    const before = process.memoryUsage().arrayBuffers;
    for (let megabyte = 0; megabyte < 50; megabyte += 1) tap.push(filling);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
    tap.push(Buffer.from('"],"usage":{"input_tokens":10,"output_tokens":2}}}\n\n'));
    expect((await tap.finish())?.tokens).toMatchObject({ input: 10, output: 2 });
  });

  it("gives a gzip bomb up", async () => {
    const bomb = gzipSync(Buffer.alloc(40 * 1024 * 1024));
    expect(await seenIn({ api: "anthropic", ...EVENTS, contentEncoding: "gzip" }, bomb)).toBeUndefined();
  });

  it("counts what it read of an encoded answer that was cut, and gives up an encoding it does not know", async () => {
    const encoded = gzipSync(Buffer.from(ANTHROPIC.join("") + "x".repeat(100_000)), { level: 0 });
    const gzip = { api: "anthropic", ...EVENTS, contentEncoding: "gzip" } as const;
    expect((await seenIn(gzip, encoded.subarray(0, 70_000)))?.tokens).toMatchObject({ input: 12, output: 42 });
    expect(await seenIn({ ...gzip, contentEncoding: "compress" }, encoded)).toBeUndefined();
    expect((await seenIn(gzip, Buffer.from("not gzip")))?.tokens).toBeUndefined();
  });
});

describe("picking values out of JSON", () => {
  const pickFrom = (text: string, ...paths: readonly string[]): readonly unknown[] => {
    const picked: unknown[] = [];
    const pick = new JsonPick(paths, (path, value) => picked.push([path, value]));
    for (const byte of Buffer.from(text)) pick.push(Uint8Array.of(byte));
    return picked;
  };

  it("finds keys whatever is in the way", () => {
    expect(pickFrom('{"a":{"model":"no"},"b":["{\\"model\\":1}",[]],"mo\\u0064el" : "yes","c":null}', "model")).toEqual(
      [["model", "yes"]],
    );
    expect(pickFrom('[{"x":{"y":1.5e3}},{"x":{"y":true}},{"x":[]}]', "*.x.y")).toEqual([
      ["*.x.y", 1500],
      ["*.x.y", true],
    ]);
    expect(pickFrom('{"x":{"deep":[1,{"y":"}"}]}}', "x")).toEqual([["x", { deep: [1, { y: "}" }] }]]);
  });

  it.each(["", "nonsense", "]}]}", '{"a"', '{"a":{{{', '"', "{{{{", '{"model":}', "[[[[[[", '{"model":"x', "\u0000"])(
    "survives %j",
    (text) => {
      expect(pickFrom(text, "model", "a.b")).toEqual([]);
    },
  );

  it("passes over a value that is too large to be wanted", () => {
    expect(pickFrom(`{"model":"${"x".repeat(70_000)}","a":{"b":1}}`, "model", "a.b")).toEqual([["a.b", 1]]);
  });

  it("survives an object nested a hundred thousand deep", () => {
    expect(pickFrom(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)},"model":"m"}`, "model")).toEqual([
      ["model", "m"],
    ]);
  });
});
