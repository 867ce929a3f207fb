import { expect, test } from "vitest";
import type { Life } from "#shared/model/node.ts";
import { createRecordingClock } from "./recordingClock.ts";
import { LEAD_BYTES, readFrom, sizeAt } from "./replay.ts";

const at = (seconds: number) => new Date(seconds * 1000).toISOString();
const life: Life = {
  sessionId: "s",
  path: "f/a",
  generation: 1,
  mode: "fresh",
  agent: "command",
  startedAt: at(100),
  endedAt: at(200),
  outputBytes: 1000,
  outputStart: 0,
};

test("with marks, bytes lie in the second after their mark and pauses hold still", () => {
  const clock = createRecordingClock(
    {
      life,
      resizes: [],
      marks: [
        { offset: 0, at: at(110) },
        { offset: 400, at: at(150) },
      ],
    },
    0,
  );
  expect(clock.offsetAt(110_500)).toBe(200);
  expect(clock.offsetAt(140_000)).toBe(400);
  expect(clock.nextOutputAt(120_000)).toBe(150_000);
  expect(clock.timeAt(400)).toBe(150_000);
  expect(clock.offsetAt(200_000)).toBe(1000);
});

test("without marks, the resizes are the fixed points between which time is even", () => {
  const clock = createRecordingClock({ life, resizes: [{ offset: 500, cols: 80, rows: 24, at: at(120) }] }, 0);
  expect([clock.offsetAt(110_000), clock.offsetAt(160_000), clock.timeAt(250)]).toEqual([250, 750, 110_000]);
});

test("a clock that was set back leaves times in order", () => {
  const clock = createRecordingClock(
    {
      life,
      resizes: [],
      marks: [
        { offset: 100, at: at(150) },
        { offset: 200, at: at(90) },
      ],
    },
    0,
  );
  expect(clock.timeAt(200)).toBeGreaterThanOrEqual(clock.timeAt(100));
});

test("a life that runs ends now; one without output has nowhere to go", () => {
  const { endedAt: _endedAt, ...running } = life;
  const clock = createRecordingClock({ life: { ...running, outputBytes: 0 }, resizes: [] }, 300_000);
  expect([clock.endMs, clock.offsetAt(250_000)]).toEqual([300_000, 0]);
});

test("a replay reads on when it can, and else from 2 MiB before", () => {
  expect(readFrom(1000, 400)).toEqual({ from: 400, isReset: false });
  expect(readFrom(300, 400)).toEqual({ from: 0, isReset: true });
  expect(readFrom(10 * LEAD_BYTES, 0)).toEqual({ from: 9 * LEAD_BYTES, isReset: true });
});

test("each byte has the size it was printed for", () => {
  const resizes = [
    { offset: 0, cols: 80, rows: 24 },
    { offset: 500, cols: 120, rows: 40 },
  ];
  expect([sizeAt(resizes, 499).cols, sizeAt(resizes, 500).cols, sizeAt([], 9).cols]).toEqual([80, 120, 80]);
});
