import { expect, test } from "vitest";
import type { Result } from "#shared/model/result.ts";
import { createAckMeter } from "./ackMeter.ts";
import { binaryBytes, toBase64 } from "./base64.ts";
import { createInputQueue } from "./inputQueue.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

function heldSender() {
  const sent: string[] = [];
  const answers: ((result: Result<unknown>) => void)[] = [];
  const refused: string[] = [];
  const queue = createInputQueue({
    send: (base64) => {
      sent.push(atob(base64));
      return new Promise((resolve) => answers.push(resolve));
    },
    onRefused: (error) => refused.push(error.message),
  });
  const answer = async (result: Result<unknown> = { ok: true, value: {} }) => {
    answers.shift()?.(result);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { queue, sent, refused, answer };
}

test("the first key goes at once; what is typed meanwhile goes together, in order", async () => {
  const { queue, sent, answer } = heldSender();
  for (const key of "hello") queue.push(bytesOf(key));
  expect(sent).toEqual(["h"]);
  await answer();
  expect(sent).toEqual(["h", "ello"]);
  await answer();
  expect(queue.waiting).toBe(0);
});

test("a paste of 2.5 MB arrives whole in commands the contract takes", async () => {
  const { queue, sent, answer } = heldSender();
  const paste = "x".repeat(2_500_000);
  queue.push(bytesOf(paste));
  for (let round = 0; round < 3; round++) await answer();
  expect(sent.map((part) => part.length)).toEqual([1_048_576, 1_048_576, 402_848]);
});

test("after a refusal nothing typed before it is sent later, and one sentence is said", async () => {
  const { queue, sent, refused, answer } = heldSender();
  queue.push(bytesOf("a"));
  queue.push(bytesOf("b"));
  await answer({ ok: false, error: { code: "not_running", message: "The session ended." } });
  expect({ sent, refused, waiting: queue.waiting }).toEqual({
    sent: ["a"],
    refused: ["The session ended."],
    waiting: 0,
  });
  queue.push(bytesOf("c"));
  expect(sent).toEqual(["a", "c"]);
});

test("bytes survive base64 and xterm's binary strings exactly", () => {
  const all = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
  expect(binaryBytes(atob(toBase64(all)))).toEqual(all);
});

test("parsed bytes are acknowledged every 8 KiB", () => {
  const acks: number[] = [];
  const parsed = createAckMeter((bytes) => acks.push(bytes));
  for (const bytes of [4000, 4000, 300, 65_536, 10]) parsed(bytes);
  expect(acks).toEqual([8300, 65_536]);
});
