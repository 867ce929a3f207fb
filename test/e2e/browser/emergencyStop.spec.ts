/** Emergency stop: two keys, every process gone within 2 s, and nobody restarts anything. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { agent, eventually, expect, isAlive, test } from "./desk.ts";

const FAMILY = "trap '' TERM\n(echo $BASHPID >> pids.txt; while :; do sleep 1; done) &\necho $$ >> pids.txt\nwait\n";

test("every process is gone, the dialog says how many, and nothing comes back", async ({ desk }) => {
  const ids = ["a", "b", "c"];
  await writeFile(join(desk.dir, "family.sh"), FAMILY);
  const page = await desk.start({
    name: "all",
    children: ids.map((id) => agent(id, "exec bash family.sh", "restart: permanent")),
  });
  const pids = await eventually("all processes", async () => {
    const found = (await desk.text("pids.txt")).trim().split("\n").map(Number);
    return found.length === 6 ? found : undefined;
  });
  await page.keyboard.press("Control+Shift+.");
  const question = page.getByRole("alertdialog", { name: "Stop all 3 agents?" });
  await expect(question).toContainText("Sessions are kept");
  await page.keyboard.press("Enter");
  const askedAt = performance.now();
  await eventually("every process is gone", () => pids.every((pid) => !isAlive(pid)), 4_000);
  expect(performance.now() - askedAt).toBeLessThan(2_000);
  await expect(page.getByRole("alertdialog", { name: /^3 agents ended in \d\.\d s$/ })).toContainText(
    /\d+ processes are gone/,
  );
  for (const id of ids) await desk.app.waitFor(`${id}`, (node) => node.state === "stopped", "stays stopped");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alertdialog")).toHaveCount(0);
  const roots = await desk.app.roots();
  expect(roots.flatMap((root) => root.children.map((child) => [child.state, child.pid]))).toEqual(
    ids.map(() => ["stopped", undefined]),
  );
  expect((await desk.text("pids.txt")).trim().split("\n")).toHaveLength(6);
});
