import { describe, expect, it } from "vitest";
import { KEPT_TAIL_BYTES } from "#shared/lib/looseEnd.ts";
import { nextExpiry, overPolicy, type KeptRecording, type LogPolicy } from "./retention.ts";

const MB = 1024 * 1024;
const NO_LIMIT: LogPolicy = { maxAgeMs: undefined, maxSessionBytes: undefined, maxTotalBytes: undefined };

/** Segments of 4 MB each, written at these times, packed to 1 MB on the disk. */
function recording(sessionId: string, writtenAt: readonly number[], readTo?: number): KeptRecording {
  const segments = writtenAt.map((at, index) => ({
    start: index * 4 * MB,
    end: (index + 1) * 4 * MB,
    diskBytes: MB,
    writtenAt: at,
    isPacked: true,
  }));
  const stored = { sessionId, size: writtenAt.length * 4 * MB, segments, diskBytes: writtenAt.length * MB };
  return { stored, readTo };
}

describe("the log policy", () => {
  it("keeps everything where nothing is limited", () => {
    expect(overPolicy([recording("a", [1, 2, 3])], NO_LIMIT, 1e9)).toEqual([]);
    expect(nextExpiry([recording("a", [1, 2, 3])], NO_LIMIT)).toBeUndefined();
  });

  it("takes what is too old, oldest first, and knows when the next will be", () => {
    const policy = { ...NO_LIMIT, maxAgeMs: 100 };
    const kept = [recording("a", [10, 20, 900]), recording("b", [950])];
    expect(overPolicy(kept, policy, 1000)).toEqual([
      { sessionId: "a", stretch: { from: 0, to: 8 * MB }, bytes: 8 * MB, diskBytes: 2 * MB },
    ]);
    expect(nextExpiry([recording("a", [900, 950])], policy)).toBe(1000);
  });

  it("leaves a young segment behind an old one alone: what is gone is always the beginning", () => {
    expect(overPolicy([recording("a", [500, 10, 20])], { ...NO_LIMIT, maxAgeMs: 600 }, 1000)).toEqual([]);
  });

  it("bounds each session by what it takes on the disk", () => {
    const over = overPolicy(
      [recording("a", [1, 2, 3, 4]), recording("b", [1])],
      { ...NO_LIMIT, maxSessionBytes: 2 * MB },
      5,
    );
    expect(over).toMatchObject([{ sessionId: "a", stretch: { from: 0, to: 8 * MB } }]);
  });

  it("bounds all together, and whose output is the oldest loses it first", () => {
    const kept = [recording("a", [10, 40]), recording("b", [20, 30]), recording("c", [5])];
    const over = overPolicy(kept, { ...NO_LIMIT, maxTotalBytes: 2 * MB }, 50);
    expect(over.map(({ sessionId, stretch }) => [sessionId, stretch.to / MB])).toEqual([
      ["a", 4],
      ["b", 4],
      ["c", 4],
    ]);
  });

  it("never touches what a running session's screen needs, and stays over the limit rather", () => {
    const size = 12 * MB;
    const running = recording("a", [1, 2, 3], size);
    expect(overPolicy([running], { ...NO_LIMIT, maxSessionBytes: 0 }, 5)).toMatchObject([
      { stretch: { from: 0, to: 8 * MB } },
    ]);
    // The core is behind: what it has not read yet stays, and the tail before that.
    const behind = recording("a", [1, 2, 3], 8 * MB + KEPT_TAIL_BYTES - 1);
    expect(overPolicy([behind], { ...NO_LIMIT, maxSessionBytes: 0 }, 5)).toMatchObject([{ stretch: { to: 4 * MB } }]);
  });
});
