import { expect, test } from "vitest";
import { aNode, anInboxItem, anOverview } from "#test/support/hostFixtures.ts";
import { sampleBudgets } from "#test/support/demoCore/demoBudgets.ts";
import { withBudgets } from "./overview.ts";
import { trayIcon, trayModel } from "./trayModel.ts";

const context = { nowMs: Date.parse("2026-11-20T12:09:30.000Z"), startAtLogin: false };
const labels = (overview: ReturnType<typeof anOverview>) =>
  trayModel(overview, context).rows.flatMap((row) => (row.kind === "separator" ? [] : [row.label]));
const busy = aNode("shop/api", { state: "busy" });
const gaveUp = aNode("shop/db", { state: "gave_up" });

test("broken beats waiting beats running beats calm", () => {
  const inbox = [anInboxItem("a")];
  expect(trayIcon(anOverview({ nodes: [busy, gaveUp], inbox }))).toBe("broken");
  expect(trayIcon(anOverview({ nodes: [busy], inbox }))).toBe("waiting");
  expect(trayIcon(anOverview({ nodes: [busy] }))).toBe("running");
  expect(trayIcon(anOverview({ nodes: [aNode("shop/api", { state: "stopped" })] }))).toBe("calm");
});

test("a keeper that does not answer is broken, one that starts is not", () => {
  expect(trayIcon(anOverview({ nodes: [busy], keeper: "unreachable" }))).toBe("broken");
  expect(trayIcon(anOverview({ nodes: [busy], keeper: "starting" }))).toBe("running");
  expect(labels(anOverview({ keeper: "unreachable" }))).toContain("The keeper does not answer; agents may still run");
});

test("each agent that waits has a row with its name, its need and how long", () => {
  const overview = anOverview({ nodes: [busy], inbox: [anInboxItem("a", { title: "run prisma migrate reset" })] });
  const row = trayModel(overview, context).rows.find((one) => one.kind === "action");
  expect(row).toEqual({
    kind: "action",
    label: "fixer: run prisma migrate reset  9m",
    action: { type: "openInbox", itemId: "a" },
  });
  expect(trayModel(overview, context).tooltip).toBe("Signalbox\n1 of 1 agents running\n1 thing needs you");
});

test("a crowd of waiting agents does not push the quick actions off the screen", () => {
  const inbox = Array.from({ length: 30 }, (_, index) => anInboxItem(`i${index}`));
  const all = labels(anOverview({ inbox }));
  expect(all.filter((label) => label.startsWith("fixer:"))).toHaveLength(8);
  expect(all).toContain("22 more…");
});

test("the menu holds every quick action, both ways to quit and the start at login", () => {
  expect(labels(anOverview({ nodes: [busy] }))).toEqual([
    "1 of 1 agents running",
    "Open Signalbox",
    "Next waiting agent",
    "Pause all agents",
    "Emergency stop…",
    "Start at login",
    "Settings…",
    "Quit, agents go on",
    "Quit and stop all agents",
  ]);
});

test("when every running agent is paused, the same place resumes them", () => {
  const overview = anOverview({ nodes: [aNode("shop/a", { state: "paused" }), aNode("shop/b", { state: "done" })] });
  expect(labels(overview)).toContain("Resume all agents");
  expect(labels(anOverview({ nodes: [aNode("shop/a", { state: "paused" }), busy] }))).toContain("Pause all agents");
});

test("money has its rows: what today cost of what, and what is at its limit", () => {
  const budget = sampleBudgets().find(({ scope }) => scope === "fleet/schema-migrator");
  if (budget === undefined) throw new Error("the sample lost its used up budget");
  const whole = sampleBudgets().filter(({ scope }) => scope === "*");
  const money = withBudgets(
    { ...anOverview({}), spentNanos: 8_400_000_000 },
    { type: "snapshot", budgets: [...whole, budget] },
  );
  expect(labels(money)).toContain("$8.40 of $50.00 spent today");
  expect(labels(money)).toContain("schema-migrator: $5.07 of $5.00, used up: stopped");
  expect(labels(anOverview({})).filter((label) => label.includes("spent"))).toEqual([]);
});
