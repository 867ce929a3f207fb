/** Home answers at a glance what runs, what waits for a person and what broke, and stays true while it is looked at. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { agent, asking, expect, isAlive, LIVES, test } from "./desk.ts";

test("the sentence, the lines and the lists say what is; restart heals", async ({ desk }) => {
  const page = await desk.start(
    { name: "well", children: [agent("worker", LIVES), agent("asker", asking("Ship it today?"))] },
    {
      name: "ill",
      children: [
        agent("flaky", "test -e healed && exec sleep 600; exit 3", "restart: temporary"),
        agent("steady", LIVES),
      ],
    },
    { name: "gone", supervisor: "{ intensity: 1, period: 60s }", children: [agent("doomed", "exit 7")] },
  );
  await desk.app.waitFor("gone", (node) => node.state === "gave_up", "gave up");
  await desk.app.waitFor("asker", (node) => node.state === "waiting_answer", "asks");
  await desk.app.waitFor("flaky", (node) => node.state === "crashed", "crashed");

  const sentence = page.getByRole("heading", { level: 2, name: /running\.$/ });
  await expect(sentence).toContainText("need you");
  await expect(sentence).toContainText("broken");
  await expect(sentence).toContainText("3 of 5 agents are running.");
  await expect(page.getByRole("button", { name: /^well, 2 agents: / })).toBeVisible();
  const needs = page.getByRole("region", { name: /^Needs you/ });
  await expect(needs).toContainText("Ship it today?");
  await expect(needs).toContainText(/gone|doomed/);
  await expect(page.getByRole("region", { name: /^Broke today/ })).toContainText("flaky");
  await expect(page.getByRole("region", { name: "Running" })).toContainText("worker");
  await expect(page.getByRole("region", { name: "Restarts by supervisor" })).toContainText("Gave up");

  const before = await desk.pid("worker");
  process.kill(before, "SIGKILL");
  await expect(page.getByRole("region", { name: /^Broke today/ })).toContainText("1 recovered");
  await expect(page.getByRole("region", { name: "Restarts by supervisor" })).toContainText("1 of 3");
  const after = await desk.app.waitFor("worker", (node) => node.pid !== undefined && node.pid !== before);
  expect(isAlive(after.pid ?? 0)).toBe(true);

  // What crashed and is not restarted by itself is started by hand, from the tree the row leads to.
  await writeFile(join(desk.dir, "healed"), "");
  await page
    .getByRole("region", { name: /^Broke today/ })
    .getByRole("button", { name: /flaky/ })
    .click();
  await page.getByRole("complementary").getByRole("button", { name: "Start" }).click();
  await desk.app.waitFor("flaky", (node) => node.state === "idle" || node.state === "busy", "heals");
});
