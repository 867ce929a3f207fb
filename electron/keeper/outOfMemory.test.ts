import { expect, test } from "vitest";
import { createOutOfMemoryEvidence } from "./outOfMemory.ts";

test("every counted kill explains one session, earlier ones none", async () => {
  let counted = 5;
  const evidence = createOutOfMemoryEvidence(() => Promise.resolve(counted));
  await evidence.refresh();
  expect(await evidence.claim()).toBe(false);
  counted = 7;
  expect([await evidence.claim(), await evidence.claim(), await evidence.claim()]).toEqual([true, true, false]);
});

test("a look in the middle of a storm does not swallow the kills not yet told", async () => {
  let counted = 0;
  const evidence = createOutOfMemoryEvidence(() => Promise.resolve(counted));
  await evidence.refresh();
  counted = 2;
  expect(await evidence.claim()).toBe(true);
  await evidence.refresh();
  expect(await evidence.claim()).toBe(true);
});

test("without a counter there is no evidence", async () => {
  const evidence = createOutOfMemoryEvidence(() => Promise.resolve(undefined));
  await evidence.refresh();
  expect(await evidence.claim()).toBe(false);
});
