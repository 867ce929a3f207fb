/** The palette reaches everything, `?` says the keys, and two letters go to a page. */
import { agent, eventually, expect, LIVES, row, test } from "./desk.ts";

test("the palette pauses and restarts, G goes, and ? lists the keys", async ({ desk }) => {
  const page = await desk.start({ name: "keys", children: [agent("builder", LIVES)] });
  const pid = await desk.pid("builder");
  const run = async (text: string, name: RegExp): Promise<void> => {
    await page.keyboard.press("Control+k");
    const field = page.getByRole("combobox", { name: "Search or run" });
    await expect(field).toBeFocused();
    await field.fill(text);
    await expect(page.getByRole("option", { selected: true })).toHaveAccessibleName(name);
    await page.keyboard.press("Enter");
    await expect(field).toHaveCount(0);
  };
  await run("pause builder", /^pause.*builder/i);
  await desk.app.waitFor("builder", (node) => node.state === "paused", "paused");
  // The palette offers what the window knows, and that hears of it a moment later.
  await expect(page.getByRole("contentinfo", { name: "Status" })).toContainText("1 paused");
  await run("resume builder", /^resume.*builder/i);
  await desk.app.waitFor("builder", (node) => node.state !== "paused", "resumed");
  await run("restart builder", /^restart.*builder/i);
  await eventually("another life", async () => (await desk.app.node("builder")).pid !== pid);
  await run("settings", /^go to settings/i);
  await expect(page.getByRole("radiogroup", { name: "Theme" })).toBeVisible();

  const places: readonly (readonly [string, string])[] = [
    ["h", "Home"],
    ["i", "Inbox"],
    ["t", "Tree"],
    ["l", "Terminals"],
    ["s", "Sessions"],
    ["e", "Events"],
    ["w", "Workflows"],
    ["m", "Messages"],
    ["d", "Bus"],
    ["r", "Registry"],
    ["y", "Memory"],
    ["f", "Search"],
  ];
  for (const [key, title] of places) {
    await page.locator("body").press("g");
    await page.locator("body").press(key);
    await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
    await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  }
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await row(page, /^builder, /).click();
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "Keys of this page" });
  await expect(keys).toContainText("What a failure takes with it");
  await expect(keys).toContainText("Emergency stop");
  await page.keyboard.press("Escape");
  await expect(keys).toHaveCount(0);
});
