/** The Chromium of this machine that tests may drive; undefined where there is none and Playwright's own is used. */
import { existsSync } from "node:fs";

const KNOWN = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

export function systemBrowser(): string | undefined {
  return [process.env["CHROMIUM_PATH"], ...KNOWN].find((file) => file !== undefined && existsSync(file));
}
