import { expect, test } from "vitest";
import {
  bytesWords,
  clockWords,
  countdownWords,
  countWords,
  dayWords,
  durationWords,
  exactClock,
  exactDuration,
  intensityWords,
  plural,
  shortPath,
} from "./words.ts";

const at = (text: string) => new Date(text).getTime();

test.each([
  [0, "0s"],
  [38_900, "38s"],
  [240_000, "4m"],
  [3_840_000, "1h 04m"],
  [180_000_000, "2d 2h"],
  [-5, "0s"],
  [Number.NaN, "0s"],
])("a duration of %d ms reads %s", (ms, words) => expect(durationWords(ms)).toBe(words));

test("details show the seconds of a short wait", () => {
  expect(exactDuration(128_000)).toBe("2m 08s");
  expect(exactDuration(12_000)).toBe("12s");
  expect(exactDuration(7_200_000)).toBe("2h 00m");
});

test.each([
  [12_000, "0:12"],
  [11_100, "0:12"],
  [245_000, "4:05"],
  [3_852_000, "1:04:12"],
  [-1, "0:00"],
])("%d ms left count down as %s", (ms, words) => expect(countdownWords(ms)).toBe(words));

test("a moment of another day says the day, of another week the date", () => {
  const now = at("2026-06-12T14:06:02");
  expect(clockWords(at("2026-06-12T13:58:41"), now)).toBe("13:58");
  expect(clockWords(at("2026-06-10T13:58:41"), now)).toBe("Wed 13:58");
  expect(clockWords(at("2026-05-01T13:58:41"), now)).toBe("1 May 13:58");
  expect(clockWords(Number.NaN, now)).toBe("");
  expect(exactClock(now)).toBe("14:06:02");
  expect(dayWords(now)).toBe("Friday 12 June");
});

test("counts are grouped by thin spaces from ten thousand on", () => {
  expect(countWords(9999)).toBe("9999");
  expect(countWords(48_213)).toBe("48\u2009213");
  expect(countWords(1_048_213)).toBe("1\u2009048\u2009213");
  expect(plural(1, "agent")).toBe("1 agent");
  expect(plural(4, "child", "children")).toBe("4 children");
});

test.each([
  [940, "940 B"],
  [12_400, "12.4 kB"],
  [2_250_000, "2.25 MB"],
  [412_000_000, "412 MB"],
])("%d bytes read %s", (bytes, words) => expect(bytesWords(bytes)).toBe(words));

test("intensity is a sentence, not a fraction", () => expect(intensityWords(2, 5, 60_000)).toBe("2 of 5 in 60 s used"));

test("only a path below the home folder is shortened", () => {
  expect(shortPath("/home/ada/code", "/home/ada")).toBe("~/code");
  expect(shortPath("/home/ada", "/home/ada")).toBe("~");
  expect(shortPath("/home/adalbert/code", "/home/ada")).toBe("/home/adalbert/code");
  expect(shortPath("/srv", undefined)).toBe("/srv");
});
