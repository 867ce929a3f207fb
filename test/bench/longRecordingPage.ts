/** What a person does with a long recording in the window, each act timed until the right lines are on the screen. */
import type { Page } from "@playwright/test";

const ROWS = ".session-screen .xterm-rows";
/** More than a person waits; a run with a figure this bad still ends. */
const PATIENCE_MS = 120_000;

async function away(page: Page): Promise<void> {
  await page.evaluate(() => (location.hash = "/sessions"));
  await page.getByRole("heading", { name: "Sessions" }).waitFor();
}

/** Milliseconds from an act until the terminal shows the text. */
async function untilShown(page: Page, text: string, act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  await page.waitForFunction(
    ([where, wanted]) =>
      [...document.querySelectorAll(where)].some((rows) =>
        (rows.textContent ?? "").replaceAll("\u00a0", " ").includes(wanted),
      ),
    [ROWS, text] as const,
    { polling: "raf", timeout: PATIENCE_MS },
  );
  return performance.now() - began;
}

export async function openLive(page: Page, path: string): Promise<number> {
  await away(page);
  return untilShown(page, "the last line", () => page.evaluate((place) => (location.hash = `/session/${place}`), path));
}

export async function openAtEnd(page: Page, path: string): Promise<number> {
  const ms = await openLive(page, path);
  await page.getByText(/^Replay at /).waitFor();
  return ms;
}

/** The number that begins the last whole line on the screen. */
async function lastNumber(page: Page): Promise<number> {
  const text = await page.locator(ROWS).first().innerText();
  const numbers = [...text.replaceAll("\u00a0", " ").matchAll(/^(\d{9}) /gm)].map(([, digits]) => Number(digits));
  return numbers.at(-1) ?? Number.NaN;
}

/** A click on the strip of the life; over when the screen shows lines from about there. */
export async function goByTime(page: Page, share: number): Promise<number> {
  const slider = page.getByRole("slider", { name: "Moment of the recording" });
  const box = await slider.boundingBox();
  if (box === null) throw new Error("there is no slider");
  const before = await lastNumber(page);
  const began = performance.now();
  await page.mouse.click(box.x + box.width * share, box.y + 42);
  await page.waitForFunction(
    ([where, old]) => {
      const text = (document.querySelector(where)?.textContent ?? "").replaceAll("\u00a0", " ");
      const shown = [...text.matchAll(/(\d{9}) /g)].map(([, digits]) => Number(digits)).at(-1);
      const isReading = document.querySelector(".replay-bar")?.textContent?.includes("Reading");
      return shown !== undefined && Math.abs(shown - old) > 1000 && isReading !== true;
    },
    [ROWS, before] as const,
    { polling: "raf", timeout: PATIENCE_MS },
  );
  return performance.now() - began;
}

export interface Found {
  readonly firstMs: number;
  readonly jumps: readonly { readonly percent: number; readonly ms: number }[];
}

/** The three waymarks, found by the word they share; from each to its place in the session. */
export async function searchAndGo(page: Page, path: string): Promise<Found> {
  await page.evaluate(() => (location.hash = "/search"));
  const field = page.getByRole("searchbox", { name: "Search everything agents printed" });
  await field.waitFor();
  const began = performance.now();
  await field.fill("waymark at");
  const hits = page.getByRole("region", { name: "Printed by agents" });
  const hitAt = (percent: number) =>
    hits.getByRole("button", { name: new RegExp(`waymark at ${percent} percent`) }).last();
  await hitAt(1).waitFor({ timeout: PATIENCE_MS });
  const firstMs = performance.now() - began;
  const jumps: { percent: number; ms: number }[] = [];
  for (const percent of [10, 50, 90]) {
    await hitAt(percent).waitFor({ timeout: PATIENCE_MS });
    const ms = await untilShown(page, `waymark at ${percent} percent`, () => hitAt(percent).click());
    jumps.push({ percent, ms });
    if (percent === 90) break;
    await page.goBack();
    await field.waitFor();
  }
  if (!(await page.getByRole("heading", { name: path.split("/").at(-1) ?? path }).isVisible()))
    throw new Error("another session was opened");
  return { firstMs, jumps };
}
