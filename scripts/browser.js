/** The Chromium that tests drive: the system's own, or the one Playwright fetches where it can. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { systemBrowser } from "../test/support/systemBrowser.ts";
import { root, say } from "./project.js";
import { run } from "./toolchain.js";

const FETCH_MS = 120_000;

/** Path of a browser; fetched by Playwright, within a bounded wait, where the system has none. */
export async function browserPath() {
  return systemBrowser() ?? (await playwrightBrowser());
}

async function playwrightBrowser() {
  const { chromium } = await import("@playwright/test");
  if (existsSync(chromium.executablePath())) return chromium.executablePath();
  say("fetching a Chromium for the browser suites…");
  const program = join(root, "node_modules", "@playwright", "test", "cli.js");
  await run(process.execPath, [program, "install", "chromium"], {
    cwd: root,
    stdio: "ignore",
    timeout: FETCH_MS,
    killSignal: "SIGKILL",
  }).catch(() => 1);
  return existsSync(chromium.executablePath()) ? chromium.executablePath() : undefined;
}
