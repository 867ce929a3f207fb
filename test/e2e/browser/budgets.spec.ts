/** Budgets in the window: what was spent, a limit that stops the real agent, more granted, frozen, and all of it written down. */
import { agent, eventually, expect, goTo, isAlive, LIVES, test } from "./desk.ts";

/** Prints what `claude -p --output-format stream-json` prints at the end of a turn: 80 cents of a priced model. */
const TURN = JSON.stringify({
  type: "result",
  session_id: "s1",
  uuid: "u1",
  usage: {
    input_tokens: 100_000,
    output_tokens: 20_000,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
  },
  modelUsage: { "claude-opus-5-5": {} },
});
const SPENDS = `printf '%s\\n' '${TURN}'; exec sleep 600 # claude stream-json`;
const FLEET = { name: "shop", children: [agent("spender", SPENDS, "restart: permanent"), agent("other", LIVES)] };

test("a limit set in the window stops the agent, a grant lets it go on, and the history says who did what", async ({
  desk,
}) => {
  test.slow();
  const page = await desk.start();
  await goTo(page, "Budgets");
  await expect(page.getByText("No model request was counted yet")).toBeVisible();
  await desk.up(FLEET);
  const pid = await desk.pid("spender");
  const tree = page.getByRole("tree", { name: "Budget tree" });
  const spender = tree.getByRole("treeitem", { name: /spender/ });
  await expect(spender).toContainText("$0.80", { timeout: 30_000 });
  await expect(page.getByRole("table", { name: "Ledger, newest first" })).toContainText("claude-opus-5-5");

  await spender.click();
  await page.keyboard.press("e");
  const dialog = page.getByRole("dialog", { name: /spender/ });
  await dialog.getByRole("textbox", { name: "At most" }).fill("0.50");
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  await expect(spender).toContainText("of $0.50");
  await eventually("the agent has ended", () => !isAlive(pid));
  const node = await desk.app.waitFor("spender", (one) => one.pid === undefined, "stopped");
  expect(node.detail).toMatch(/budget/i);
  await goTo(page, "Inbox");
  await expect(page.getByRole("article")).toContainText(/spender/);

  await goTo(page, "Budgets");
  await spender.click();
  const side = page.getByRole("complementary");
  await side.getByRole("button", { name: "Grant" }).click();
  await page
    .getByRole("dialog", { name: /^Grant/ })
    .getByRole("textbox")
    .first()
    .fill("5");
  await page.keyboard.press("Enter");
  await desk.app.waitFor("spender", (one) => one.pid !== undefined && one.pid !== pid, "goes on");

  await side.getByRole("button", { name: "Freeze" }).click();
  const question = page.getByRole("alertdialog");
  await expect(question).toContainText("Nothing more may be spent under it");
  await question.getByRole("button", { name: "Freeze" }).click();
  await expect(side.getByRole("button", { name: "Unfreeze" })).toBeVisible();
  const history = side.getByRole("region", { name: "History" });
  for (const words of [/\$5\.00/, /by person/]) await expect(history).toContainText(words);
  await expect(tree.getByRole("treeitem", { name: /other/ })).toHaveCount(0);
});
