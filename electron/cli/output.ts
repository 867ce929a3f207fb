/**
 * The one place that writes to stdout and stderr. Writing waits for the reader; a reader that has gone (`| head`) ends
 * the program quietly, as every good filter does.
 */
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";

export interface Output {
  readonly isJson: boolean;
  readonly isTerminal: boolean;
  /** One object on a line of its own; only with --json. */
  json(value: unknown): Promise<void>;
  /** A line for a person. Control characters of what agents chose are removed. */
  line(text: string): Promise<void>;
  /** Exactly these bytes. */
  bytes(chunk: Uint8Array): Promise<void>;
  /** A sentence on stderr. */
  complain(text: string): void;
}

export function createOutput(isJson: boolean): Output {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader has gone: nobody is left to tell.
    process.exit(error.code === "EPIPE" || error.code === "EOF" ? 0 : 1);
  });
  process.stderr.on("error", () => {});
  const write = async (chunk: string | Uint8Array) => {
    if (!process.stdout.write(chunk)) await once(process.stdout, "drain");
  };
  return {
    isJson,
    isTerminal: process.stdout.isTTY,
    json: (value) => write(`${JSON.stringify(value)}\n`),
    line: (text) => write(`${visible(text)}\n`),
    bytes: (chunk) => write(chunk),
    complain: (text) => process.stderr.write(`${visible(text)}\n`),
  };
}

/** What an agent named or printed must not steer the terminal that shows it. */
export function visible(text: string): string {
  // oxlint-disable-next-line no-control-regex -- finding them is the purpose
  return stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}

const LINE_CHARS = 80;

/** The beginning of a longer text, for a table. */
export function oneLine(text: string): string {
  const plain = text.replaceAll(/\s+/g, " ").trim();
  return plain.length > LINE_CHARS ? `${plain.slice(0, LINE_CHARS)}…` : plain;
}

/** Columns padded to their widest cell; the last is not padded. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, Array.from(cell).length);
  return rows.map((row) =>
    row
      .map((cell, index) =>
        index === row.length - 1 ? cell : cell + " ".repeat((widths[index] ?? 0) - Array.from(cell).length),
      )
      .join("  ")
      .trimEnd(),
  );
}
