import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createOutputLogReader } from "#platform/outputLogReader.ts";
import { createRecordingArchive, type DisposableArchive } from "#platform/recordingArchive.ts";
import { LogReader, openSegmentWriter, segmentSize, streamSegments } from "#platform/segmentLog.ts";
import { tidyLog } from "#platform/segmentLogCut.ts";
import { packSegment } from "#platform/segmentLogPacked.ts";
import type { Result } from "#shared/model/result.ts";

const SESSION = "11111111-1111-4111-8111-111111111111";
const MIB = 1024 * 1024;
const noLogger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
let dataDir: string;
let dir: string;
let archive: DisposableArchive;
const forgotten: string[] = [];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "signalbox-archive-"));
  dir = join(dataDir, "sessions", SESSION);
  await mkdir(dir, { recursive: true });
  archive = createRecordingArchive({ dataDir, logger: noLogger, onRemoved: (id) => forgotten.push(id) });
});
afterEach(async () => {
  await archive.dispose();
  await rm(dataDir, { recursive: true });
});

/** Lines that can be told apart, with a secret word where asked. */
function lines(bytes: number, word = "line"): Buffer {
  const parts: string[] = [];
  let length = 0;
  for (let number = 0; length < bytes; number += 1) {
    const line = `${word} ${number} of a log that is read again later\r\n`;
    parts.push(line);
    length += line.length;
  }
  return Buffer.from(parts.join("")).subarray(0, bytes);
}

async function record(bytes: Buffer, segmentBytes = MIB): Promise<void> {
  const writer = await openSegmentWriter(dir, { segmentBytes });
  writer.recordResize(100, 30);
  for (let at = 0; at < bytes.length; at += 65_536) writer.append(bytes.subarray(at, at + 65_536));
  await writer.close();
}

async function whole(from = 0): Promise<{ bytes: Buffer; gaps: { from: number; to: number; reason: string }[] }> {
  const parts: Uint8Array[] = [];
  const gaps: { from: number; to: number; reason: string }[] = [];
  for await (const { bytes, gap } of streamSegments(dir, { from })) {
    parts.push(bytes);
    if (gap !== undefined) gaps.push({ from: gap.from, to: gap.to, reason: gap.reason });
  }
  return { bytes: Buffer.concat(parts), gaps };
}

/** Everything in the files of the recording, unpacked: what somebody with the disk could read. */
async function onDisk(): Promise<string> {
  const texts: string[] = [];
  for (const name of await readdir(dir)) {
    const file = join(dir, name);
    const content = await readFile(file);
    texts.push((/\.(zst|keys)$/.test(name) ? zstdDecompressSync(content) : content).toString("latin1"));
  }
  return texts.join("\n");
}

test("a recording that ended is packed, byte for byte the same, and any zstd can read it", async () => {
  const bytes = Buffer.concat([lines(5 * MIB), randomBytes(MIB + 17)]);
  await record(bytes);
  const before = await archive.survey(SESSION);
  const after = await archive.tend({ sessionId: SESSION });
  expect(after.segments.every(({ isPacked, diskBytes }) => isPacked || diskBytes < 65_536)).toBe(true);
  expect(after.diskBytes).toBeLessThan(before.diskBytes / 2);
  expect(after.segments.map(({ writtenAt }) => Math.round(writtenAt))).toEqual(
    before.segments.map(({ writtenAt }) => Math.round(writtenAt)),
  );
  expect(await segmentSize(dir)).toBe(bytes.length);
  expect((await whole()).bytes.equals(bytes)).toBe(true);
  const reader = new LogReader(dir);
  for (const at of [0, 1, 262_143, 262_144, MIB - 1, MIB, 3 * MIB + 5, bytes.length - 3])
    expect(Buffer.from((await reader.read(at, 70_000)).bytes).equals(bytes.subarray(at, at + 70_000))).toBe(true);
  const second = zstdDecompressSync(await readFile(join(dir, "00000000000001048576.zst")));
  expect(second.equals(bytes.subarray(MIB, 2 * MIB))).toBe(true);
});

