/**
 * Reads usage out of an answer while the answer itself goes on untouched. The tap never holds the answer up: what it
 * cannot keep up with or read it gives up, and the request is listed as one whose usage nobody knows.
 */
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import type { Transform } from "node:stream";

import type { GatewayApi } from "#core/ports/gateway.ts";
import { JsonPick } from "./jsonPick.ts";
import { SseData } from "./sseData.ts";
import { usageReader, type UsageReader, type UsageSeen } from "./usageReaders.ts";

/** Longer than any answer of a model (some megabytes of events); what decodes to more is a bomb. */
const MAX_DECODED = 32 * 1024 * 1024;
/** Encoded bytes that wait for the decoder; beyond this the tap gives up rather than hold memory. */
const MAX_WAITING = 8 * 1024 * 1024;

export interface UsageTap {
  push(chunk: Uint8Array): void;
  /** What has been read so far. */
  peek(): UsageSeen;
  /** The answer ended, or was cut; undefined: it could not be read. Called once. */
  finish(): Promise<UsageSeen | undefined>;
}

export interface TappedAnswer {
  readonly api: Exclude<GatewayApi, "other">;
  readonly contentType: string;
  readonly contentEncoding: string;
}

export function usageTap(answer: TappedAnswer): UsageTap {
  const reader = usageReader(answer.api);
  const text = answer.contentType.startsWith("text/event-stream") ? eventText(reader) : documentText(reader);
  const encoding = answer.contentEncoding.trim().toLowerCase();
  if (encoding === "" || encoding === "identity") return plainTap(reader, text);
  const decoder = decoderOf(encoding);
  return decoder === undefined
    ? { push: () => {}, peek: () => reader.seen(), finish: () => Promise.resolve(undefined) }
    : decodedTap(reader, text, decoder);
}

interface TextSink {
  push(chunk: Uint8Array): void;
  finish(): void;
}

function documentText(reader: UsageReader): TextSink {
  const pick = new JsonPick(reader.paths, reader.see);
  return { push: (chunk) => pick.push(chunk), finish: () => {} };
}

function eventText(reader: UsageReader): TextSink {
  let pick = new JsonPick(reader.paths, reader.see);
  const events = new SseData({
    data: (bytes) => pick.push(bytes),
    end: () => (pick = new JsonPick(reader.paths, reader.see)),
  });
  return { push: (chunk) => events.push(chunk), finish: () => events.finish() };
}

function plainTap(reader: UsageReader, text: TextSink): UsageTap {
  return {
    push: (chunk) => text.push(chunk),
    peek: () => reader.seen(),
    finish() {
      text.finish();
      return Promise.resolve(reader.seen());
    },
  };
}

function decodedTap(reader: UsageReader, text: TextSink, decoder: Transform): UsageTap {
  const ended = Promise.withResolvers<UsageSeen | undefined>();
  let decoded = 0;
  const giveUp = (): void => {
    decoder.destroy();
    ended.resolve(undefined);
  };
  const finishRead = (): void => {
    text.finish();
    ended.resolve(reader.seen());
  };
  decoder.on("data", (chunk: Buffer) => {
    decoded += chunk.length;
    if (decoded > MAX_DECODED) giveUp();
    else text.push(chunk);
  });
  decoder.on("end", finishRead);
  // An answer that was cut ends in the middle of its encoding: what was read until then still counts.
  decoder.on("error", finishRead);
  return {
    push(chunk) {
      if (decoder.destroyed) return;
      // The socket's chunk may be written over before the decoder comes to it.
      decoder.write(Buffer.from(chunk));
      if (decoder.writableLength > MAX_WAITING) giveUp();
    },
    peek: () => reader.seen(),
    finish() {
      if (!decoder.destroyed) decoder.end();
      return ended.promise;
    },
  };
}

function decoderOf(encoding: string): Transform | undefined {
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
    case "zstd":
      return createZstdDecompress();
    default:
      return undefined;
  }
}
