/** Search over a recording larger than any buffer: bounded memory, stoppable, right. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OutputHit } from "#core/ports/outputLog.ts";
import { createOutputLog } from "#platform/outputSearch.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const SEGMENT = 16 * 1024 * 1024;
const SEGMENTS = 13;
let dataDir: string;

/** 208 MB of coloured output with one needle cut by codes in each segment and one across a segment border. */
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), "recording-"));
  const dir = join(dataDir, "sessions", "big");
  mkdirSync(dir, { recursive: true });
  const line = Buffer.from("\x1b[32mINFO\x1b[0m nothing in particular, größe 日本 \x1b[1C number\r\n");
  const segment = Buffer.alloc(SEGMENT, line);
  const whole = Buffer.from("\r\nthe nee\x1b[1mdle\x1b[0m in the hay\r\n");
  whole.copy(segment, SEGMENT / 2);
  for (let index = 0; index < SEGMENTS; index++) {
    const content = Buffer.from(segment);
    if (index === 3) content.write("\x18\r\nborder nee", SEGMENT - 13);
    if (index === 4) content.write("dle\r\n", 0);
    writeFileSync(join(dir, `${String(index * SEGMENT).padStart(20, "0")}.log`), content);
  }
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

describe("a session of 200 MB", () => {
  it("is searched whole in bounded memory", async () => {
    const log = createOutputLog({ dataDir, logger: silent });
    const hits: OutputHit[] = [];
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 10);
    const outcome = await log.search(
      { sessionIds: ["big"], text: "NEEDLE", caseSensitive: false, limit: 100, signal: new AbortController().signal },
      (hit) => hits.push(hit),
    );
    clearInterval(watch);
    await log.dispose();
    expect(outcome).toEqual({ truncated: false, unsearched: [] });
    const expected = Array.from({ length: SEGMENTS }, (_, index) => index * SEGMENT + SEGMENT / 2 + 2);
    expected.splice(4, 0, 4 * SEGMENT - 10);
    expect(hits.map(({ offset }) => offset)).toEqual(expected);
    expect(hits[0]).toMatchObject({ line: "the needle in the hay", start: 4, end: 10 });
    expect(hits[4]).toMatchObject({ line: "border needle" });
    expect((peak - before) / 1024 / 1024).toBeLessThan(170);
  });

  it("stops when nobody wants the answer any more, and the next search is served at once", async () => {
    const log = createOutputLog({ dataDir, logger: silent });
    const search = (text: string, signal: AbortSignal, limit = 100) =>
      log.search({ sessionIds: ["big"], text, caseSensitive: true, limit, signal }, () => undefined);
    const startedAt = performance.now();
    const controllers = Array.from({ length: 6 }, () => new AbortController());
    const stopped = controllers.map(({ signal }) => search("absent", signal));
    const first = search("INFO", new AbortController().signal, 1);
    for (const controller of controllers) controller.abort();
    expect(await Promise.all(stopped)).toEqual(controllers.map(() => ({ truncated: true, unsearched: [] })));
    expect(await first).toEqual({ truncated: true, unsearched: [] });
    // Reading it all six times takes ten seconds and more.
    expect(performance.now() - startedAt).toBeLessThan(4000);
    await log.dispose();
  });
});