test("of a running session nothing is packed or cut that the keeper or a live screen may need", async () => {
  const bytes = lines(6 * MIB);
  await record(bytes);
  const running = { sessionId: SESSION, readTo: 6 * MIB };
  const tended = await archive.tend(running);
  expect(tended.segments.filter(({ isPacked }) => isPacked).map(({ start }) => start / MIB)).toEqual([0, 1, 2, 3, 4]);
  const refused = await archive.remove(running, { from: 0, to: 5 * MIB + 1, reason: "person", at: now() });
  expect(refused).toMatchObject({ ok: false, error: { code: "running" } });
  const behind = { sessionId: SESSION, readTo: 3 * MIB };
  expect(await archive.remove(behind, { from: 0, to: 3 * MIB, reason: "person", at: now() })).toMatchObject({
    ok: false,
  });
  expect((await whole()).bytes.equals(bytes)).toBe(true);
  unwrap(await archive.remove(running, { from: 0, to: 4 * MIB, reason: "policy", at: now() }));
  expect((await whole()).bytes.equals(bytes.subarray(4 * MIB))).toBe(true);
});

test("a deleted stretch is gone from every file, the rest keeps its offsets, and readers say so", async () => {
  const secret = lines(400_000, "topsecret");
  const bytes = Buffer.concat([lines(1_900_000, "before"), secret, lines(2_500_000, "behind")]);
  await record(bytes);
  await archive.tend({ sessionId: SESSION });
  const log = createOutputLogReader(dataDir);
  await log.read(SESSION, 1_900_000, 1000);
  const gap = { from: 1_900_000, to: 2_300_000 };
  unwrap(await archive.remove({ sessionId: SESSION }, { ...gap, reason: "person", at: now() }));
  log.forget(SESSION);
  expect(forgotten).toContain(SESSION);
  const tended = await archive.tend({ sessionId: SESSION });
  expect(await onDisk()).not.toContain("topsecret");
  const { bytes: left, gaps } = await whole();
  expect(left.equals(Buffer.concat([bytes.subarray(0, gap.from), bytes.subarray(gap.to)]))).toBe(true);
  expect(gaps).toEqual([{ ...gap, reason: "person" }]);
  expect(await log.size(SESSION)).toBe(bytes.length);
  expect(await log.read(SESSION, 2_000_000, 10)).toMatchObject({
    gap: { from: 2_000_000, to: gap.to, reason: "person" },
  });
  expect(Buffer.from((await log.read(SESSION, gap.to, 50)).bytes)).toEqual(bytes.subarray(gap.to, gap.to + 50));
  expect(tended.size).toBe(bytes.length);
  const screen = await archive.screenAt(SESSION, gap.to + 40);
  expect(Buffer.from(screen.bytes).toString()).not.toContain("topsecret");
});

test("a whole recording leaves nothing but the note that it was deleted", async () => {
  await record(lines(3 * MIB, "topsecret"));
  await archive.tend({ sessionId: SESSION });
  unwrap(await archive.remove({ sessionId: SESSION }, { from: 0, to: 3 * MIB, reason: "person", at: now() }));
  expect(await readdir(dir)).toEqual(["gaps.json"]);
  expect(await segmentSize(dir)).toBe(3 * MIB);
  expect((await whole()).gaps).toEqual([{ from: 0, to: 3 * MIB, reason: "person" }]);
});

