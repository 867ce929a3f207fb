import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  containsPattern,
  isValidPattern,
  isValidSubject,
  literalPrefix,
  matchesSubject,
  overlapsPattern,
  patternProblem,
  subjectMatcher,
} from "./subjects.ts";

describe("the match table of the rules", () => {
  it.each([
    ["foo", "foo", true],
    ["foo", "bar", false],
    ["*", "foo", true],
    [">", "foo", true],
    [">", "foo.bar", true],
    ["foo.>", "foo.bar", true],
    ["foo.>", "foo", false],
    ["bar.>", "foo.bar", false],
    ["*", "foo.bar", false],
    ["foo.*", "foo", false],
    ["*.bar", "foo.bar", true],
    ["foo.*.baz", "foo.bar.baz", true],
    ["foo.*.baz", "foo.bar.bar", false],
    ["foo.*.>", "foo.bar", false],
    ["foo.*.>", "foo.bar.baz.qux", true],
    ["foo*", "foo*", true],
    ["foo*", "foobar", false],
    ["foo>", "foo>", true],
    ["fo", "foo", false],
    ["foo", "foo.bar", false],
    ["FOO", "foo", false],
    [">", "", false],
    [">", "foo..bar", false],
    [">", ".foo", false],
    [">", "foo.", false],
    [">", "foo bar", false],
    ["foo.*", "foo.*", false],
    ["*", "*", false],
  ])("%s on %s is %s", (pattern, subject, expected) => {
    expect(matchesSubject(pattern, subject)).toBe(expected);
    if (isValidSubject(subject)) expect(subjectMatcher(pattern)(subject)).toBe(expected);
  });
});

describe("validity", () => {
  it("accepts literals, also with wildcard characters inside a token", () => {
    for (const subject of ["a", "a.b", "foo*", "a>.b", "$SYS.x", "ws.shop.agent.api-1.exited", "größe.ü"]) {
      expect([subject, isValidSubject(subject)]).toEqual([subject, true]);
    }
  });

  it("refuses empty tokens, whitespace and whole-token wildcards in a subject to publish", () => {
    for (const subject of ["", ".", "a.", ".a", "a..b", "a b", "a.\tb", "a\n", "*", "a.*", ">", "a.>"]) {
      expect([subject, isValidSubject(subject)]).toEqual([subject, false]);
    }
  });

  it("names the first bad token of a pattern", () => {
    expect(patternProblem("a.>.b")).toMatchObject({ token: ">", index: 1 });
    expect(patternProblem("a..b")).toMatchObject({ token: "", index: 1 });
    expect(patternProblem("a.b c.>")).toMatchObject({ token: "b c", index: 1 });
    expect(patternProblem("a.>.b c")).toMatchObject({ token: ">", index: 1 });
    expect(patternProblem("ws.*.agent.>")).toBeUndefined();
  });
});

describe("containment and overlap", () => {
  it.each([
    ["foo.*", ">", false],
    ["foo.*", "foo.>", false],
    ["foo.>", "foo.*", true],
    [">", "foo.>", true],
    ["foo.>", "foo", false],
    ["foo.*", "foo.bar", true],
    ["*.bar", "foo.*", false],
    ["foo.>", "foo.>", true],
    ["foo.>", "foo.*.>", true],
    ["foo.*.>", "foo.>", false],
    ["a", "a", true],
  ])("%s contains %s: %s", (outer, inner, expected) => {
    expect(containsPattern(outer, inner)).toBe(expected);
  });

  it("finds patterns that meet though neither contains the other", () => {
    expect(overlapsPattern("*.bar", "foo.*")).toBe(true);
    expect(overlapsPattern("foo.>", "*.bar")).toBe(true);
    expect(overlapsPattern("foo.>", "foo")).toBe(false);
    expect(overlapsPattern("foo.*", "bar.*")).toBe(false);
    expect(overlapsPattern("a.b", "a.b.c")).toBe(false);
    expect(overlapsPattern(">", "a")).toBe(true);
  });

  const token = fc.constantFrom("a", "b", "*");
  const pattern = fc
    .tuple(fc.array(token, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([tokens, open]) => [...tokens, ...(open ? [">"] : [])].join("."));
  const words = ["a", "b", "c"];
  const universe = [1, 2, 3, 4, 5].flatMap((length) => subjectsOf(length, words));

  it("agrees with what the matcher says over every short subject", () => {
    fc.assert(
      fc.property(pattern, pattern, (one, two) => {
        const inOne = new Set(universe.filter((subject) => matchesSubject(one, subject)));
        const inTwo = universe.filter((subject) => matchesSubject(two, subject));
        expect(containsPattern(one, two)).toBe(inTwo.every((subject) => inOne.has(subject)));
        expect(overlapsPattern(one, two)).toBe(inTwo.some((subject) => inOne.has(subject)));
      }),
      { numRuns: 300 },
    );
  });

  it("gives a prefix that every match begins with", () => {
    fc.assert(
      fc.property(pattern, (one) => {
        expect(isValidPattern(one)).toBe(true);
        for (const subject of universe)
          if (matchesSubject(one, subject)) expect(subject.startsWith(literalPrefix(one))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

function subjectsOf(length: number, words: readonly string[]): string[] {
  if (length === 1) return [...words];
  return subjectsOf(length - 1, words).flatMap((head) => words.map((word) => `${head}.${word}`));
}
