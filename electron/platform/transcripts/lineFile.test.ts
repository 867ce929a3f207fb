import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { LineFile, MAX_LINE, type LineTaker } from "./lineFile.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "signalbox-lines-"));
  path = join(folder, "a.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

class Taken implements LineTaker {
  lines: string[] = [];
  restarts = 0;
  line(text: string): boolean {
    this.lines.push(text);
    return text !== "bad";
  }
  restart(): void {
    this.restarts += 1;
  }
  restore(state: string): void {
    this.lines = [`restored ${state}`];
  }
  state(): string {
    return String(this.lines.length);
  }
}

describe("a file of lines that grows", () => {
  it("is read from where it was left, and a torn last line waits for its end", async () => {
    const taken = new Taken();
    const file = new LineFile(path, taken);
    await writeFile(path, "one\ntwo\nthr");
    await file.read();
    expect(taken.lines).toEqual(["one", "two"]);
    await appendFile(path, "ee\r\n");
    await file.read();
    expect(taken.lines).toEqual(["one", "two", "three"]);
  });

  it("is gone on with by another reader at its mark", async () => {
    await writeFile(path, "one\n");
    const first = new LineFile(path, new Taken());
    await first.read();
    await appendFile(path, "two\n");
    const taken = new Taken();
    await new LineFile(path, taken, first.mark()).read();
    expect(taken.lines).toEqual(["restored 1", "two"]);
  });

  it.each([
    ["cut", () => truncate(path, 0).then(() => writeFile(path, "new\n"))],
    ["replaced", () => writeFile(`${path}.2`, "other\nnew\n").then(() => rename(`${path}.2`, path))],
    ["written over in place", () => writeFile(path, "ONE\ntwo\nnew\n")],
  ])("is begun anew when it was %s", async (_how, change) => {
    const taken = new Taken();
    const file = new LineFile(path, taken);
    await writeFile(path, "one\ntwo\n");
    await file.read();
    await change();
    await file.read();
    expect(taken.restarts).toBe(1);
    expect(taken.lines.at(-1)).toBe("new");
  });

  it("skips a line beyond 16 MB, counts it, and reads the next", async () => {
    await writeFile(path, `first\n${"x".repeat(MAX_LINE + 1)}\nlast\nbad\n`);
    const taken = new Taken();
    const { skipped } = await new LineFile(path, taken).read();
    expect(taken.lines).toEqual(["first", "last", "bad"]);
    expect(skipped).toBe(2);
  });

  it("takes a mark that is damaged for none", async () => {
    await writeFile(path, "one\n");
    const taken = new Taken();
    await new LineFile(path, taken, "{broken").read();
    expect(taken.lines).toEqual(["one"]);
  });

  it("reads in steps of a bounded size", async () => {
    await writeFile(path, `${"y".repeat(300_000)}\n`.repeat(4));
    const taken = new Taken();
    const file = new LineFile(path, taken);
    const sizes: number[] = [];
    for (let bytes = 1; bytes > 0; sizes.push(bytes)) ({ bytes } = await file.read(1));
    expect(taken.lines).toHaveLength(4);
    expect(sizes.length).toBeGreaterThan(3);
  });
});
