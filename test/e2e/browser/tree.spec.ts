/** The tree: reading it, walking it by keys, what a failure takes with it, and acts that reach the real processes. */
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { agent, eventually, expect, goTo, isAlive, LIVES, row, test, type Page } from "./desk.ts";

const SHOP = {
  name: "shop",
  supervisor: "{ strategy: rest_for_one, intensity: 5, period: 60s }",
  children: [
    agent("api", LIVES),
    `{ id: builders, supervisor: { strategy: one_for_one }, children: [${agent("fixer", LIVES)}, ${agent("writer", LIVES)}] }`,
    agent("web", LIVES),
  ],
};

function frozen(pid: number): boolean {
  return /\) T/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

async function select(page: Page, name: RegExp): Promise<void> {
  // A supervisor's row is as wide as the diagram; its name is what can be pointed at.
  await row(page, name).click({ position: { x: 30, y: 14 } });
  await expect(row(page, name)).toHaveAttribute("aria-selected", "true");
}

test("the diagram is read and walked by keys alone", async ({ desk }) => {
  const page = await desk.start(SHOP);
  await desk.pid("web");
  await goTo(page, "Tree");
  await expect(page.getByRole("tree")).toBeVisible();
  await expect(row(page, /^shop, supervisor, .*rest_for_one.*0 of 5/)).toHaveAttribute("aria-expanded", "true");
  await expect(row(page, /^api, Command, /)).toHaveAttribute("aria-level", "2");
  await expect(row(page, /^fixer, Command, /)).toHaveAttribute("aria-level", "3");

  await select(page, /^shop, /);
  await page.keyboard.press("ArrowDown");
  await expect(row(page, /^api, /)).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("ArrowDown");
  await expect(row(page, /^builders, /)).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("ArrowLeft");
  await expect(row(page, /^fixer, /)).toHaveCount(0);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(row(page, /^fixer, /)).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("[");
  await expect(row(page, /^fixer, /)).toHaveCount(0);
  await page.keyboard.press("]");
  await expect(row(page, /^fixer, /)).toBeVisible();
  await page.keyboard.press("-");
  await expect(page.getByRole("group", { name: /^Zoom/ })).toHaveAccessibleName("Zoom: supervisors");
  await page.keyboard.press("+");
  await expect(row(page, /^fixer, /)).toBeVisible();

  await page.keyboard.press("/");
  const filter = page.getByRole("textbox", { name: /Filter the tree/ });
  await expect(filter).toBeFocused();
  await page.keyboard.type("writer");
  await expect(row(page, /^api, /)).toHaveAttribute("data-dimmed", "true");
  await expect(row(page, /^writer, /)).not.toHaveAttribute("data-dimmed", "true");
  await page.keyboard.press("Escape");
  await expect(filter).toHaveValue("");
});

test("what a failure takes with it, and the inspector", async ({ desk }) => {
  const page = await desk.start(SHOP);
  await desk.pid("web");
  await goTo(page, "Tree");
  await select(page, /^web, /);
  await row(page, /^api, /).hover();
  const bar = page.getByRole("status", { name: "What a failure takes with it" });
  await expect(bar).toContainText("If api fails, 4 agents restart: it and the 3 started after it.");
  await expect(bar).toContainText("shop would be at 1 of 5.");
  await expect(row(page, /^fixer, .*would be hit: starts fresh/)).toBeVisible();
  await row(page, /^fixer, /).hover();
  await expect(bar).toContainText("If fixer fails, it restarts alone");
  await page.keyboard.press("b");
  await expect(bar).toHaveCount(0);
  await page.keyboard.press("b");
  await expect(bar).toBeVisible();

  await select(page, /^api, /);
  const inspector = page.getByRole("complementary");
  await expect(inspector.getByRole("heading", { name: "api" })).toBeVisible();
  await expect(inspector.getByRole("region", { name: "If it fails" })).toContainText("4 of 4 agents restart");
  await expect(inspector).toContainText("exec sleep 600");
  const pid = await desk.pid("api");
  await expect(inspector).toContainText(String(pid));
  await expect(inspector.getByRole("region", { name: "Lives" })).toContainText("Life 1");
  const others = await Promise.all(["fixer", "web"].map((id) => desk.pid(id)));
  process.kill(pid, "SIGKILL");
  await expect(inspector.getByRole("region", { name: "Lives" })).toContainText("Life 2");
  await expect(inspector.getByRole("region", { name: "Lives" })).toContainText("Killed by SIGKILL");
  await eventually("rest_for_one restarts those after it", () => others.every((one) => !isAlive(one)));
  await expect(row(page, /^shop, .*1 of 5/)).toBeVisible();
});

