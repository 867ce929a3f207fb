/**
 * What is no longer there: `gaps.json` beside the segments. Writing it is the moment of a removal: readers leave the bytes
 * out from then on, and cutting them from the files (segmentLogCut.ts) may be finished after a crash.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { isMissing, replaceFile } from "./segmentLogFiles.ts";

const GAPS_FILE = "gaps.json";

/** `missing` and `damaged` are never written down: the disk lost them. */
export type GapReason = "policy" | "person" | "missing" | "damaged";

/** Bytes from `from` to before `to` are gone. */
export interface LogGap {
  readonly from: number;
  readonly to: number;
  readonly reason: GapReason;
  /** When they were removed, ISO 8601. */
  readonly at?: string | undefined;
}

const gapsSchema = z.array(
  z.object({ from: z.number().min(0), to: z.number(), reason: z.enum(["policy", "person"]), at: z.string() }),
);
export type RemovedStretch = z.infer<typeof gapsSchema>[number];

/** In order, none inside another. */
export async function readGaps(dir: string): Promise<readonly RemovedStretch[]> {
  let text: string;
  try {
    text = await readFile(join(dir, GAPS_FILE), "utf8");
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  try {
    return gapsSchema.parse(JSON.parse(text));
  } catch {
    // Damage: what was cut is found missing all the same, only the reason is lost.
    return [];
  }
}

export async function addGap(dir: string, gap: RemovedStretch): Promise<readonly RemovedStretch[]> {
  const gaps = withGap(await readGaps(dir), gap);
  await replaceFile(join(dir, GAPS_FILE), JSON.stringify(gaps));
  return gaps;
}

/** The newer swallows what it covers, and grows together with what it touches of the same reason. Pure. */
export function withGap(gaps: readonly RemovedStretch[], gap: RemovedStretch): readonly RemovedStretch[] {
  let grown = gap;
  const others: RemovedStretch[] = [];
  for (const one of gaps) {
    const touches = one.from <= grown.to && one.to >= grown.from;
    if (touches && one.reason === grown.reason)
      grown = { ...grown, from: Math.min(one.from, grown.from), to: Math.max(one.to, grown.to) };
    else others.push(one);
  }
  const kept = others.filter((one) => one.from < grown.from || one.to > grown.to);
  return [...kept, grown].sort((a, b) => a.from - b.from);
}
