import { expect, test } from "vitest";
import type { SearchHit } from "#shared/contract/index.ts";
import { batchHits } from "./searchStream.ts";

function hit(offset: number): SearchHit {
  return {
    sessionId: "00000000-0000-4000-8000-000000000001",
    path: "fleet/a",
    generation: 1,
    offset,
    line: "a",
    start: 0,
    end: 1,
  };
}

test("a hit is told when it is found, also where no other follows; hits of one moment are told together", async () => {
  const told: number[][] = [];
  const batches = batchHits((hits) => told.push(hits.map(({ offset }) => offset)));
  batches.push(hit(1));
  batches.push(hit(2));
  await Promise.resolve();
  expect(told).toEqual([[1, 2]]);
  batches.push(hit(3));
  await Promise.resolve();
  expect(told).toEqual([[1, 2], [3]]);
  for (let offset = 100; offset < 151; offset += 1) batches.push(hit(offset));
  expect(told.at(-1)).toHaveLength(50);
  batches.flush();
  await Promise.resolve();
  expect(told.slice(2).map((batch) => batch.length)).toEqual([50, 1]);
});
