import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { HeadlessScreen } from "./headlessScreen.ts";
import { KeyframeMaker, screenAt } from "./recordingKeyframes.ts";
import { surveyRecording } from "./recordingSurvey.ts";
import { openSegmentWriter } from "./segmentLog.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "signalbox-keyframes-"));
});
afterEach(() => rm(dir, { recursive: true }));

/** A full-screen program and a log by turns: colours, margins, the alternate screen, wide characters, resizes. */
function frame(number: number): string {
  const row = 1 + (number % 20);
  return [
    `\u001b[${row};${1 + (number % 60)}H\u001b[3${number % 8}mframe ${number} 漢字 \u001b[0m`,
    number % 50 === 0 ? "\u001b[?1049h\u001b[2J" : "",
    number % 50 === 25 ? "\u001b[?1049l" : "",
    number % 7 === 0 ? `\u001b[5;15r\u001b[10;1Hscrolled ${number}\n\n\u001b[r` : "",
    `line ${number} ${"x".repeat(number % 150)}\r\n`,
  ].join("");
}

test("the screen at any place is that of a terminal that saw all bytes and resizes up to it", async () => {
  const writer = await openSegmentWriter(dir, { segmentBytes: 3 * 1024 * 1024 });
  const live = new HeadlessScreen({ cols: 100, rows: 24 });
  writer.recordResize(100, 24);
  const wanted = new Map<number, string>();
  let offset = 0;
  for (let number = 0; offset < 5 * 1024 * 1024; number += 1) {
    const bytes = Buffer.from(frame(number));
    writer.append(bytes);
    live.feed(offset, bytes, { live: false, fresh: false });
    offset += bytes.length;
    if (number % 9001 === 9000) {
      const size = { cols: 80 + (number % 41), rows: 20 + (number % 11) };
      writer.recordResize(size.cols, size.rows);
      live.resize(size);
    }
    if (number % 9007 === 0) wanted.set(offset, live.text());
    if (number % 5000 === 0) await writer.indexed();
  }
  await writer.close();
  const { segments } = await surveyRecording("s", dir);
  const maker = new KeyframeMaker();
  while (await maker.makeNext(dir, segments)) {
    // A new maker each time: every border between segments goes through the disk.
    maker.forget();
  }
  for (const [at, text] of [...wanted].toReversed()) {
    const { screen, isExact } = await screenAt(dir, at);
    const shown = new HeadlessScreen({ cols: 2, rows: 1 });
    const { cols, rows, text: drawing } = screen.keyframe();
    shown.resize({ cols, rows });
    shown.draw(Buffer.from(drawing));
    expect(isExact).toBe(true);
    expect(shown.text(), `at ${at}`).toBe(text);
    screen.dispose();
  }
}, 120_000);
