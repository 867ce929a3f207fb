/** The window in a real Chromium, whose renderer process can be killed; undefined where there is no Chromium. */
import { readdirSync, readFileSync } from "node:fs";
import { chromium } from "@playwright/test";
import type { Browser, Page } from "@playwright/test";
import { systemBrowser } from "#test/support/systemBrowser.ts";
import type { Soak } from "./soak.ts";

export interface Tab {
  /** Opens the address in a fresh tab, and waits until the window shows the app. */
  show(url: string): Promise<void>;
  /** kill -9 of the renderer; false when none was found. */
  kill(): Promise<boolean>;
}

const RENDERED_MS = 30_000;

export async function openTab(soak: Soak): Promise<Tab | undefined> {
  const executablePath = systemBrowser();
  if (executablePath === undefined) return undefined;
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  soak.defer(() => browser.close());
  let page: Page | undefined;
  return {
    show: async (url) => {
      await page?.close().catch(() => undefined);
      page = await browser.newPage();
      await page.goto(url);
      await page.getByRole("navigation").first().waitFor({ timeout: RENDERED_MS });
    },
    kill: async () => {
      if (page === undefined) return false;
      const crashed = page.waitForEvent("crash", { timeout: RENDERED_MS });
      const pids = await renderersOf(browser);
      for (const pid of pids) process.kill(pid, "SIGKILL");
      await crashed;
      return pids.length > 0;
    },
  };
}

/** Chromium's renderers are children of its zygote; only this browser's own have its debugging pipe's ancestor. */
async function renderersOf(browser: Browser): Promise<readonly number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.filter(({ type, id }) => type === "renderer" && isRenderer(id)).map(({ id }) => id);
}

/** The number is a pid only where the browser shares our process namespace: looked at before it is used. */
function isRenderer(pid: number): boolean {
  try {
    return (
      readdirSync(`/proc/${pid}`).length > 0 && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer")
    );
  } catch {
    return false;
  }
}
