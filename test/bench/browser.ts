/** One Chromium for a row, and pages that came in through the one-time code. */
import { chromium } from "@playwright/test";
import type { Page } from "@playwright/test";
import { systemBrowser } from "#test/support/systemBrowser.ts";
import type { Bench } from "./bench.ts";

export interface BenchBrowser {
  /** In a context of its own: nothing cached, nothing stored. */
  newPage(): Promise<Page>;
}

export async function openBrowser(bench: Bench): Promise<BenchBrowser> {
  const executablePath = systemBrowser();
  const browser = await chromium.launch({
    args: ["--no-sandbox"],
    ...(executablePath === undefined ? {} : { executablePath }),
  });
  bench.defer(() => browser.close());
  return {
    newPage: async () => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      return context.newPage();
    },
  };
}