test("kill -9 in the middle of packing and cutting loses no byte, and the next look finishes it", async () => {
  const bytes = Buffer.concat([lines(MIB), randomBytes(MIB), lines(MIB / 2)]);
  await record(bytes, MIB / 2);
  const original = `${dir}-original`;
  await cp(dir, original, { recursive: true });
  const took = await killedAfter(Number.POSITIVE_INFINITY, []);
  for (let round = 0; round < 6; round += 1) {
    await rm(dir, { recursive: true });
    await cp(original, dir, { recursive: true });
    await killedAfter((took * (round + 0.5)) / 6, []);
    const { bytes: left, gaps } = await whole();
    expect(left.equals(bytes)).toBe(true);
    expect(gaps).toEqual([]);
  }
  const gap = { from: 700_000, to: 2_100_001 };
  const rest = Buffer.concat([bytes.subarray(0, gap.from), bytes.subarray(gap.to)]);
  for (let round = 0; round < 5; round += 1) {
    await killedAfter(took * 0.2 * (round + 1), [String(gap.from), String(gap.to)]);
    const { bytes: left, gaps } = await whole();
    // Before the gap is written down everything is there, afterwards exactly the rest.
    expect(left.equals(gaps.length === 0 ? bytes : rest)).toBe(true);
  }
  await killedAfter(Number.POSITIVE_INFINITY, [String(gap.from), String(gap.to)]);
  await tidyLog(dir, false);
  expect((await whole()).bytes.equals(rest)).toBe(true);
  expect((await readdir(dir)).filter((name) => name.endsWith(".new"))).toEqual([]);
}, 300_000);

test("a flipped bit in a packed segment costs one frame, said as damage, never wrong bytes", async () => {
  const bytes = lines(2 * MIB);
  await record(bytes, 2 * MIB);
  const packed = join(dir, "00000000000000000000.log");
  await packSegment(packed);
  const file = packed.replace(/log$/, "zst");
  const handle = await open(file, "r+");
  const { size } = await handle.stat();
  const at = Math.floor(size / 2);
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
  await handle.write(Buffer.from([(buffer[0] ?? 0) ^ 0x10]), 0, 1, at);
  await handle.close();
  const { bytes: left, gaps } = await whole();
  expect(gaps).toHaveLength(1);
  expect(gaps[0]).toMatchObject({ reason: "damaged" });
  const { from, to } = gaps[0] ?? { from: 0, to: 0 };
  expect(to - from).toBe(256 * 1024);
  expect(left.equals(Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]))).toBe(true);
  await writeFile(file, (await readFile(file)).subarray(0, size - 5));
  expect((await whole()).bytes.length).toBe(0);
});

test("a moment is found in an index of a million marks by reading a few KiB of it", async () => {
  const start = Date.parse("2026-11-01T00:00:00.000Z");
  const rows = Array.from(
    { length: 1_000_000 },
    (_, second) => `{"offset":${second * 1000},"at":"${new Date(start + second * 1000).toISOString()}"}`,
  );
  await writeFile(join(dir, "index.jsonl"), `${rows.join("\n")}\n`);
  const log = createOutputLogReader(dataDir);
  for (const second of [0, 1, 77, 499_999, 500_000, 999_998]) {
    const { before, after } = await log.marksAround(SESSION, start + second * 1000 + 500);
    expect([before?.offset, after?.offset]).toEqual([second * 1000, (second + 1) * 1000]);
  }
  expect((await log.marksAround(SESSION, start - 1)).before).toBeUndefined();
  expect((await log.marksAround(SESSION, start + 2e9)).after).toBeUndefined();
  const { marks } = await log.timing(SESSION, 5000);
  expect(marks.length).toBeLessThanOrEqual(10_001);
  expect(marks.at(-1)?.offset).toBe(999_999_000);
});

function now(): string {
  return new Date().toISOString();
}

/** Runs the child on the recording and kills it after that long; answers how long it took. */
async function killedAfter(ms: number, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "archiveChild.ts"), dir, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  const began = performance.now();
  const timer = Number.isFinite(ms) ? setTimeout(() => child.kill("SIGKILL"), ms) : undefined;
  await exited;
  clearTimeout(timer);
  return performance.now() - began;
}

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
