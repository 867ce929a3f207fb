import { Terminal } from "@xterm/headless/lib-headless/xterm-headless.mjs";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { ScreenHint } from "#core/ports/screens.ts";
import { HeadlessScreen } from "./headlessScreen.ts";
import { createScreens } from "./screensHost.ts";
import type { ScreensHost } from "./screensHost.ts";

const LIVE = { live: true, fresh: false };
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const bytesOf = (text: string) => Buffer.from(text, "utf8");

/** What agent programs really send: colours, wide and combined characters, alternate screen, margins, strings, queries. */
const CORPUS = bytesOf(
  "plain\r\n\x1b[1;31mrot\x1b[0m größe 日本語 👩‍👩‍👧 e\u0301\r\n" +
    "\x1b]0;title ✳ one\x07\x1b]7501;state=working:msg=aGk=\x1b\\\x1b]8;;https://x.dev\x1b\\link\x1b]8;;\x1b\\\r\n" +
    "\x1b[?2004h\x1b[?25l\x1b[2;5r\x1b[3;4Hhere\x1bP+q544e\x1b\\\x1b(0lqk\x1b(B\x1b[6n\x1b[?1006h\x1b[?1000h" +
    "\x1b[?1049h\x1b[2J\x1b[Halt \x1b[44mblue\x1b[K\x1b[0m\x1b[5;10Hzz\x1b7\x1b[1;1H\x1b8!\x1b[?1049l\x1b[r\x1b[9;2Hend ü",
);

function textOf(terminal: Terminal): string {
  const lines: string[] = [];
  for (let row = 0; row < terminal.rows; row++)
    lines.push(terminal.buffer.active.getLine(terminal.buffer.active.baseY + row)?.translateToString(true) ?? "");
  return lines.join("\n").trimEnd();
}

async function redraw(cols: number, rows: number, ...parts: Uint8Array[]): Promise<Terminal> {
  const terminal = new Terminal({ cols, rows, allowProposedApi: true, scrollback: 200 });
  for (const part of parts) await new Promise<void>((resolve) => terminal.write(part, resolve));
  return terminal;
}

function feedAll(screen: HeadlessScreen, cuts: readonly number[]) {
  const hints: ScreenHint[] = [];
  let reply = "";
  let from = 0;
  for (const to of [...cuts, CORPUS.length]) {
    const output = screen.feed(from, CORPUS.subarray(from, to), LIVE);
    reply += output.reply;
    hints.push(...output.hints);
    from = to;
  }
  return { reply, hints, text: screen.text() };
}

describe("one screen", () => {
  const whole = feedAll(new HeadlessScreen({ cols: 40, rows: 10 }), []);

  it("shows, answers and reports the same wherever its input is cut", () => {
    expect(whole.reply).toBe("\x1b[3;11R");
    expect(whole.hints).toEqual([
      { type: "title", title: "title ✳ one" },
      { type: "status", params: { state: "working", msg: "aGk=" } },
    ]);
    for (let cut = 0; cut <= CORPUS.length; cut++) {
      expect([cut, feedAll(new HeadlessScreen({ cols: 40, rows: 10 }), [cut])]).toEqual([cut, whole]);
    }
    const each = Array.from({ length: CORPUS.length - 1 }, (_, index) => index + 1);
    expect(feedAll(new HeadlessScreen({ cols: 40, rows: 10 }), each)).toEqual(whole);
  });

  it("gives snapshots that continue exactly with the bytes after their offset, at every byte", async () => {
    for (let cut = 0; cut <= CORPUS.length; cut++) {
      const screen = new HeadlessScreen({ cols: 40, rows: 10 });
      screen.feed(0, CORPUS.subarray(0, cut), LIVE);
      const { bytes, offset, cols, rows } = screen.snapshot();
      expect(offset).toBeLessThanOrEqual(cut);
      const viewer = await redraw(cols, rows, bytes, CORPUS.subarray(offset));
      expect([cut, textOf(viewer)]).toEqual([cut, whole.text]);
      expect([cut, viewer.modes.bracketedPasteMode]).toEqual([cut, true]);
      viewer.dispose();
      screen.dispose();
    }
  });

  it("answers what programs ask and nothing that echoes", () => {
    const ask = (query: string) => new HeadlessScreen({ cols: 80, rows: 24 }).feed(0, bytesOf(query), LIVE).reply;
    expect(ask("\x1b[c")).toBe("\x1b[?1;2c");
    expect(ask("\x1b[5n")).toBe("\x1b[0n");
    expect(ask("ab\x1b[6n")).toBe("\x1b[1;3R");
    expect(ask("\x1b[?2004$p")).toBe("\x1b[?2004;2$y");
    expect(ask("\x1b]7501;?\x1b\\")).toBe("\x1b]7501;?\x1b\\");
    expect(ask("\x1b]11;?\x07")).toContain("]11;rgb:");
    for (const echo of [
      "\x1b]52;c;?\x07",
      "\x1b]2;evil\x07\x1b[21t",
      "\x1b[20t",
      "\x1bP$qm\x1b\\",
      "\x1bP+q544e\x1b\\",
      "\x05",
    ]) {
      expect([echo, ask(echo)]).toEqual([echo, ""]);
    }
  });

  it("neither answers nor reports while old output is replayed", () => {
    const screen = new HeadlessScreen({ cols: 80, rows: 24 });
    expect(screen.feed(0, CORPUS, { live: false, fresh: false })).toEqual({ reply: "", hints: [] });
  });

  it("reports status, titles, notifications and bells as harmless text", () => {
    const hints = (text: string) => new HeadlessScreen({ cols: 80, rows: 24 }).feed(0, bytesOf(text), LIVE).hints;
    expect(hints("\x1b]7501;state=blocked:kind=permission:msg=YXBw==:bad key=1:=x:novalue\x07")).toEqual([
      { type: "status", params: { state: "blocked", kind: "permission", msg: "YXBw==" } },
    ]);
    expect(hints("\x1b]9;Approval requested: x\x07\x1b]9;4;1;50\x07\x1b]777;notify;Title;body; more\x07")).toEqual([
      { type: "notification", text: "Approval requested: x" },
      { type: "notification", text: "Title: body; more" },
    ]);
    expect(hints("\x07\x07\x07\x1b]0;a\x07\x1b]2;b\u202e\x07")).toEqual([
      { type: "bell" },
      { type: "title", title: "b" },
    ]);
    expect(hints("\x1b]9;n\x07".repeat(1000))).toHaveLength(32);
  });

  it("takes any size and any garbage", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 60 }),
            fc.string({ maxLength: 20 }).map((tail) => bytesOf(`\x1b[${tail}`)),
            fc
              .tuple(
                fc.constantFrom("[", "]", "P", "_", "^", "X", "(", "#"),
                fc.nat(99_999),
                fc.constantFrom(..."ABCDHJKLMPSTXZ@bcdfghlmnpqrstu`".split("")),
              )
              .map(([open, n, final]) => bytesOf(`\x1b${open}${n};${n}${final}`)),
            fc.record({
              cols: fc.constantFrom(0, 1, 2, 80, 65_535, -5, Number.NaN),
              rows: fc.constantFrom(0, 1, 24, 65_535),
            }),
          ),
          { maxLength: 30 },
        ),
        (steps) => {
          const screen = new HeadlessScreen({ cols: 0, rows: 65_535 });
          let offset = 0;
          for (const step of steps) {
            if (step instanceof Uint8Array) {
              screen.feed(offset, step, LIVE);
              offset += step.length;
            } else screen.resize(step);
          }
          const snapshot = screen.snapshot();
          expect(snapshot.offset).toBeLessThanOrEqual(offset);
          expect(snapshot.cols).toBeLessThanOrEqual(1000);
          screen.text();
          screen.dispose();
        },
      ),
      { numRuns: 200 },
    );
  });

  it("holds back a string that never ends only so long", () => {
    const screen = new HeadlessScreen({ cols: 80, rows: 24 });
    screen.feed(0, bytesOf(`\x1b]0;${"x".repeat(100_000)}`), LIVE);
    expect(screen.snapshot().offset).toBe(100_004);
    screen.feed(100_004, bytesOf("\x07seen"), LIVE);
    expect(screen.text()).toBe("seen");
  });
});

