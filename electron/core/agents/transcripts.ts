/** Reading the JSON-lines files agent CLIs keep of their sessions: only the newest, only their heads. */
import type { z } from "zod";

import { toIsoTime } from "#shared/lib/isoTime.ts";
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
  return { path, name, modifiedAt: stat.modifiedAt, modifiedAtIso: toIsoTime(stat.modifiedAt) };
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
