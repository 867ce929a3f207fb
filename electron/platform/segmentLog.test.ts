import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "#test/support/deadline.ts";
import {
  listResizes,
  listSegments,
  listTimeMarks,
  openSegmentWriter,
  readLog,
  segmentSize,
  streamSegments,
} from "./segmentLog.ts";
import { segmentFileName } from "./segmentLogFiles.ts";

let dir: string;
beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), "signalbox-log-")), "session");
});
const bytesAt = async (offset: number, max: number): Promise<Uint8Array> => (await readLog(dir, offset, max)).bytes;
afterEach(() => rm(join(dir, ".."), { recursive: true }));

test("a log is the very bytes across segments, from any offset", async () => {
  const writer = await openSegmentWriter(dir, { segmentBytes: 1000 });
  const bytes = randomBytes(12_345);
  for (let at = 0; at < bytes.byteLength; at += 77) writer.append(bytes.subarray(at, at + 77));
  await writer.close();
  expect(await segmentSize(dir)).toBe(bytes.byteLength);
  expect((await listSegments(dir)).map(({ start }) => start)).toEqual(
    [...Array(13).keys()].map((index) => index * 1000),
  );
  expect(await bytesAt(0, 1e9)).toEqual(bytes);
  expect(await bytesAt(990, 2020)).toEqual(bytes.subarray(990, 3010));
  expect(await bytesAt(2000, 1000)).toEqual(bytes.subarray(2000, 3000));
  expect((await bytesAt(12_345, 10)).byteLength).toBe(0);
  expect((await bytesAt(99_999, 10)).byteLength).toBe(0);
  const streamed: Uint8Array[] = [];
  for await (const chunk of streamSegments(dir, { from: 5, to: 12_000, chunkBytes: 999 })) streamed.push(chunk.bytes);
  expect(Buffer.concat(streamed)).toEqual(bytes.subarray(5, 12_000));
});

test("bytes are announced only once they can be read back, in order and without gaps", async () => {
  let next = 0;
  const checks: Promise<void>[] = [];
  const writer = await openSegmentWriter(dir, {
    onWritten: (offset, bytes) => {
      expect(offset).toBe(next);
      next += bytes.byteLength;
      checks.push(bytesAt(offset, bytes.byteLength).then((read) => expect(read).toEqual(bytes)));
    },
  });
  const reused = Buffer.alloc(100);
  for (let index = 0; index < 500; index += 1) writer.append(reused.fill(index % 256));
  await writer.indexed();
  await Promise.all(checks);
  expect(next).toBe(50_000);
  await writer.close();
});

test("more than the writer may hold asks the source to pause, and lets it go on afterwards", async () => {
  const pressure: boolean[] = [];
  const writer = await openSegmentWriter(dir, { onPressure: (isBehind) => pressure.push(isBehind) });
  writer.append(Buffer.alloc(2 * 1024 * 1024));
  await writer.close();
  expect(pressure).toEqual([true, false]);
});

test("a later writer continues, whatever a crash left", async () => {
  const first = await openSegmentWriter(dir);
  first.recordResize(80, 24);
  first.append(Buffer.from("hello world"));
  await first.close();
  const [segment] = await listSegments(dir);
  await truncate(segment?.file ?? "", 5);
  await appendFile(join(dir, "index.jsonl"), '{"offset":99,"at":"20');
  const second = await openSegmentWriter(dir);
  second.append(Buffer.from(" there"));
  second.recordResize(100, 30);
  await second.close();
  expect(Buffer.from(await bytesAt(0, 100)).toString()).toBe("hello there");
  expect(await readFile(segment?.file ?? "", "utf8")).toBe("hello there");
  expect(await listResizes(dir)).toMatchObject([
    { offset: 0, cols: 80 },
    { offset: 11, cols: 100, rows: 30 },
  ]);
  expect((await listTimeMarks(dir)).map(({ offset }) => offset)).toEqual([0, 0, 5, 11]);
});

test("a resize stands between the bytes before and after it", async () => {
  const writer = await openSegmentWriter(dir);
  writer.append(Buffer.from("before"));
  writer.recordResize(10, 5);
  writer.append(Buffer.from("after"));
  await writer.close();
  expect(await listResizes(dir)).toMatchObject([{ offset: 6, cols: 10, rows: 5 }]);
});

test("an unknown session is empty", async () => {
  expect(await segmentSize(dir)).toBe(0);
  expect((await bytesAt(0, 10)).byteLength).toBe(0);
  expect(await listResizes(dir)).toEqual([]);
});

test("a link in the log's place is refused, or not written through", async () => {
  const elsewhere = join(dir, "..", "elsewhere");
  await mkdir(elsewhere);
  await writeFile(join(elsewhere, "precious"), "mine");
  await symlink(elsewhere, dir);
  await expect(openSegmentWriter(dir)).rejects.toThrow("is a link; remove it");
  await rm(dir);
  await mkdir(dir);
  const file = join(dir, segmentFileName(0));
  const writer = await openSegmentWriter(dir, { retryDelayMs: 1 });
  await symlink(join(elsewhere, "precious"), file);
  writer.append(Buffer.from("output"));
  await eventually("the trouble", () => writer.trouble === "ELOOP");
  await expect(openSegmentWriter(dir)).rejects.toThrow("is a link; remove it");
  await rm(file);
  await writer.close();
  expect(await readFile(file, "utf8")).toBe("output");
  expect(await readFile(join(elsewhere, "precious"), "utf8")).toBe("mine");
});
