import { join } from "node:path";
import { defineConfig } from "@playwright/test";
import { systemBrowser } from "./test/support/systemBrowser.ts";

const executablePath = systemBrowser();
const report = process.env["SIGNALBOX_PLAYWRIGHT_REPORT"] ?? join(".cache", "playwright.json");

/** Two suites: the page in Chromium against the headless server, and the desktop shell. Both start their own app. */
export default defineConfig({
  testDir: "test/e2e",
  outputDir: "test-results",
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // Each test starts real processes and waits for them half of its time: two cores carry two of them.
  workers: 2,
  forbidOnly: process.env["CI"] !== undefined,
  reporter: [["list"], ["json", { outputFile: report }]],
  projects: [
    {
      name: "browser",
      testDir: "test/e2e/browser",
      use: {
        browserName: "chromium",
        viewport: { width: 1440, height: 900 },
        trace: { mode: "retain-on-failure", screenshots: false },
        launchOptions: { args: ["--no-sandbox"], ...(executablePath === undefined ? {} : { executablePath }) },
      },
    },
    { name: "desktop", testDir: "test/e2e/desktop" },
  ],
});
