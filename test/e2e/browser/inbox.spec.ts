/** The inbox with the real Claude Code against the fake model: permissions, words instead, questions, snooze and undo. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { installCli } from "../../support/agentClis.ts";
import { startFakeModelServer } from "../../support/fakeModelServer.ts";
import { type Desk, eventually, expect, goTo, test, type Page } from "./desk.ts";

const cli = await installCli("claude");
const KEY = "sk-ant-fake-0123456789abcdefghij";

/** The fleet's folder, trusted by a Claude Code that has been set up before and talks to the fake model. */
async function claude(desk: Desk, prompt: string): Promise<Page> {
  const model = await startFakeModelServer();
  desk.defer(() => model.close());
  const config = join(desk.dir, "claude");
  await mkdir(config);
  const state = {
    hasCompletedOnboarding: true,
    customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
    projects: { [desk.dir]: { hasTrustDialogAccepted: true } },
  };
  await writeFile(join(config, ".claude.json"), JSON.stringify(state));
  await desk.serve({
    env: {
      PATH: [cli?.binDir ?? "", process.env["PATH"] ?? ""].join(delimiter),
      ANTHROPIC_BASE_URL: model.url,
      ANTHROPIC_API_KEY: KEY,
      CLAUDE_CONFIG_DIR: config,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
    },
  });
  await desk.up({ name: "real", children: [`{ id: coder, agent: claude, prompt: ${JSON.stringify(prompt)} }`] });
  await desk.open();
  await goTo(desk.page, "Inbox");
  return desk.page;
}

const bash = (command: string): string => `[[tool Bash ${JSON.stringify({ command, description: "says why" })}]]`;
const ASK = {
  questions: [
    {
      question: "Which colour?",
      header: "Choice",
      multiSelect: false,
      options: ["Red", "Blue"].map((label) => ({ label, description: `${label} it is` })),
    },
  ],
};

test.describe("Claude Code", () => {
  test.skip(cli === undefined, "the real Claude Code could not be installed here");

  test("a permission is allowed by its letter, never by Enter where it cannot be undone", async ({ desk }) => {
    const prompt = `${bash("rm -rf doomed && touch allowed-here")} ${bash("touch never-here")} [[text all-done]]`;
    await mkdir(join(desk.dir, "doomed"));
    const page = await claude(desk, prompt);
    const item = page.getByRole("article", { name: /^coder wants to run a command/ });
    await expect(item).toContainText("rm -rf doomed && touch allowed-here", { timeout: 30_000 });
    await expect(item).toContainText("Not reversible.");
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await expect(item.getByRole("group", { name: "Answers" })).toBeVisible();
    expect(existsSync(join(desk.dir, "doomed"))).toBe(true);
    await page.keyboard.press("y");
    await eventually("it ran", () => existsSync(join(desk.dir, "allowed-here")));

    const second = page.getByRole("navigation", { name: "Inbox items" }).getByRole("button", { name: /touch never/ });
    await second.click({ timeout: 30_000 });
    await expect(item).toContainText("touch never-here");
    await item.getByRole("textbox").fill("use the other folder");
    await page.keyboard.press("Enter");
    await expect(item).toContainText("Answered:");
    await eventually("Claude heard it", async () =>
      (await desk.app.cli("logs", "coder")).stdout.includes("the other folder"),
    );
    expect(existsSync(join(desk.dir, "never-here"))).toBe(false);
  });

  test("a question is snoozed, taken back, and answered by its digit", async ({ desk }) => {
    const page = await claude(desk, `[[tool AskUserQuestion ${JSON.stringify(ASK)}]] [[text all-done]]`);
    const item = page.getByRole("article", { name: /^coder has a question/ });
    await expect(item).toContainText("Which colour?", { timeout: 30_000 });
    await page.keyboard.press("z");
    await expect(page.getByRole("heading", { name: "Snoozed" })).toBeVisible();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByRole("heading", { name: "Snoozed" })).toHaveCount(0);
    await expect(item.getByRole("group", { name: "Answers" })).toBeVisible();
    await page.keyboard.press("2");
    await expect(item).toContainText("Answered:");
    await expect(item).toContainText("Blue");
    await eventually("Claude heard it", async () =>
      (await desk.app.cli("logs", "coder")).stdout.includes("Which colour? →"),
    );
  });
});
