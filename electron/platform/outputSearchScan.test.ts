import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { OutputHit } from "#core/ports/outputLog.ts";
import { createOutputLog } from "./outputSearch.ts";
import { outputMatcher, scanSession } from "./outputSearchScan.ts";
import { PlainTextReader } from "./outputSearchText.ts";

const bytesOf = (text: string) => Buffer.from(text, "utf8");

function linesOf(input: Buffer, cuts: readonly number[] = []): [number, string][] {
  const reader = new PlainTextReader();
  const found: [number, string][] = [];
  let from = 0;
  const take = ({ text, offsets }: { text: Buffer; offsets: readonly number[] }) => {
    const lines = text.toString("utf8").split("\n").slice(0, -1);
    expect(lines.length).toBe(offsets.length);
    for (const [index, line] of lines.entries()) found.push([offsets[index] ?? -1, line]);
  };
  for (const to of [...cuts, input.length]) {
    take(reader.push(input.subarray(from, to), from));
    from = to;
  }
  take(reader.end());
  return found;
}

describe("plain text of terminal output", () => {
  const corpus = bytesOf(
    "one\r\n\x1b[1;31mtwo\x1b[0m größe 日本\x1b]0;title\x07\r\n\x1b]8;;https://x\x1b\\li\x1b(Bnk\x1bP+q54\x1b\\\r\nspin 1\rspin 2\r\n" +
      "\x1b[5;1HWho\x1b[1Cis\x1b[1Cthere\x1b[K\x1b[6;1Hnext\ttab\x1b[?25l\x1b_apc\x1b\\ 👩‍👩‍👧 end",
  );
  const whole = linesOf(corpus);

  it("keeps words, drops codes, breaks where the cursor goes to another line", () => {
    expect(whole.map(([, line]) => line)).toEqual([
      "one",
      "two größe 日本",
      "link",
      "spin 1",
      "spin 2",
      "Who is there",
      "next tab 👩‍👩‍👧 end",
    ]);
  });

  it("says where each line begins", () => {
    for (const [offset, line] of whole) expect(corpus.subarray(offset).toString("utf8")).toMatch(line.slice(0, 2));
    expect(whole[0]).toEqual([0, "one"]);
    expect(whole[1]?.[0]).toBe(5);
  });

  it("is the same wherever the bytes are cut", () => {
    for (let cut = 0; cut <= corpus.length; cut++) expect([cut, linesOf(corpus, [cut])]).toEqual([cut, whole]);
    expect(
      linesOf(
        corpus,
        Array.from({ length: corpus.length - 1 }, (_, index) => index + 1),
      ),
    ).toEqual(whole);
  });
});

describe("search", () => {
  const dirs: string[] = [];
  function sessions(logs: Record<string, string | Buffer>): string {
    const dataDir = mkdtempSync(join(tmpdir(), "search-"));
    dirs.push(dataDir);
    for (const [id, content] of Object.entries(logs)) {
      mkdirSync(join(dataDir, "sessions", id), { recursive: true });
      writeFileSync(join(dataDir, "sessions", id, `${"0".repeat(20)}.log`), content);
    }
    return dataDir;
  }
  afterEach(() => {
    for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
  });
  async function scan(content: string | Buffer, text: string, caseSensitive = false): Promise<OutputHit[]> {
    const dir = join(sessions({ s: content }), "sessions", "s");
    const hits: OutputHit[] = [];
    const matcher = outputMatcher(text, caseSensitive);
    for await (const batch of scanSession({ sessionId: "s", dir, matcher, signal: new AbortController().signal }))
      hits.push(...batch);
    return hits;
  }

  it("finds text that codes cut apart, in any case, with the range in the line", async () => {
    const hits = await scan(
      "noise\r\nthe \x1b[1mEr\x1b[31mROR\x1b[0m: größe\r\nno\r\n",
      "error: GRÖSSE".replace("SS", "ß"),
    );
    expect(hits).toEqual([{ sessionId: "s", offset: 7, line: "the ErROR: größe", start: 4, end: 16 }]);
    expect(await scan("Error\n", "error", true)).toEqual([]);
    expect(await scan("a.c (x) [y] $1 \\d\n", "(x) [y] $1 \\d")).toHaveLength(1);
    expect(await scan("abc\n", "a.c")).toEqual([]);
  });

  it("reports each printed line but a repainted one once", async () => {
    const repaint = "\x1b[3;1HWorking hard".repeat(500);
    expect(await scan(`${repaint}\r\nWorking hard\nWorking hard\n`, "working")).toHaveLength(3);
  });

  it("cuts long lines around the match without breaking a character", async () => {
    const [hit] = await scan(`${"👍".repeat(3000)}needle${"👍".repeat(3000)}`, "needle");
    expect(hit?.line.length).toBeLessThanOrEqual(400);
    expect(hit?.line.slice(hit.start, hit.end)).toBe("needle");
    expect(hit?.line.isWellFormed()).toBe(true);
  });

  it("finds what lies across chunk borders and at the end of a log without a last line feed", async () => {
    const chunk = 1024 * 1024;
    const content = Buffer.alloc(2 * chunk + 9, "x");
    content.write("needle", chunk - 3);
    content.write("\nlast needle", 2 * chunk - 3);
    const hits = await scan(content, "needle");
    expect(hits.map(({ line, start, end }) => line.slice(start, end))).toEqual(["needle", "needle"]);
    expect(hits.at(-1)).toMatchObject({ offset: 2 * chunk - 2, line: "last needle" });
  });

  it("reports a match near a forced cut of an endless line once", async () => {
    const chunk = 1024 * 1024;
    const content = Buffer.alloc(3 * chunk, "x");
    for (const at of [chunk - 100, 2 * chunk - 3]) content.write("needle", at);
    const hits = await scan(content, "needle");
    expect(hits.map(({ offset, line, start, end }) => [offset, line.slice(start, end)])).toEqual(
      Array.from({ length: 2 }, () => [0, "needle"]),
    );
  });

  it("searches sessions in the given order, up to the limit, and passes over missing ones", async () => {
    const dataDir = sessions({ a: "hit a1\nhit a2\n", b: "hit b1\n" });
    const log = createOutputLog({ dataDir, logger: { debug() {}, info() {}, warn() {}, error() {} } });
    const run = async (limit: number, sessionIds = ["b", "gone", "../a", "a"]) => {
      const lines: string[] = [];
      const signal = new AbortController().signal;
      const outcome = await log.search({ sessionIds, text: "hit", caseSensitive: false, limit, signal }, ({ line }) =>
        lines.push(line),
      );
      return { truncated: outcome.truncated, lines };
    };
    expect(await run(10)).toEqual({ truncated: false, lines: ["hit b1", "hit a1", "hit a2"] });
    expect(await run(2)).toEqual({ truncated: true, lines: ["hit b1", "hit a1"] });
    expect(await Promise.all([run(10, ["a"]), run(10, ["b"]), run(10, ["a"])])).toMatchObject([
      { lines: ["hit a1", "hit a2"] },
      { lines: ["hit b1"] },
      { lines: ["hit a1", "hit a2"] },
    ]);
    await log.dispose();
    expect(await run(10)).toEqual({ truncated: true, lines: [] });
  });
});
