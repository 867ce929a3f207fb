import { expect, it } from "vitest";
import type { Mail } from "#shared/model/mail.ts";
import { conversationsOf, fateWords } from "./conversations.ts";

function mail(seq: number, from: string, to: string, state: Mail["state"] = "delivered"): Mail {
  const at = "2026-11-29T00:00:00.000Z";
  const letter = {
    fleet: "f",
    addressed: "agent",
    kind: "message",
    priority: 2,
    text: "x",
    isRepeated: false,
  } as const;
  return { ...letter, id: `m${seq}`, seq, from, to, state, postedAt: at, expiresAt: at };
}

it("puts what two say to each other together, whoever spoke, the newest conversation first", () => {
  const all = [
    mail(1, "f/a", "f/b"),
    mail(2, "person", "f/b", "waiting"),
    mail(4, "f/b", "f/a"),
    mail(3, "f/c", "person"),
  ];
  expect(
    conversationsOf(all).map(({ parties, mails, waiting }) => [parties, mails.map(({ seq }) => seq), waiting]),
  ).toEqual([
    [["f/a", "f/b"], [1, 4], 0],
    [["person", "f/c"], [3], 0],
    [["person", "f/b"], [2], 1],
  ]);
});

it("says what became of a message, and why", () => {
  expect(fateWords({ state: "waiting", detail: "it is busy" })).toBe("Waits: it is busy");
  expect(fateWords({ state: "delivered" })).toBe("Delivered");
});
