import { expect, it } from "vitest";

import { PrintedLines } from "./printedLines.ts";

function cut(...parts: readonly (string | Uint8Array)[]): readonly string[] {
  const lines: string[] = [];
  const printed = new PrintedLines((line) => lines.push(line));
  const scratch = new Uint8Array(8 * 1024 * 1024);
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    scratch.set(bytes);
    printed.push(scratch.subarray(0, bytes.length));
  }
  return lines;
}

it("finds lines over any cuts, also within a letter, and leaves the others", () => {
  const whole = Buffer.from('noise\r\n{"a":"größe"}\r\n\r\n{"b":1}\n  {"c":1}\n{"d":2}');
  const bytes = Array.from(whole, (byte) => Uint8Array.of(byte));
  expect(cut(...bytes, "\n")).toEqual(['{"a":"größe"}', '{"b":1}', '{"d":2}']);
  expect(cut(whole)).toEqual(['{"a":"größe"}', '{"b":1}']);
});

it("forgets a line without end, and reads the next one", () => {
  const flood = `{${"x".repeat(700_000)}`;
  expect(cut(flood, flood, flood, '\n{"a":1}\n')).toEqual(['{"a":1}']);
});
