/** An empty data directory: what is on this machine, one folder, one click; what goes wrong is said in place. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, isAlive, row, test } from "./desk.ts";

test("the first page finds the CLIs, writes a fleet file and starts it", async ({ desk }) => {
  const page = await desk.start();
  const clis = page.getByRole("list", { name: "Agent CLIs on this machine" });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/ready on this machine|No agent CLI was found/);
  for (const name of ["Claude Code", "Codex", "Gemini CLI", "opencode"]) await expect(clis).toContainText(name);
  for (const box of await clis.getByRole("checkbox", { checked: true }).all()) await box.uncheck();
  await clis.getByRole("checkbox", { name: /A shell/ }).check();
  const folder = page.getByRole("textbox", { name: "Folder they work in" });
  const start = page.getByRole("button", { name: "Start with one agent" });

  await folder.fill(join(desk.dir, "gone"));
  await start.click();
  await expect(page.getByRole("alert")).toContainText("gone");

  const taken = join(desk.dir, "taken");
  await mkdir(taken);
  await writeFile(
    join(taken, "signalbox.yaml"),
    "version: 1\nname: taken\nchildren:\n  - { id: old, command: sleep 600 }\n",
  );
  await folder.fill(taken);
  await start.click();
  await expect(page.getByRole("alert").getByRole("button", { name: "Start the one that is there" })).toBeVisible();

  const work = join(desk.dir, "work");
  await mkdir(work);
  await folder.fill(work);
  await start.click();
  await expect(row(page, /^first, supervisor/)).toBeVisible();
  await expect(row(page, /^shell, Command, /)).toBeVisible();
  expect(await readFile(join(work, "signalbox.yaml"), "utf8")).toMatch(/^version: 1\nname: first\n/m);
  expect(isAlive(await desk.pid("shell"))).toBe(true);
});
