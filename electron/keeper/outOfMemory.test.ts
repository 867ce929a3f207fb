import { expect, test } from "vitest";
import { createOutOfMemoryEvidence } from "./outOfMemory.ts";

test("every counted kill explains one session, earlier ones none", () => {
  let counted = 5;
  const evidence = createOutOfMemoryEvidence(() => counted);
  evidence.refresh();
  expect(evidence.claim()).toBe(false);
  counted = 7;
  expect([evidence.claim(), evidence.claim(), evidence.claim()]).toEqual([true, true, false]);
});

test("a look in the middle of a storm does not swallow the kills not yet told", () => {
  let counted = 0;
  const evidence = createOutOfMemoryEvidence(() => counted);
  evidence.refresh();
  counted = 2;
  expect(evidence.claim()).toBe(true);
  evidence.refresh();
  expect(evidence.claim()).toBe(true);
});

test("without a counter there is no evidence", () => {
  const evidence = createOutOfMemoryEvidence(() => undefined);
  evidence.refresh();
  expect(evidence.claim()).toBe(false);
});
