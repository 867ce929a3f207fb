/** The desktop shell end to end: window, port, menu, tray, notifications, and agents that outlive the app. */
import { expect, type Page, test as base } from "@playwright/test";
import { cliTree, cliUp } from "../../support/cliTree.ts";
import { eventually } from "../../support/deadline.ts";
import { DesktopBench, runtime } from "../../support/desktopApp.ts";
import type { DialogCall } from "../../support/electronDouble/record.ts";

process.stderr.write(`\n==== DESKTOP SUITE RUNS ON ${runtime.name} ====\n\n`);

const test = base.extend<{ bench: DesktopBench }>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures a fixture needs from its first parameter
  bench: async ({}, provide, info) => {
    info.annotations.push({ type: "runtime", description: runtime.name });
    const bench = new DesktopBench();
    await provide(bench);
    await bench.end();
  },
});
const LONG = "{ id: api, command: 'sleep 600', restart: permanent }";
const pages = { name: "Pages" } as const;

test("the window shows the app's own page, connected over its port, with nothing of Node or Electron in reach", async ({
  bench,
}) => {
  const { page } = await bench.start();
  await expect(page.getByRole("navigation", pages)).toBeVisible();
  await expect(
    page.getByText("first agent", { exact: false }).or(page.getByRole("heading").first()).first(),
  ).toBeVisible();
  const reach = await page.evaluate(() =>
    ["require", "process", "module", "electron", "ipcRenderer"].filter((name) => name in globalThis),
  );
  expect(reach).toEqual([]);
});

test("an inline script does not run, and a window does not open", async ({ bench }) => {
  const { electron, page } = await bench.start();
  await expect(page.getByRole("navigation", pages)).toBeVisible();
  const blocked = await page.evaluate(async () => {
    const violation = new Promise<string>((resolve) =>
      document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective), {
        once: true,
      }),
    );
    const script = document.createElement("script");
    script.textContent = "globalThis.ranInline = true";
    document.head.append(script);
    return [await violation, "ranInline" in globalThis] as const;
  });
  expect(blocked).toEqual(["script-src-elem", false]);
  await openLater(page, "app://signalbox/");
  await expect.poll(() => electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
});

test("the menu goes to the pages of the window", async ({ bench }) => {
  const { electron, page } = await bench.start("--fleet", bench.fleet("shop", [LONG]));
  await expect(page.getByRole("navigation", pages)).toBeVisible();
  await electron.evaluate(({ Menu, BrowserWindow }) => {
    const go = Menu.getApplicationMenu()?.items.find((item) => item.label === "Go");
    const [window] = BrowserWindow.getAllWindows();
    go?.submenu?.items.find((item) => item.label === "Tree")?.click({}, window);
  });
  await expect(page.getByRole("navigation", pages).locator("[aria-current=page]")).toContainText("Tree");
});

test("closing the window hides it; quitting leaves the agents; the next start adopts them", async ({ bench }) => {
  const first = await bench.start("--fleet", bench.fleet("shop", [LONG]));
  const before = await runningAgent(bench, "api");
  await first.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  expect(
    await first.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map((window) => window.isVisible()),
    ),
  ).toEqual([false]);
  await first.electron.close();
  expect(() => process.kill(before.pid, 0)).not.toThrow();

  await bench.start();
  await expect.poll(() => cliTree(bench.dataDir, "api").then((node) => node?.pid)).toBe(before.pid);
  expect((await cliTree(bench.dataDir, "api"))?.generation).toBe(before.generation);
});

test.describe("what tests can press in the double alone", () => {
  test.skip(!runtime.isDouble, "a real tray, notification or system dialog cannot be pressed from a test");

  test("the tray says what runs and stops everything after asking", async ({ bench }) => {
    const { electron } = await bench.start("--fleet", bench.fleet("shop", [LONG]));
    await expect
      .poll(() => electron.evaluate(() => globalThis.electronDouble.trays[0]?.tooltip))
      .toBe("Signalbox\n1 of 1 agents running");
    expect(await electron.evaluate(() => globalThis.electronDouble.trays[0]?.icon)).toContain("tray-running");
    const { pid } = await runningAgent(bench, "api");
    const dialogs = await electron.evaluate(async (): Promise<readonly DialogCall[]> => {
      const { record, press } = {
        record: globalThis.electronDouble,
        press: (label: string) =>
          record.trays[0]?.menu.items.find((item: { label?: string }) => item.label === label)?.click(),
      };
      record.nextAnswers.push(0);
      press("Emergency stop…");
      return record.dialogs;
    });
    expect(dialogs.map((dialog) => dialog.message)).toEqual(["Stop the running agent?"]);
    await expect.poll(() => isAlive(pid)).toBe(false);
    await expect.poll(() => electron.evaluate(() => globalThis.electronDouble.trays[0]?.icon)).toContain("tray-calm");
  });

  test("an agent that gives up is told once, and a click on it opens its place", async ({ bench }) => {
    const { electron, page } = await bench.start();
    await expect(page.getByRole("navigation", pages)).toBeVisible();
    await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
    const file = bench.fleet("shop", [
      "{ id: broken, command: 'exit 3', restart: permanent, backoff: { initial: 10ms, max: 10ms } }",
    ]);
    await cliUp(bench.dataDir, file);
    const titles = () => electron.evaluate(() => globalThis.electronDouble.notifications.map((one) => one.title));
    await expect.poll(titles, { timeout: 30_000 }).toContain("shop gave up");
    await electron.evaluate(() =>
      globalThis.electronDouble.notifications.find((one) => one.title === "shop gave up")?.emit("click"),
    );
    await expect(page.getByRole("navigation", pages).locator("[aria-current=page]")).toContainText("Tree");
    expect((await titles()).filter((title) => title === "shop gave up")).toHaveLength(1);
  });

  test("quit and stop all leaves no agent", async ({ bench }) => {
    const { electron } = await bench.start("--fleet", bench.fleet("shop", [LONG]));
    const { pid } = await runningAgent(bench, "api");
    const closed = electron.waitForEvent("close");
    await electron.evaluate(({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById("quitAndStop")?.click());
    await closed;
    expect(isAlive(pid)).toBe(false);
  });

  test("a link in an agent's output is opened only after the person has seen its address", async ({ bench }) => {
    const { electron, page } = await bench.start();
    await expect(page.getByRole("navigation", pages)).toBeVisible();
    await openLater(page, "https://example.com/a");
    const asked = () => electron.evaluate(() => globalThis.electronDouble.dialogs.map((dialog) => dialog.detail));
    await expect.poll(asked).toEqual(["https://example.com/a"]);
    await openLater(page, "file:///etc/passwd");
    await openLater(page, "javascript:alert(1)");
    expect(await electron.evaluate(() => globalThis.electronDouble.openedOutside)).toEqual([]);
    expect(await asked()).toHaveLength(1);
  });
});

/** Waits until the agent has a process. */
async function runningAgent(bench: DesktopBench, id: string): Promise<{ pid: number; generation: number }> {
  return eventually(`${id} runs`, async () => {
    const node = await cliTree(bench.dataDir, id);
    return node?.pid === undefined ? undefined : { pid: node.pid, generation: node.generation };
  });
}

/** From a task of the page's own: what it opens must not hold up the one who asked. */
async function openLater(page: Page, address: string): Promise<void> {
  await page.evaluate((url) => void setTimeout(() => window.open(url), 0), address);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