describe("the screens' host", () => {
  const hosts: ScreensHost[] = [];
  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.dispose();
  });
  function open(size = { cols: 80, rows: 24 }) {
    const host = createScreens({ logger: silent });
    hosts.push(host);
    const heard = { reply: "", hints: [] as ScreenHint[] };
    host.open("s", size, {
      reply: (bytes) => (heard.reply += Buffer.from(bytes).toString("latin1")),
      hint: (hint) => heard.hints.push(hint),
    });
    return { host, heard };
  }

  it("answers questions after everything fed before them, and replies in between", async () => {
    const { host, heard } = open();
    host.feed("s", 0, bytesOf("hello \x1b[6n"), true);
    host.resize("s", { cols: 20, rows: 5 });
    host.feed("s", 10, bytesOf("world\x07"), true);
    expect(await host.text("s")).toBe("hello world");
    expect(await host.snapshot("s")).toMatchObject({ offset: 16, cols: 20, rows: 5 });
    expect(heard).toEqual({ reply: "\x1b[1;7R", hints: [{ type: "bell" }] });
  });

  it("leaves the caller's buffer alone, also when it is a slice of a pool", async () => {
    const { host } = open();
    const pooled = Buffer.from("pooled text");
    host.feed("s", 0, pooled, true);
    expect(await host.text("s")).toBe("pooled text");
    expect(pooled.toString()).toBe("pooled text");
  });

  it("skips to the tail with a truthful offset when it falls far behind", async () => {
    const { host } = open();
    const total = 24 * 1024 * 1024;
    const line = bytesOf(`${"y".repeat(62)}\r\n`);
    const chunk = Buffer.concat(Array.from({ length: 4096 }, () => line));
    for (let offset = 0; offset < total; offset += chunk.length) host.feed("s", offset, chunk, true);
    host.feed("s", total, bytesOf("last words"), true);
    expect(await host.snapshot("s")).toMatchObject({ offset: total + 10 });
    expect(await host.text("s")).toMatch(/y\nlast words$/);
  });

  it("ignores bytes it has seen and starts over after a gap", async () => {
    const { host } = open();
    host.feed("s", 0, bytesOf("abc"), true);
    host.feed("s", 1, bytesOf("bcd"), true);
    expect(await host.text("s")).toBe("abcd");
    host.feed("s", 100, bytesOf("later"), true);
    expect(await host.text("s")).toBe("later");
    expect((await host.snapshot("s"))?.offset).toBe(105);
  });

  it("survives a storm of resizes and answers nothing for unknown or closed screens", async () => {
    const { host } = open();
    for (let round = 0; round < 2000; round++) host.resize("s", { cols: round % 300, rows: round % 90 });
    host.resize("s", { cols: 50, rows: 12 });
    expect(await host.snapshot("s")).toMatchObject({ cols: 50, rows: 12 });
    const last = host.text("s");
    host.close("s");
    expect([await last, await host.text("s"), await host.snapshot("s"), await host.snapshot("x")]).toEqual([
      "",
      "",
      undefined,
      undefined,
    ]);
  });
});
