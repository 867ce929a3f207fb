/** Runs inside the page: from a key's press to the frame that shows what it did, long tasks, the pace of frames. */
import type { Page } from "@playwright/test";

declare global {
  interface Window {
    probe?: Probe;
  }
}

interface Probe {
  /** From the press to the end of the painting of what changed by it, ms. */
  readonly keys: number[];
  readonly longTasks: number[];
  readonly frames: number[];
  /** Presses that nothing has answered yet, and those whose answer is in the page and not yet painted. */
  pressed: number[];
  shown: number[];
  watching: MutationObserver | undefined;
}

/** Before the page is opened. */
export async function installProbe(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const probe: Probe = { keys: [], longTasks: [], frames: [], pressed: [], shown: [], watching: undefined };
    window.probe = probe;
    addEventListener("keydown", (event) => probe.pressed.push(event.timeStamp), { capture: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) probe.longTasks.push(entry.duration);
    }).observe({ type: "longtask" });
    // A message posted in a frame's callback arrives after that frame was painted.
    const painted = new MessageChannel();
    painted.port1.addEventListener("message", () => {
      const now = performance.now();
      for (const at of probe.shown.splice(0)) probe.keys.push(now - at);
    });
    painted.port1.start();
    let last = 0;
    const frame = (now: number): void => {
      painted.port2.postMessage(0);
      if (last !== 0) probe.frames.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

/** Says what answers a key: a change of the text, or of the attribute, within the element. */
export async function watchAnswers(page: Page, selector: string, attribute?: string): Promise<void> {
  await page.evaluate(
    ([where, name]) => {
      const { probe } = window;
      const root = document.querySelector(where);
      if (probe === undefined || root === null) throw new Error(`nothing to watch at ${where}`);
      let text = root.textContent;
      probe.watching?.disconnect();
      probe.watching = new MutationObserver(() => {
        if (name === undefined && root.textContent === text) return;
        text = root.textContent;
        probe.shown.push(...probe.pressed.splice(0));
      });
      const what = name === undefined ? { childList: true, characterData: true } : { attributeFilter: [name] };
      probe.watching.observe(root, { subtree: true, ...what });
    },
    [selector, attribute] as const,
  );
}

/** Presses the key and waits until what it does is painted. */
export async function pressPainted(page: Page, key: string): Promise<void> {
  const before = await page.evaluate(() => {
    const { probe } = window;
    if (probe !== undefined) probe.pressed = [];
    return probe?.keys.length ?? 0;
  });
  await page.keyboard.press(key);
  await page.waitForFunction((count) => (window.probe?.keys.length ?? 0) > count, before, { polling: 20 });
}

export type Taken = Pick<Probe, "keys" | "longTasks" | "frames">;

/** What was seen since the last call. */
export function takeProbe(page: Page): Promise<Taken> {
  return page.evaluate(() => {
    const taken = { keys: [] as number[], longTasks: [] as number[], frames: [] as number[] };
    const { probe } = window;
    if (probe === undefined) return taken;
    for (const what of ["keys", "longTasks", "frames"] as const) taken[what].push(...probe[what].splice(0));
    return taken;
  });
}

/** What the page holds after a collection. */
export async function pageWeight(page: Page): Promise<{ readonly heapMb: number; readonly nodes: number }> {
  const session = await page.context().newCDPSession(page);
  try {
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    return { heapMb: usedSize / 2 ** 20, nodes: await page.evaluate(() => document.querySelectorAll("*").length) };
  } finally {
    await session.detach();
  }
}
