import { expect, it } from "vitest";
import { ok } from "#shared/model/result.ts";
import { openLedger } from "#test/support/ledgerRig.ts";
import { ResumeConsent } from "./resumeConsent.ts";

const tree = {
  scopesOf: (path: string) => [path],
  resolve: (ref: string) => ok({ scope: ref, kind: "agent" } as const),
  agentsBelow: () => [],
};

it("a consent to go on lasts where a person said so of the agent; given with a budget's item it is used up by the next reset", async () => {
  const rig = await openLedger();
  const { store, recorder } = rig;
  const consent = new ResumeConsent({ store, recorder, tree });
  expect(consent.set("shop/s1", true, "person").ok).toBe(true);
  expect(consent.allowOnce(["shop/s1", "shop/s2"], "person").ok).toBe(true);
  expect([consent.of("shop/s2"), consent.lasting("shop/s2")]).toEqual([true, undefined]);
  const next = new ResumeConsent({ store, recorder, tree });
  for (const path of ["shop/s1", "shop/s2"]) {
    expect(next.of(path)).toBe(true);
    next.used(path);
  }
  recorder.flush();
  for (const known of [next, new ResumeConsent({ store, recorder, tree })])
    expect([known.of("shop/s1"), known.lasting("shop/s1"), known.of("shop/s2")]).toEqual([true, true, undefined]);
  rig.close();
});
