import { expect, it } from "vitest";
import { keyBytes } from "./keys.ts";

const text = (name: string): string | undefined => {
  const bytes = keyBytes(name);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
};

it.each([
  ["ctrl-c", "\x03"],
  ["Ctrl+D", "\x04"],
  ["ctrl-[", "\x1b"],
  ["ctrl-space", "\x00"],
  ["enter", "\r"],
  ["shift-tab", "\x1b[Z"],
  ["up", "\x1b[A"],
  ["f5", "\x1b[15~"],
  ["alt-x", "\x1bx"],
  ["alt-X", "\x1bX"],
  ["alt-enter", "\x1b\r"],
  ["y", "y"],
  ["é", "é"],
])("%s is what a terminal sends for it", (name, bytes) => expect(text(name)).toBe(bytes));

it.each(["ctrl-enter", "hello", "", "super-x"])("%s is no key", (name) => expect(text(name)).toBeUndefined());
