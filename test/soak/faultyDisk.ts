/** faultyDisk.c at work: compiled on the spot, its record read back, and the disk rebuilt as a power cut would leave it. */
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { SeededRandom } from "#test/support/random.ts";

const SOURCE = join(import.meta.dirname, "faultyDisk.c");
/** What a disk writes whole or not at all. */
const SECTOR = 512;

/** The shim's path; undefined where it cannot be made (no compiler, not Linux). */
export async function compileFaultyDisk(dir: string): Promise<string | undefined> {
  if (process.platform !== "linux") return undefined;
  const file = join(dir, "faultyDisk.so");
  // The driver of g++ compiles C too; .ci/run installs it for the native modules.
  const flags = ["-O1", "-Wall", "-shared", "-fPIC", "-o", file, "-x", "c", SOURCE, "-ldl", "-lpthread"];
  return promisify(execFile)("g++", flags).then(
    () => file,
    () => undefined,
  );
}

/** One change of a file, in the order in which it was made. */
export interface DiskChange {
  /** Write, truncate, sync, rename, unlink, link, create. */
  readonly kind: "w" | "t" | "s" | "r" | "u" | "l" | "c";
  readonly offset: number;
  readonly path: string;
  /** Where a rename or a link goes to. */
  readonly other: string;
  readonly data: Buffer;
}

const HEAD = /^([wtsrulc]) (-?\d+) (\d+) (\d+) (\d+)$/;

export async function readDiskRecord(file: string): Promise<readonly DiskChange[]> {
  const bytes = await readFile(file);
  const changes: DiskChange[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at);
    const head = HEAD.exec(bytes.toString("latin1", at, end < 0 ? bytes.length : end));
    if (head === null) throw new Error(`not a record at ${at}`);
    const [dataLength = 0, pathLength = 0, otherLength = 0] = head.slice(3).map(Number);
    const pathAt = end + 1;
    const dataAt = pathAt + pathLength + otherLength;
    // The last record may be cut by the end of its process.
    if (dataAt + dataLength > bytes.length) break;
    changes.push({
      kind: kindOf(head[1]),
      offset: Number(head[2]),
      path: bytes.toString("utf8", pathAt, pathAt + pathLength),
      other: bytes.toString("utf8", pathAt + pathLength, dataAt),
      data: bytes.subarray(dataAt, dataAt + dataLength),
    });
    at = dataAt + dataLength;
  }
  return changes;
}

function kindOf(letter: string | undefined): DiskChange["kind"] {
  switch (letter) {
    case "w":
    case "t":
    case "s":
    case "r":
    case "u":
    case "l":
      return letter;
    default:
      return "c";
  }
}

/** What happened to the writes that were never synced. */
export type Unsynced = "none" | "all" | "half" | "torn";

class DiskFile {
  readonly #synced = new Content();
  #pending: DiskChange[] = [];

  change(change: DiskChange): void {
    this.#pending.push(change);
  }

  sync(): void {
    for (const change of this.#pending) this.#synced.apply(change);
    this.#pending = [];
  }

  /** As the power cut leaves it. Which of the unsynced writes reached the disk follows no order. */
  afterCut(unsynced: Unsynced, random: SeededRandom): Buffer {
    for (const change of this.#pending)
      for (const part of surviving(change, unsynced, random)) this.#synced.apply(part);
    this.#pending = [];
    return this.#synced.bytes;
  }
}

/** Grows by doubling: a file is written thousands of times. */
class Content {
  #buffer = Buffer.alloc(64 * 1024);
  #length = 0;

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  apply({ kind, offset, data }: DiskChange): void {
    const end = kind === "t" ? offset : offset + data.length;
    if (end > this.#buffer.length) {
      const larger = Buffer.alloc(2 * end);
      this.#buffer.copy(larger);
      this.#buffer = larger;
    }
    if (kind === "t") {
      this.#buffer.fill(0, Math.min(offset, this.#length));
      this.#length = offset;
    } else {
      data.copy(this.#buffer, offset);
      this.#length = Math.max(this.#length, end);
    }
  }
}

function surviving(change: DiskChange, unsynced: Unsynced, random: SeededRandom): readonly DiskChange[] {
  if (unsynced === "all") return [change];
  if (unsynced === "none") return [];
  if (unsynced === "half" || change.kind !== "w") return random.below(2) === 0 ? [change] : [];
  const sectors: DiskChange[] = [];
  for (let at = 0; at < change.data.length;) {
    const end = Math.min(change.data.length, at + SECTOR - ((change.offset + at) % SECTOR));
    if (random.below(2) === 0)
      sectors.push({ ...change, offset: change.offset + at, data: change.data.subarray(at, end) });
    at = end;
  }
  return sectors;
}

export interface PowerCut {
  /** The changes made before it. */
  readonly changes: readonly DiskChange[];
  readonly unsynced: Unsynced;
  readonly random: SeededRandom;
  /** What the disk held when the record began. */
  readonly start?: ReadonlyMap<string, Buffer>;
}

/** Names are journaled in order by every file system we know; it is the bytes behind them that get lost. */
export async function rebuildDisk(from: string, to: string, cut: PowerCut): Promise<void> {
  const files = new Map<string, DiskFile>();
  for (const [path, data] of cut.start ?? []) {
    const file = new DiskFile();
    file.change({ kind: "w", offset: 0, path, other: "", data });
    file.sync();
    files.set(path, file);
  }
  for (const change of cut.changes) if (change.path.startsWith(`${from}/`)) note(files, change);
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const [path, file] of files) {
    const target = join(to, path.slice(from.length));
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeFile(target, file.afterCut(cut.unsynced, cut.random));
  }
}

function note(files: Map<string, DiskFile>, change: DiskChange): void {
  const file = files.get(change.path) ?? new DiskFile();
  switch (change.kind) {
    case "r":
    case "u":
      files.delete(change.path);
      if (change.kind === "r") files.set(change.other, file);
      return;
    case "l":
      files.set(change.other, file);
      return;
    case "s":
      file.sync();
      return;
    case "c":
      files.set(change.path, file);
      return;
    case "w":
    case "t":
      files.set(change.path, file);
      file.change(change);
  }
}
