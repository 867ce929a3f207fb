/** Runs inside the page: how old each stamp of bench.c is when the frame that shows it has been painted. */
import type { Page } from "@playwright/test";
import { eventually } from "#test/support/deadline.ts";

declare global {
  interface Window {
    paintedAges?: number[];
  }
}

/** Watches the element; ages are read by `paintedAges`. Every frame is asked for, so both sides wait for the same ones. */
export async function watchPaint(page: Page, selector: string): Promise<void> {
  await page.evaluate((where) => {
    const root = document.querySelector(where);
    if (root === null) throw new Error(`nothing to watch at ${where}`);
    const seen = new Set<string>();
    const ages: number[] = [];
    let fresh: number[] = [];
    window.paintedAges = ages;
    new MutationObserver(() => {
      for (const [, stamp = ""] of (root.textContent ?? "").matchAll(/@(\d{19});/g)) {
        if (seen.has(stamp)) continue;
        seen.add(stamp);
        fresh.push(Number(stamp) / 1e6);
      }
    }).observe(root, { childList: true, characterData: true, subtree: true });
    // A message posted in a frame's callback arrives after that frame was painted.
    const painted = new MessageChannel();
    painted.port1.addEventListener("message", () => {
      const now = performance.timeOrigin + performance.now();
      for (const at of fresh) ages.push(now - at);
      fresh = [];
    });
    painted.port1.start();
    const frame = (): void => {
      painted.port2.postMessage(0);
      requestAnimationFrame(frame);
    };
    frame();
  }, selector);
}

/** The ages of at least `count` stamps; rejects when they do not come. */
export function paintedAges(page: Page, count: number): Promise<readonly number[]> {
  return eventually(
    `${count} stamps to be painted`,
    async () => {
      const ages = await page.evaluate(() => window.paintedAges ?? []);
      return ages.length >= count ? ages : undefined;
    },
    60_000,
  );
}
