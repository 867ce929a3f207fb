import { expect, it } from "vitest";
import { ManualClock } from "#test/support/manualClock.ts";
import { RefusalTally } from "./refusalTally.ts";

function rig() {
  const clock = new ManualClock();
  const said: [string, number][] = [];
  return { clock, said, tally: new RefusalTally<string>({ clock, record: (what, count) => said.push([what, count]) }) };
}

it("says the first refusal at once, those after it once a minute as a number, and leaves no timer behind", async () => {
  const { clock, said, tally } = rig();
  for (let n = 0; n < 5000; n += 1) tally.add("a", "a");
  tally.add("b", "b");
  expect(said).toEqual([
    ["a", 1],
    ["b", 1],
  ]);
  await clock.advance(60_000);
  expect(said.slice(2)).toEqual([["a", 4999]]);
  tally.add("a", "a later");
  await clock.advance(60_000);
  expect(said.slice(3)).toEqual([["a later", 1]]);
  await clock.advance(60_000);
  expect(clock.pending).toBe(0);
});

it("is bounded whatever is made up, and says at its end what it has counted", () => {
  const { clock, said, tally } = rig();
  for (let n = 0; n < 50_000; n += 1) tally.add(`made up ${n}`, "x");
  expect(said.length).toBe(1001);
  tally.close();
  expect(said.slice(1001)).toEqual([["x", 48_999]]);
  expect(clock.pending).toBe(0);
});
