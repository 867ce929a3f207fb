import { Terminal } from "@xterm/headless";
import { expect, test } from "vitest";
import { copyDeed } from "./copyKeys.ts";
import { isHardwareRenderer } from "./hardware.ts";
import { asksForColor, createFocusReports, swallowReplies } from "./replyFilter.ts";
import { findWords } from "./terminalFind.ts";

const ESC = "\u001b";
const QUERIES = [
  "[c",
  "[>c",
  "[=c",
  "[5n",
  "[6n",
  "[?6n",
  "[?25$p",
  "[4$p",
  "[>q",
  "[?u",
  "[14t",
  "[18t",
  "Z",
  "]10;?\u0007",
  "]11;?\u0007",
  "]4;1;?\u0007",
  "]52;c;?\u0007",
  "P$qm\u001b\\",
];

function quietTerminal() {
  const terminal = new Terminal({ allowProposedApi: true, cols: 40, rows: 5 });
  const said: string[] = [];
  terminal.onData((data) => said.push(data));
  swallowReplies(terminal as unknown as Parameters<typeof swallowReplies>[0]);
  return { terminal, said, write: (text: string) => new Promise<void>((resolve) => terminal.write(text, resolve)) };
}

test("no query an agent prints is answered from the window", async () => {
  const { said, write } = quietTerminal();
  for (const query of QUERIES) await write(`${ESC}${query}`);
  expect(said).toEqual([]);
});

test("what a person types passes, and so does what only sets", async () => {
  const { terminal, said, write } = quietTerminal();
  await write(`${ESC}]2;title\u0007${ESC}[?25l${ESC}[31mred`);
  terminal.input(`${ESC}[A`);
  expect(said).toEqual([`${ESC}[A`]);
  expect(terminal.buffer.active.getLine(0)?.translateToString(true)).toBe("red");
  expect(asksForColor("rgb:00/00/00")).toBe(false);
});

test("focus is reported only by the viewer a person entered", () => {
  let isFocused = false;
  const passes = createFocusReports(() => isFocused);
  expect([passes(`${ESC}[O`), passes(`${ESC}[I`)]).toEqual([false, false]);
  isFocused = true;
  expect(passes(`${ESC}[I`)).toBe(true);
  isFocused = false;
  expect([passes(`${ESC}[O`), passes(`${ESC}[O`), passes("x")]).toEqual([true, false, true]);
});

test("Ctrl C reaches the agent; copying has its own keys", () => {
  const key = { code: "KeyC", ctrlKey: true, shiftKey: false, altKey: false, metaKey: false };
  const linux = { isMac: false, isWindows: false, hasSelection: true };
  expect(copyDeed(key, linux)).toBe("agent");
  expect(copyDeed({ ...key, shiftKey: true }, linux)).toBe("copy");
  expect(copyDeed({ ...key, shiftKey: true, code: "KeyV" }, linux)).toBe("paste");
  expect(copyDeed(key, { ...linux, isWindows: true })).toBe("copy");
  expect(copyDeed(key, { isMac: true, isWindows: false, hasSelection: true })).toBe("agent");
});

test("WebGL drawn in software is told apart", () => {
  expect(
    ["ANGLE (NVIDIA, RTX 3060)", "Apple M2", "llvmpipe (LLVM 15)", "ANGLE (Google, Vulkan 1.3 (SwiftShader))", ""].map(
      isHardwareRenderer,
    ),
  ).toEqual([true, true, false, false, false]);
});

test("the find bar counts in words", () => {
  expect([
    findWords("", { index: -1, count: 0 }),
    findWords("x", { index: -1, count: 0 }),
    findWords("x", { index: 1, count: 37 }),
    findWords("x", { index: 3, count: 1000 }),
  ]).toEqual(["", "None", "2 of 37", "4 of 1000+"]);
});
