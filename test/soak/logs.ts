/**
 * Flips, cuts and losses in the files of an output log. What a packed segment gives is what was printed, or a stretch
 * that says it is damaged; nothing crashes, reading goes on behind the damage, and a missing file is a gap.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listResizes, listSegments, listTimeMarks, LogReader, openSegmentWriter } from "#platform/segmentLog.ts";
import { packSegment } from "#platform/segmentLogPacked.ts";
import type { SeededRandom } from "#test/support/random.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";

export const logs: SoakRow = {
  name: "logs",
  purpose:
    "flips, cuts and losses in output logs: packed segments are exact or say damaged, the rest is read, never a crash",
  run,
};

/** Packed it has two frames: damage in one must not cost the other. */
const SEGMENT_BYTES = 400 * 1024;
const SEGMENTS = 5;
const READ_BYTES = 100 * 1024;

interface Tally {
  exact: number;
  "with gaps": number;
  "wrong in the raw tail": number;
}

async function run(soak: Soak): Promise<SoakFinding> {
  const dir = join(soak.dir, "session");
  const printed = await writeLog(dir, soak.random);
  const good = new Map(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name))]));
  const names = [...good.keys()].sort();
  const [first = "", ...others] = names;
  const tally: Tally = { exact: 0, "with gaps": 0, "wrong in the raw tail": 0 };
  const problems: string[] = [];
  let rounds = 0;
  for (const round of soak.rounds({ short: 60, long: 1000 })) {
    rounds += 1;
    const victim = soak.random.pick([first, ...others]);
    const what = spoil(dir, good, { victim, random: soak.random });
    try {
      await readAll(dir, printed, { isRaw: victim.endsWith(".log"), tally });
    } catch (error) {
      problems.push(
        `round ${round}, ${victim} ${what}: ${error instanceof Error ? (error.stack ?? "") : String(error)}`,
      );
    }
  }
  return { figures: { rounds, files: names.length, ...tally }, problems };
}

async function writeLog(dir: string, random: SeededRandom): Promise<Buffer> {
  const writer = await openSegmentWriter(dir, { segmentBytes: SEGMENT_BYTES });
  writer.recordResize(80, 24);
  const parts: Buffer[] = [];
  for (let line = 0, bytes = 0; bytes < SEGMENT_BYTES * (SEGMENTS - 0.5); line += 1) {
    const part = Buffer.from(`line ${line}: ${"abcdefgh".repeat(random.below(40))}\r\n`);
    parts.push(part);
    bytes += part.byteLength;
    writer.append(part);
    if (line % 1000 === 0) await writer.flushed();
  }
  await writer.close();
  for (const segment of (await listSegments(dir)).slice(0, -1)) if (!segment.isPacked) await packSegment(segment.file);
  return Buffer.concat(parts);
}

interface Victim {
  readonly victim: string;
  readonly random: SeededRandom;
}

function spoil(dir: string, good: ReadonlyMap<string, Buffer>, { victim, random }: Victim): string {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
  for (const [name, bytes] of good) writeFileSync(join(dir, name), bytes);
  const file = join(dir, victim);
  const bytes = Buffer.from(good.get(victim) ?? Buffer.alloc(0));
  const kind = random.below(8);
  if (kind === 0) {
    rmSync(file);
    return "lost";
  }
  if (kind === 1) {
    writeFileSync(file, bytes.subarray(0, random.below(bytes.length)));
    return "cut";
  }
  for (let flip = random.below(8); flip >= 0; flip -= 1) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
  writeFileSync(file, bytes);
  return "flipped";
}

async function readAll(
  dir: string,
  printed: Buffer,
  { isRaw, tally }: { isRaw: boolean; tally: Tally },
): Promise<void> {
  const reader = new LogReader(dir);
  let gaps = 0;
  let wrong = 0;
  for (let position = 0; ;) {
    const { bytes, gap } = await reader.read(position, READ_BYTES);
    if (gap !== undefined) {
      if (gap.from !== position || gap.to <= position)
        throw new Error(`a gap from ${gap.from} to ${gap.to} at ${position}`);
      gaps += 1;
      position = gap.to;
      continue;
    }
    if (bytes.byteLength === 0) break;
    if (!Buffer.from(bytes).equals(printed.subarray(position, position + bytes.byteLength))) wrong += 1;
    position += bytes.byteLength;
  }
  if (wrong > 0 && !isRaw) throw new Error(`${wrong} pieces are not what was printed`);
  await Promise.all([reader.gaps(), listResizes(dir), listTimeMarks(dir)]);
  if (wrong > 0) tally["wrong in the raw tail"] += 1;
  else if (gaps > 0) tally["with gaps"] += 1;
  else tally.exact += 1;
}
