import { expect, test } from "vitest";
import type { Life } from "#shared/model/node.ts";
import { createRecordingClock } from "#renderer/terminal/recordingClock.ts";
import { fileName } from "./exportRecording.ts";
import { layOut, mergeTicks, placeAt, timeLabels, xOf } from "./strip.ts";
import { advance } from "./usePlayer.ts";

const at = (minutes: number) => new Date(minutes * 60_000).toISOString();
const life = (generation: number, from: number, to: number): Life => ({
  sessionId: `s${generation}`,
  path: "f/a",
  generation,
  mode: "fresh",
  agent: "command",
  startedAt: at(from),
  endedAt: at(to),
  outputBytes: 100,
  outputStart: 0,
});

test("lives lie in order, fill the strip, and a pause of three days takes little of it", () => {
  const strip = layOut([life(2, 4400, 4460), life(1, 0, 60)], 1000, 0);
  expect(strip.lives.map(({ life: { generation } }) => generation)).toEqual([1, 2]);
  expect(strip.lives.at(-1)?.x1).toBeCloseTo(1000);
  const gap = strip.gaps[0];
  expect((gap?.x1 ?? 0) - (gap?.x0 ?? 0)).toBeLessThanOrEqual(80);
});

test("a place and its moment are each other's inverse", () => {
  const strip = layOut([life(1, 0, 60), life(2, 61, 300)], 900, 0);
  for (const entry of strip.lives) {
    const ms = entry.startMs + (entry.endMs - entry.startMs) * 0.3;
    const place = placeAt(strip, xOf(entry, ms));
    expect(place?.life.generation).toBe(entry.life.generation);
    expect(place?.ms).toBeCloseTo(ms, -1);
  }
});

test("a hundred lives of a second fit, and nothing lies outside", () => {
  const strip = layOut(
    Array.from({ length: 100 }, (_, index) => life(index + 1, index * 10, index * 10 + 0.02)),
    800,
    0,
  );
  expect(strip.lives.every(({ x0, x1 }) => x0 >= 0 && x1 <= 800.001 && x1 > x0)).toBe(true);
});

test("ticks nearer than 4 px merge; labels keep their distance", () => {
  expect(mergeTicks([10, 1, 2, 4.9, 5.1])).toEqual([1, 5.1, 10]);
  const xs = timeLabels(layOut([life(1, 0, 240)], 1000, 0)).map(({ x }) => x);
  expect(xs.slice(1).every((x, index) => x - (xs[index] ?? 0) >= 76)).toBe(true);
});

test("playing skips what nobody watches and stops at the end", () => {
  const clock = createRecordingClock(
    {
      life: life(1, 0, 10),
      resizes: [],
      marks: [
        { offset: 0, at: at(0) },
        { offset: 50, at: at(5) },
      ],
    },
    0,
  );
  expect(advance(clock, { ms: 100, passedMs: 50, speed: 4 })).toBe(300);
  expect(advance(clock, { ms: 2000, passedMs: 50, speed: 1 })).toBe(300_000);
  expect(advance(clock, { ms: 599_990, passedMs: 50, speed: 16 })).toBe(600_000);
});

test("an export is named after agent and life", () => {
  expect(fileName({ path: "checkout/schema migrator", generation: 3 })).toBe("checkout-schema-migrator-life-3.log");
});
