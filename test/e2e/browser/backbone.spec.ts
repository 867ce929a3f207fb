/** The backbone for a person: a tool tried, a call that died taken up again, the bus watched, a memory forgotten and taken back. */
import { join } from "node:path";
import { agent, expect, LIVES, test, type Desk, type Page } from "./desk.ts";

const ROGUE = join(import.meta.dirname, "../../integration/registry/rogueServer.ts");
const FLEET = `version: 1
name: shop
servers:
  - { id: rogue, command: ${JSON.stringify(process.execPath)}, args: [${JSON.stringify(ROGUE)}, good], description: Adds and dies }
children:
  - ${agent("api", LIVES)}
`;

async function shop(desk: Desk): Promise<Page> {
  const app = await desk.serve();
  const up = await app.cli("up", await app.fleet("shop", FLEET));
  expect(up).toMatchObject({ code: 0 });
  await desk.open();
  return desk.page;
}

async function go(page: Page, keys: string, title: string): Promise<void> {
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  for (const key of keys) await page.keyboard.press(key);
  await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
}

async function tryTool(page: Page, tool: string): Promise<void> {
  const inspector = page.getByRole("complementary", { name: "Inspector" });
  await inspector.getByRole("button", { name: new RegExp(`^${tool}`) }).click();
}

test("a tool is tried, its server disabled; a call that died is changed and sent again, another discarded and taken back", async ({
  desk,
}) => {
  // Two stories on one core; a slow machine takes a minute for the first.
  test.setTimeout(180_000);
  const page = await shop(desk);
  const inspector = page.getByRole("complementary", { name: "Inspector" });

  await test.step("the server is found by what its tools do, and one of them answers", async () => {
    await go(page, "gr", "Registry");
    const server = page.getByRole("option", { name: /shop\/rogue/ });
    await expect(server).toContainText("Active", { timeout: 30_000 });
    await page.keyboard.press("/");
    await page.keyboard.type("adds two");
    await expect(page.getByText("Tools: add")).toBeVisible();
    await server.click();
    await tryTool(page, "add");
    await inspector.getByLabel("a", { exact: true }).fill("2");
    await inspector.getByLabel("b", { exact: true }).fill("40");
    await page.keyboard.press("Enter");
    await expect(inspector.getByRole("status", { name: "Answer" })).toContainText("42");
  });

  await test.step("two calls die with their server", async () => {
    for (const times of [1, 2]) {
      await inspector.getByRole("button", { name: "shop/rogue" }).click();
      await tryTool(page, times === 1 ? "die" : "deaf");
      if (times === 2) break;
      await inspector.getByRole("button", { name: /^(Start and call|Call)$/ }).click();
      await expect(inspector.locator(".bad")).toContainText(/rogue/, { timeout: 30_000 });
    }
  });

  await test.step("the dead letter is changed and sent again by the keyboard", async () => {
    await go(page, "gd", "Bus");
    const letter = page.getByRole("option", { name: /Dead letter 1, Waits for you/ });
    await expect(letter).toBeVisible({ timeout: 30_000 });
    await page.keyboard.press("j");
    await expect(inspector).toContainText("Dead letter 1");
    await page.keyboard.press("x");
    await expect(inspector.getByText("Discarded", { exact: true }).first()).toBeVisible();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(letter).toBeVisible();
    await expect(inspector.getByRole("button", { name: "Change it and send it again" })).toBeEnabled();
    await page.keyboard.press("e");
    const content = inspector.getByRole("textbox", { name: "Content to send" });
    const asked: unknown = JSON.parse(await content.inputValue());
    const changed = JSON.stringify(asked)
      .replace('"die"', '"add"')
      .replace(/"args":\{[^}]*\}/, '"args":{"a":20,"b":3}');
    await content.fill(changed.replace("20", '"twenty"').replace('"tool"', '"tol"'));
    await page.keyboard.press("Control+Enter");
    await expect(inspector.getByRole("alert")).toBeVisible();
    await content.fill(changed);
    await page.keyboard.press("Control+Enter");
    await expect(page.getByRole("option", { name: /Dead letter 1, Delivered/ })).toBeVisible({ timeout: 30_000 });
    await expect(inspector).toContainText("Content, as you changed it");
  });

  await test.step("a disabled server is started by nobody until it is enabled", async () => {
    await go(page, "gr", "Registry");
    const server = page.getByRole("option", { name: /shop\/rogue/ });
    await server.click();
    await inspector.getByRole("button", { name: "Disable" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Disable" }).click();
    await expect(server).toContainText("Disabled");
    await inspector.getByRole("button", { name: "Enable" }).click();
    await expect(server).not.toContainText("Disabled");
  });
});

test("the bus is watched by a pattern and its consumers say how far they are; a memory is found, forgotten and taken back", async ({
  desk,
}) => {
  const page = await shop(desk);
  const inspector = page.getByRole("complementary", { name: "Inspector" });
  const said = async (subject: string) =>
    expect(await desk.app.cli("bus", "pub", subject, '{"text":"for the tail"}')).toMatchObject({ code: 0 });

  await test.step("the tail shows what matches, and waits while it is held", async () => {
    await go(page, "gu", "Bus");
    await page.getByRole("radio", { name: "Live" }).click();
    const field = page.getByRole("textbox", { name: /subject/i });
    await field.fill("msg..shop");
    await expect(page.getByText(/token|empty|word/i).first()).toBeVisible();
    await field.fill("msg.tail.*");
    await field.press("Escape");
    await said("msg.tail.first");
    const rows = page.getByRole("table", { name: /newest first/ }).getByRole("row");
    await expect(rows.filter({ hasText: "msg.tail.first" })).toBeVisible();
    await said("msg.elsewhere.one");
    await page.keyboard.press("Space");
    await said("msg.tail.second");
    await expect(page.getByRole("button", { name: "1 new message" })).toBeVisible();
    await page.keyboard.press("l");
    await expect(rows.filter({ hasText: "msg.tail.second" })).toBeVisible();
    await expect(rows.filter({ hasText: "msg.elsewhere" })).toHaveCount(0);
    await page.keyboard.press("j");
    await expect(inspector).toContainText("for the tail");
  });

  await test.step("a consumer says how far behind it is", async () => {
    await page.getByRole("radio", { name: "Streams" }).click();
    const consumer = page.getByRole("treeitem", { name: /^Consumer mailboxes/ });
    await expect(consumer).toBeVisible();
    await consumer.click();
    await expect(inspector).toContainText(/Behind\s*\d+ messages?/);
    await page.keyboard.press("k");
    await expect(inspector.getByRole("heading", { name: "MESSAGES" })).toBeVisible();
    await expect(inspector).toContainText("msg.tail.second");
  });

  await test.step("a memory is found by its words, forgotten, and taken back", async () => {
    for (const text of ["Prices are stored in cents", "Deploys happen on Tuesdays"])
      expect(await desk.app.cli("memory", "store", text)).toMatchObject({ code: 0 });
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search or run" }).fill("cents");
    await page.getByRole("option", { name: /Search memories for/ }).click();
    await expect(page.getByRole("searchbox", { name: "Search memories" })).toHaveValue("cents");
    const memory = page.getByRole("option", { name: /Prices are stored/ });
    await memory.click();
    await inspector.getByRole("button", { name: "Forget" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Forget" }).click();
    await expect(memory).toHaveCount(0);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(memory).toBeVisible();
  });
});
