/** What was: lives and their recording, the list of sessions, the event feed, and search over everything printed. */
import { agent, expect, goTo, LIVES, test } from "./desk.ts";

/**
 * Its first life dies by itself, longer after its last word than a mark in the recording covers (2 s): the recording has
 * a moment from which on there is nothing.
 */
const DIES_ONCE = "echo needle-in-life; [ -e died ] && exec sleep 600; touch died; sleep 2.5; kill -9 $$";
const past = (work: string) => ({ name: "past", children: [agent("worker", work), agent("other", LIVES)] });

test("a session's lives with how they ended, and the list of all", async ({ desk }) => {
  const page = await desk.start(past(DIES_ONCE));
  await desk.app.waitFor("worker", (node) => node.generation === 2 && node.state !== "starting");
  await goTo(page, "Sessions");
  const table = page.getByRole("table", { name: "Sessions, newest first" });
  await expect(table.getByRole("row", { name: /worker past/ })).toHaveCount(2);
  await expect(table).toContainText("SIGKILL");
  await page.getByRole("textbox", { name: "Filter sessions" }).fill("SIGKILL");
  await expect(table.getByRole("row", { name: /worker past/ })).toHaveCount(1);
  await table.getByRole("row", { name: /worker past/ }).click();
  const side = page.getByRole("complementary");
  await expect(side.getByRole("button", { name: /^Life 1 .*Killed by SIGKILL/ })).toHaveAttribute(
    "aria-current",
    "true",
  );
  await expect(side.getByRole("button", { name: /^Life 2/ })).toContainText(/fresh/i);
  await expect(page.getByText(/^Replay at /)).toBeVisible();
  await expect(page.getByRole("slider", { name: "Moment of the recording" })).toBeVisible();
  await page.getByRole("button", { name: "Delete this recording" }).click();
  const question = page.getByRole("alertdialog", { name: "Delete the recording of life 1?" });
  await expect(question).toContainText(/\d+ B that past\/worker printed in this life/);
  await question.getByRole("radio", { name: /^From .* on$/ }).click();
  await expect(question.getByRole("alert")).toContainText("Nothing was printed there.");
  await question.getByRole("radio", { name: "All of it" }).click();
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(question).toHaveCount(0);
  await expect(page.getByText(/deleted/i).first()).toBeVisible();
  await page.getByRole("button", { name: "Go to live" }).click();
  await expect(page.getByRole("group", { name: "Terminal of past/worker, live" })).toBeVisible();
});

test("the event feed is live, filters by pattern and text, and search leads to the place", async ({ desk }) => {
  const page = await desk.start(past("echo needle-in-life; exec sleep 600"));
  await desk.pid("worker");
  await goTo(page, "Events");
  const rows = page.getByRole("table", { name: "Events, newest first" });
  await expect(rows.getByRole("row", { name: /past\.agent\.worker/ }).first()).toBeVisible();
  const pattern = page.getByRole("textbox", { name: "Subject pattern" });
  await pattern.fill("ws.*.agent.other.>");
  await expect(rows.getByRole("row", { name: /agent\.worker/ })).toHaveCount(0);
  await expect(rows.getByRole("row", { name: /agent\.other/ }).first()).toBeVisible();
  await pattern.fill("ws..x");
  await expect(pattern).toHaveAttribute("aria-invalid", "true");
  await expect(pattern).toHaveAccessibleDescription(/.+/);
  await expect(rows.getByRole("row", { name: /agent\.other/ }).first()).toBeVisible();
  await pattern.fill("ws.*.agent.*.exited");
  await expect(page.getByText("No event matches.", { exact: false })).toBeVisible();
  process.kill(await desk.pid("worker"), "SIGKILL");
  await expect(rows.getByRole("row", { name: /worker\. ?exited/ })).toBeVisible();
  await rows.getByRole("row", { name: /worker\. ?exited/ }).click();
  await expect(page.getByRole("complementary")).toContainText("crashed");
  await pattern.fill(">");
  await page.getByRole("searchbox", { name: "Text in any event" }).fill("SIGKILL");
  await expect(rows.getByRole("row", { name: /SIGKILL/ }).first()).toBeVisible();
  await expect(rows.getByRole("row", { name: /agent\.other/ })).toHaveCount(0);

  await page.getByRole("searchbox", { name: "Text in any event" }).blur();
  await page.keyboard.press("g");
  await page.keyboard.press("f");
  await page.getByRole("searchbox", { name: "Search everything agents printed" }).fill("needle-in");
  const hits = page.getByRole("region", { name: "Printed by agents" });
  await expect(hits.getByRole("button", { name: /Life 1/ })).toContainText("needle-in-life");
  await hits.getByRole("button", { name: /Life 1/ }).click();
  await expect(page.getByRole("complementary").getByRole("button", { name: /^Life 1/ })).toHaveAttribute(
    "aria-current",
    "true",
  );
  await expect(page.getByText(/^Replay at /)).toBeVisible();
});
