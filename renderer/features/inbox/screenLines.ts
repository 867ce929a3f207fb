/** The last lines of a terminal snapshot as plain text; an emulator draws them, because control codes move about. */

interface Size {
  readonly cols: number;
  readonly rows: number;
  /** How many lines from the end, blank ones at the end not counted. */
  readonly count: number;
}

export async function screenLines(bytes: Uint8Array, { cols, rows, count }: Size): Promise<readonly string[]> {
  // Fetched when first needed: the emulator is the heaviest part of the page.
  const { Terminal } = await import("@xterm/xterm");
  const terminal = new Terminal({ cols, rows, scrollback: 200, allowProposedApi: true });
  try {
    await new Promise<void>((resolve) => terminal.write(bytes, resolve));
    const buffer = terminal.buffer.active;
    const lines = Array.from(
      { length: buffer.length },
      (_, index) => buffer.getLine(index)?.translateToString(true) ?? "",
    );
    const last = lines.findLastIndex((line) => line.trim() !== "");
    return lines.slice(Math.max(0, last + 1 - count), last + 1);
  } finally {
    terminal.dispose();
  }
}
