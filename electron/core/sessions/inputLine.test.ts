import { describe, expect, it } from "vitest";
import { InputLine } from "./inputLine.ts";

function isEmptyAfter(...keys: readonly string[]): boolean {
  const line = new InputLine();
  for (const key of keys) line.feed(new TextEncoder().encode(key));
  return line.isEmpty;
}

describe("a person's text in the input line", () => {
  it.each([
    ["nothing", []],
    ["a sent line", ["hello", "\r"]],
    ["a line taken back by Ctrl-C", ["hel", "\u0003"]],
    ["a line taken back by Ctrl-U", ["hel", "\u0015"]],
    ["as many backspaces as characters", ["hé", "\u007f\u007f"]],
    ["more backspaces than characters", ["h", "\u007f\u007f\u007f"]],
    ["a pasted and sent text", ["\u001b[200~one\rtwo\u001b[201~", "\r"]],
    ["focus, mouse and terminal replies", ["\u001b[I", "\u001b[<0;12;3M", "\u001b]11;rgb:0/0/0\u0007", "\u001b[?62;c"]],
    ["cursor keys sideways, Escape, Tab", ["\u001b[C", "\u001b[D", "\u001b", "\t"]],
    ["something brought back and sent", ["\u001b[A", "\r"]],
  ])("is gone after %s", (_what, keys) => {
    expect(isEmptyAfter(...keys)).toBe(true);
  });

  it.each([
    ["half a word", ["hel"]],
    ["a paste that is not sent", ["\u001b[200~one\rtwo\u001b[201~"]],
    ["a paste that is not even over", ["\u001b[200~one\r"]],
    ["a line continued by a backslash", ["one\\", "\r"]],
    ["a new line by Alt-Enter", ["one\u001b\r"]],
    ["a new line by Shift-Enter", ["\u001b[13;2u"]],
    ["what Up brought back, whatever was deleted of it", ["\u001b[A", "\u007f\u007f\u007f"]],
    ["a sequence in two parts that brings something back", ["\u001b[", "A"]],
    ["a second line after the first was sent", ["one\rtwo"]],
  ])("stands there after %s", (_what, keys) => {
    expect(isEmptyAfter(...keys)).toBe(false);
  });
});
