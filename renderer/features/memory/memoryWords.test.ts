import { expect, it } from "vitest";
import { marked, scopeWords, staysWords, whyWords } from "./memoryWords.ts";

it("says why a memory was found, and whose it is", () => {
  expect(whyWords({ words: { rank: 1, matched: [] }, near: { rank: 12, similarity: 0.614 } })).toBe(
    "words, 1st; near 61 %, 12th",
  );
  expect(whyWords({ near: { rank: 23, similarity: 0.3 } })).toBe("near 30 %, 23rd");
  expect([scopeWords("global"), scopeWords("agent:shop/vision")]).toEqual(["everyone", "agent shop/vision"]);
});

it("says how long a memory stays", () => {
  const now = Date.parse("2026-11-28T12:00:00Z");
  expect(staysWords({}, now)).toBe("for ever");
  expect(staysWords({ endsAt: "2026-11-30T14:00:00Z" }, now)).toBe("2d 2h");
  expect(staysWords({ endsAt: "2026-11-27T14:00:00Z" }, now)).toBe("ended");
  expect(staysWords({ endsAt: "2027-01-01T00:00:00Z", deletesAt: "2026-11-28T12:09:00Z" }, now)).toBe("deleted in 9m");
});

it("marks the words that were found, whatever signs are in them, and loses no letter", () => {
  const text = "The cat (and the CAT) cost $5.";
  const pieces = marked(text, ["cat", "$5"]);
  expect(pieces.filter(({ isMatch }) => isMatch).map((piece) => piece.text)).toEqual(["cat", "CAT", "$5"]);
  expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  expect(marked(text, [])).toEqual([{ text, isMatch: false }]);
});
