/** Reading the JSON-lines files agent CLIs keep of their sessions: only the newest, only their heads. */
import type { z } from "zod";

import type { FileStat, Machine } from "#core/ports/machine.ts";

export interface TranscriptFile {
  readonly path: string;
  readonly name: string;
  readonly modifiedAt: number;
  readonly modifiedAtIso: string;
}

/** The newest `limit` files of the folders whose names match. */
export async function newestFiles(
  machine: Machine,
  folders: readonly string[],
  want: { matches: RegExp; limit: number },
): Promise<readonly TranscriptFile[]> {
  const found: TranscriptFile[] = [];
  for (const folder of folders) {
    const names = (await machine.listDir(folder)).filter((name) => want.matches.test(name));
    const files = await Promise.all(
      names.map(async (name) => transcriptFile(`${folder}/${name}`, name, await machine.stat(`${folder}/${name}`))),
    );
    found.push(...files.filter((file) => file !== undefined));
  }
  return found.toSorted((a, b) => b.modifiedAt - a.modifiedAt).slice(0, want.limit);
}

function transcriptFile(path: string, name: string, stat: FileStat | undefined): TranscriptFile | undefined {
  if (stat?.kind !== "file") return undefined;
  return { path, name, modifiedAt: stat.modifiedAt, modifiedAtIso: isoTime(stat.modifiedAt) };
}

/** Lines that parse; a cut last line and foreign shapes are passed over. */
export function jsonLines<T>(text: string | undefined, schema: z.ZodType<T>): readonly T[] {
  const parsed: T[] = [];
  for (const line of (text ?? "").split("\n")) {
    if (!line.startsWith("{")) continue;
    try {
      const result = schema.safeParse(JSON.parse(line));
      if (result.success) parsed.push(result.data);
    } catch {
      // The file is being written, or was cut at our bound.
    }
  }
  return parsed;
}

/** One line of at most 120 characters. */
export function promptTitle(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}

/** ISO 8601 in UTC without the Date global: `sv-SE` writes `2026-11-21 00:10:05`. */
export function isoTime(wallMs: number): string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: "UTC",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return `${format.format(wallMs).replace(" ", "T")}.${String(Math.floor(wallMs) % 1000).padStart(3, "0")}Z`;
}
