import { describe, expect, it } from "vitest";
import { bind, referencesIn } from "./bindings.ts";

const scope = { input: { image: "a.png" }, vision: { colours: [{ name: "teal", share: 0.4 }], size: { w: 8 } } };

describe("references in values", () => {
  it("become the value itself where they stand alone, and its words within more text", () => {
    const bound = bind(
      { a: "${vision.size}", b: ["${vision.colours.0.share}"], c: "It is ${vision.colours.0.name}, ${vision.size}." },
      scope,
    );
    expect(bound).toEqual({ ok: true, value: { a: { w: 8 }, b: [0.4], c: 'It is teal, {"w":8}.' } });
  });

  it("that lead to nothing are named", () => {
    const bound = bind("look at ${vision.shapes}", scope);
    expect(bound.ok ? "" : bound.error.message).toContain("${vision.shapes} leads to nothing");
  });

  it("never reach what a value inherits", () => {
    for (const path of ["vision.constructor", "vision.__proto__.x", "toString"])
      expect(bind(`\${${path}}`, scope).ok).toBe(false);
  });

  it("are found where they stand, with what is no path told apart", () => {
    expect(referencesIn({ a: ["x", "${input.image} ${ not a path }"] })).toEqual([
      { text: "input.image", at: ["a", 1], path: ["input", "image"] },
      { text: " not a path ", at: ["a", 1], path: undefined },
    ]);
  });
});
