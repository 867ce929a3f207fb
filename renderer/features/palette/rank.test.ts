import { expect, test } from "vitest";
import type { Entry } from "./entries.tsx";
import { rank, readTyped } from "./rank.ts";
import { findEntries } from "./results.ts";

const score = (text: string, typed: string) => rank(text, typed)?.score ?? -Infinity;

test("the start of the text beats the start of a word, which beats the middle, which beats letters in order", () => {
  const scores = [
    score("restart planner", "rest"),
    score("take rest", "rest"),
    score("arrested", "rest"),
    score("read east", "rest"),
  ];
  expect(scores).toEqual(scores.toSorted((left, right) => right - left));
  expect(new Set(scores).size).toBe(4);
});

test("every word typed must be found, in any order", () => {
  expect(rank("Restart schema-migrator", "migr rest")).toBeDefined();
  expect(rank("Restart schema-migrator", "rest nobody")).toBeUndefined();
});

test("letters in order find a name, letters strewn about do not", () => {
  expect(rank("schema-migrator", "smig")).toBeDefined();
  expect(rank("a long sentence with many other letters", "azq")).toBeUndefined();
});

test("what matched is stressed", () => expect(rank("Restart planner", "plan")?.ranges).toEqual([[8, 12]]));

test.each([
  ["> rest", { mode: "commands", text: "rest" }],
  ["@test", { mode: "agents", text: "test" }],
  ["#ws.>", { mode: "events", text: "ws.>" }],
  [" pause ", { mode: "all", text: "pause" }],
])("%s is read as %j", (typed, read) => expect(readTyped(typed)).toEqual(read));

test("a sign in front leaves one group, and what is likelier comes before equals", () => {
  const entry = (id: string, title: string, more: Partial<Entry> = {}): Entry => ({
    id,
    group: "Commands",
    icon: undefined,
    title,
    hint: "",
    run: () => {},
    ...more,
  });
  const entries = [
    entry("a", "Restart planner"),
    entry("b", "Restart e2e-runner now", { weight: 12 }),
    entry("c", "planner", { group: "Agents and supervisors" }),
  ];
  const ids = (typed: string) => findEntries(entries, readTyped(typed)).map((result) => result.entry.id);
  expect(ids("rest")).toEqual(["b", "a"]);
  expect(ids("plan")).toEqual(["a", "c"]);
  expect(ids("@plan")).toEqual(["c"]);
});
