/** Agents at work together, seen by a person: messages that wait and are delivered, a workflow live and replayed, its memory restored. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { agent, eventually, expect, test, type Page } from "./desk.ts";

const EXAMPLE = join(import.meta.dirname, "../../../resources/workflows/appraisal/appraisal.yaml");
/** Tells its state by OSC 7501 as `state` in its folder says, and notes what is typed into it. */
const TALKER = [
  `while :; do s=$(cat state 2>/dev/null || echo idle); [ "$s" = "$o" ] || printf '\\033]7501;state=%s\\033\\\\' "$s"; o=$s; sleep 0.1; done &`,
  `while IFS= read -r line; do echo "$line" >> heard; done`,
].join("\n");

async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  for (const key of keys) await page.keyboard.press(key);
}

test("a message to a busy agent waits in sight, and is delivered when it is idle", async ({ desk }) => {
  const page = await desk.start({ name: "crew", children: [agent("bob", TALKER)] });
  await desk.app.waitFor("bob", (node) => node.state === "idle", "is idle");
  await writeFile(join(desk.dir, "state"), "working");
  await desk.app.waitFor("bob", (node) => node.state === "busy", "works");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search or run" }).fill("write to bob");
  await page.keyboard.press("Enter");
  const field = page.getByRole("textbox", { name: "Message" });
  await expect(field).toBeFocused();
  await field.fill("run the tests, then stop");
  await page.keyboard.press("Enter");
  const talk = page.getByRole("log", { name: "Messages" });
  await expect(talk.getByRole("article")).toContainText("Waits: it is busy");
  await expect(page.getByRole("navigation", { name: "Conversations" })).toContainText("1 waiting");
  expect(await desk.text("heard")).toBe("");
  await writeFile(join(desk.dir, "state"), "idle");
  await expect(talk.getByRole("article")).toContainText("Delivered");
  await eventually("bob has it", async () => (await desk.text("heard")).includes("run the tests, then stop"));

  await writeFile(join(desk.dir, "state"), "working");
  await desk.app.waitFor("bob", (node) => node.state === "busy", "works");
  await press(page, "m");
  await field.fill("not this one");
  await page.keyboard.press("Enter");
  await talk.getByRole("button", { name: "Cancel" }).click();
  await expect(talk).toContainText("Cancelled");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(talk.getByRole("article").last()).toContainText("Waits");
});

test("a workflow is started, watched, replayed at another speed, and its memory compared and restored", async ({
  desk,
}) => {
  test.slow();
  const page = await desk.start();
  expect(await desk.app.cli("up", EXAMPLE)).toMatchObject({ code: 0 });
  await press(page, "g", "w");
  await expect(page.getByRole("region", { name: "Workflows" }).getByText("appraise", { exact: true })).toBeVisible();
  await press(page, "n");
  const dialog = page.getByRole("dialog", { name: "Run appraise" });
  await expect(dialog).toBeVisible();
  await dialog.getByLabel("index").fill("gone.json");
  await page.keyboard.press("Enter");
  const steps = page.getByRole("listbox", { name: "Steps" });
  const researcher = steps.getByRole("option", { name: /^researcher/ });
  await expect(researcher).toHaveAccessibleName(/Completed by plan B/, { timeout: 60_000 });
  await expect(steps.getByRole("option", { name: /^browser, Completed/ })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText("40k of 40k tokens left")).toBeVisible();
  await researcher.click();
  const inspector = page.getByRole("complementary", { name: "Inspector" });
  await expect(inspector).toContainText("researcher: takes plan B");
  await expect(inspector).toContainText(/Began with\s*snap:/);

  // Backwards through the log: it was locked while it worked.
  await expect(page.getByText(/Completed in/)).toBeVisible();
  await eventually("a moment at which somebody has the lock", async () => {
    await press(page, "[");
    return (await researcher.textContent())?.includes("locked by");
  });
  await expect(page.getByText(/As it was at/)).toBeVisible();
  await press(page, "v", "v", "v", "v");
  await expect(page.getByRole("button", { name: "Speed 16" })).toBeVisible();
  await press(page, "Space");
  await expect(page.getByRole("button", { name: "Hold" })).toBeVisible();
  await expect(researcher).toHaveAccessibleName(/Completed by plan B/, { timeout: 30_000 });
  await press(page, "l");
  await expect(page.getByText(/As it was at/)).toHaveCount(0);

  await press(page, "g", "y");
  await page.getByRole("radio", { name: "Contexts" }).click();
  await expect(page.getByRole("button", { name: /^Context run-appraise/ })).toBeVisible();
  await press(page, "j", "Enter");
  const snapshots = page.getByRole("region", { name: "Snapshots" });
  const first = snapshots.getByRole("button", { name: "Compare" }).last();
  await first.click();
  await expect(inspector.getByLabel("Added").first()).toBeVisible();
  await snapshots.getByRole("button", { name: "Restore" }).last().click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Restore" }).click();
  await expect(inspector).toContainText("Nothing is different.");
});
