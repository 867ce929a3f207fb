import { expect, test } from "vitest";
import { draftProblems, entryOf, newDraft } from "./childDraft.ts";

const none = new Set<string>();

test("what equals the default stays out of the file", () => {
  const draft = { ...newDraft("agent", "shop"), id: "fixer", agent: "claude", prompt: " Fix the tests ", cwd: "./api" };
  expect(entryOf(draft)).toEqual({ id: "fixer", agent: "claude", cwd: "./api", prompt: "Fix the tests" });
  expect(
    entryOf({
      ...newDraft("agent", "shop"),
      id: "api",
      agent: "command",
      command: "npm run dev",
      restart: "permanent",
    }),
  ).toEqual({ id: "api", command: "npm run dev", restart: "permanent" });
});

test("a supervisor is written with its strategy and no children yet", () => {
  expect(
    entryOf({ ...newDraft("supervisor", "shop"), id: "builders", strategy: "rest_for_one", intensity: "5" }),
  ).toEqual({
    id: "builders",
    supervisor: { strategy: "rest_for_one", intensity: 5, period: "60s" },
    children: [],
  });
});

test("each mistake has its sentence", () => {
  expect(Object.keys(draftProblems(newDraft("agent", "shop"), none))).toEqual(["id", "agent"]);
  expect(draftProblems({ ...newDraft("agent", "shop"), id: "api", agent: "claude" }, new Set(["api"])).id).toContain(
    "taken",
  );
  expect(draftProblems({ ...newDraft("agent", "shop"), id: "api", agent: "command" }, none)).toHaveProperty("command");
  expect(
    Object.keys(draftProblems({ ...newDraft("supervisor", "shop"), id: "s", intensity: "x", period: "5ms" }, none)),
  ).toEqual(["intensity", "period"]);
});
