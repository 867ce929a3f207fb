/** Live terminals: what was there before they opened, typing, pasting, resizing, finding, copying, and the end of a life. */
import { createHash } from "node:crypto";
import { agent, eventually, expect, goTo, LIVES, openTerminal, test, untilScreen } from "./desk.ts";

const RAW = `stty raw -echo; printf 'ready'; head -c 100000 | sha256sum > sum.txt; printf 'got it'; exec sleep 600`;

test("snapshot, then tail; typing and its echo; a new size; the end of a life", async ({ desk, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await desk.start({
    name: "term",
    children: [
      agent("cat", "echo before-opening; exec cat"),
      agent("size", "while :; do stty size > size.txt; sleep 0.2; done"),
      agent("brief", "printf 'last-words'; exit 0"),
    ],
  });
  await desk.pid("cat");
  const cat = await openTerminal(page, "term/cat");
  await untilScreen(cat, "before-opening");
  await cat.click();
  await expect(page.getByText("Typing goes to the agent.")).toBeVisible();
  await page.keyboard.type("hello from ? the keys gt");
  await page.keyboard.press("Enter");
  const shown = await untilScreen(cat, /keys gt\nhello from \? the keys gt/);
  expect(shown.match(/before-opening/g)).toHaveLength(1);
  await expect(page.getByRole("region", { name: "cat" })).toHaveClass(/tile-focused/);

  // Ctrl F is the window's, everything else the agent's; Ctrl Esc gives the keys back.
  await page.keyboard.press("Control+f");
  const find = page.getByRole("textbox", { name: "Find" });
  await expect(find).toBeFocused();
  await find.fill("hello");
  await expect(page.getByRole("search", { name: "Find in this terminal" }).getByRole("status")).toHaveText(/of 2$/);
  await page.keyboard.press("Escape");
  await expect(find).toHaveCount(0);
  await page.keyboard.press("Control+Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await expect(page.getByRole("tree")).toBeVisible();

  const size = (): Promise<string> => desk.text("size.txt");
  await openTerminal(page, "term/size");
  const first = await eventually("a size", async () => (await size()).trim() || undefined);
  await page.setViewportSize({ width: 900, height: 600 });
  const second = await eventually("another size", async () => {
    const now = (await size()).trim();
    return now !== first && now !== "" ? now : undefined;
  });
  expect(second).toMatch(/^\d+ \d+$/);
  await page.setViewportSize({ width: 1440, height: 900 });

  const brief = await openTerminal(page, "term/brief");
  await untilScreen(brief, "last-words");
  await expect(page.getByText(/Life 1 ended, exit 0/)).toBeVisible();
  await page.getByRole("button", { name: "Restart", exact: true }).click();
  await desk.app.waitFor("brief", (node) => node.generation === 2);

  const again = await openTerminal(page, "term/cat");
  await untilScreen(again, /hello[^]*hello/);
  process.kill(await desk.pid("cat"), "SIGKILL");
  await desk.app.waitFor("cat", (node) => node.generation === 2 && node.state !== "starting");
  await untilScreen(again, /^before-opening\n*$/);
});

test("100 kB of paste arrive whole, a selection is copied, links open, the grid holds 1, 2 and 4", async ({
  desk,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await desk.start({
    name: "many",
    children: [
      agent("raw", RAW),
      agent("link", "printf 'see http://127.0.0.1:9/page for more\\n'; exec sleep 600"),
      agent("three", LIVES),
      agent("four", LIVES),
    ],
  });
  const raw = await openTerminal(page, "many/raw");
  await untilScreen(raw, "ready");
  const text = Array.from({ length: 100_000 }, (_, at) => String.fromCharCode(97 + ((at * 7 + (at >> 8)) % 26))).join(
    "",
  );
  await page.evaluate((all) => navigator.clipboard.writeText(all), text);
  await raw.click();
  await page.keyboard.press("Control+Shift+V");
  await untilScreen(raw, "got it");
  expect(await desk.text("sum.txt")).toContain(createHash("sha256").update(text).digest("hex"));

  const link = await openTerminal(page, "many/link");
  await untilScreen(link, "see http://127.0.0.1:9/page for more");
  const box = await link.locator(".xterm-screen").boundingBox();
  if (box === null) throw new Error("The terminal has no screen.");
  await page.mouse.dblclick(box.x + 12, box.y + 8);
  await page.keyboard.press("Control+Shift+C");
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe("see");
  const opened = context.waitForEvent("page");
  await page.mouse.move(box.x + 100, box.y + 8, { steps: 4 });
  await expect(link.locator(".xterm-cursor-pointer")).toBeVisible();
  await page.keyboard.down("Control");
  await page.mouse.click(box.x + 100, box.y + 8);
  await page.keyboard.up("Control");
  const other = await opened;
  expect(await other.evaluate(() => window.opener === null)).toBe(true);
  await other.close();

  await goTo(page, "Terminals");
  const sizes = page.getByRole("radiogroup", { name: "Terminals on screen" });
  await sizes.getByRole("radio", { name: "4" }).click();
  await expect(page.locator(".tile")).toHaveCount(4);
  await sizes.getByRole("radio", { name: "2" }).click();
  await expect(page.locator(".tile")).toHaveCount(2);
  await sizes.getByRole("radio", { name: "1" }).click();
  await expect(page.locator(".tile")).toHaveCount(1);
});
