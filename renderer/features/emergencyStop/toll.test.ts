import { expect, test } from "vitest";
import { toll } from "./toll.ts";

test("the toll counts who runs and what each group loses", () => {
  const { running, lines } = toll(
    new Map([
      ["busy", 5],
      ["waiting_permission", 1],
      ["waiting_answer", 1],
      ["idle", 4],
      ["starting", 1],
      ["backoff", 1],
      ["done", 3],
    ]),
  );
  expect(running).toBe(12);
  expect(lines.map((line) => `${line.count} ${line.words}`)).toEqual([
    "5 busy, their current turn is lost",
    "2 waiting for you, their requests are withdrawn",
    "5 idle, rate-limited or starting, nothing is lost",
    "+1 in backoff, its restart is cancelled",
  ]);
});