test("P, R, X and the outline reach the real processes", async ({ desk }) => {
  const page = await desk.start(SHOP);
  const pid = await desk.pid("api");
  await desk.pid("web");
  await goTo(page, "Tree");
  await select(page, /^api, /);
  await page.keyboard.press("p");
  await expect(row(page, /^api, Command, Paused/)).toBeVisible();
  await eventually("it is frozen", () => frozen(pid));
  await page.keyboard.press("p");
  await expect(row(page, /^api, Command, Paused/)).toHaveCount(0);
  await eventually("it runs again", () => !frozen(pid));
  await page.keyboard.press("r");
  const again = await desk.app.waitFor("api", (node) => node.pid !== undefined && node.pid !== pid, "restarted");
  expect(isAlive(pid)).toBe(false);
  expect(again.restarts).toBe(0);
  await page.keyboard.press("x");
  await expect(row(page, /^api, Command, Stopped/)).toBeVisible();
  await eventually("it is gone", () => !isAlive(again.pid ?? 0));

  await page.getByRole("radio", { name: "Outline" }).click();
  const grid = page.getByRole("treegrid");
  const names = (): Promise<string[]> => grid.locator(".outline-name").allInnerTexts();
  await grid.getByRole("button", { name: "Name" }).click();
  await expect(grid.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "ascending");
  expect((await names()).slice(1).map((name) => name.trim().split("\n")[0])).toEqual([
    "shop",
    "api",
    "builders",
    "fixer",
    "writer",
    "web",
  ]);
  await grid.getByText("fixer", { exact: true }).click();
  await grid.getByText("web", { exact: true }).click({ modifiers: ["Control"] });
  const pids = await Promise.all(["fixer", "web"].map((id) => desk.pid(id)));
  await page.getByRole("toolbar", { name: "Selected nodes" }).getByRole("button", { name: "Stop" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Stop 2 agents?" });
  await expect(dialog).toContainText("Supervisors will not restart them.");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  expect(pids.every(isAlive)).toBe(true);
  await page.getByRole("toolbar", { name: "Selected nodes" }).getByRole("button", { name: "Stop" }).click();
  await dialog.getByRole("button", { name: /^Stop/ }).click();
  await eventually("both are gone", () => pids.every((one) => !isAlive(one)));
});

test("an agent is added to the file from the window, and a broken file says where", async ({ desk }) => {
  await desk.serve();
  const file = await desk.up(SHOP);
  await desk.open();
  const { page } = desk;
  await writeFile(file, `# kept\n${await readFile(file, "utf8")}`);
  await goTo(page, "Tree");
  await select(page, /^builders, /);
  await page.getByRole("button", { name: "Add agent" }).click();
  const dialog = page.getByRole("dialog", { name: "Add agent" });
  await dialog.getByRole("button", { name: /Add and start/ }).click();
  await expect(dialog.getByRole("textbox", { name: "Name" })).toHaveAttribute("aria-invalid", "true");
  await dialog.getByRole("textbox", { name: "Name" }).fill("linter");
  await dialog.getByRole("combobox", { name: "Agent" }).selectOption("command");
  await dialog.getByRole("textbox", { name: "Command line" }).fill("exec sleep 611");
  await dialog.getByRole("button", { name: /Add and start/ }).click();
  await expect(dialog).toHaveCount(0);
  await expect(row(page, /^linter, Command, /)).toHaveAttribute("aria-level", "3");
  const text = await readFile(file, "utf8");
  expect(text).toContain("# kept");
  expect(text).toContain("linter");
  expect(isAlive(await desk.pid("linter"))).toBe(true);

  await writeFile(file, text.replace("strategy: rest_for_one", "stratgy: rest_for_one"));
  await goTo(page, "Settings");
  await expect(page.getByRole("region", { name: "Fleets" })).toContainText(/Line 4, column \d+: .*stratgy/);
  await expect(page.getByRole("region", { name: "Fleets" })).toContainText("last good version");
  await goTo(page, "Tree");
  const problem = page.getByText(/The file of shop has an error in line 4, column \d+\./);
  await expect(problem).toBeVisible();
  await writeFile(file, text);
  await expect(problem).toHaveCount(0);
});
