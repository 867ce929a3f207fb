/**
 * The diagram goes from the ladder to lamps on lines to areas and back by itself, as fleet and window change, and what a
 * person was looking at stays where it was: in every frame that is painted, not only in the last one.
 */
import { agent, expect, goTo, row, test, type Page } from "./desk.ts";

const AREAS = 4;
const GROUPS = 8;

/** 36 supervisors; `agents` in each group of the first two areas, one in each of the others. */
function fleet(agents: number) {
  const group = (area: number, at: number): string => {
    const ids = Array.from({ length: area < 2 ? agents : 1 }, (_, n) => agent(`a-${area}${at}${n}`, "exec sleep 600"));
    return `{ id: g-${area}${at}, supervisor: {}, children: [${ids.join(", ")}] }`;
  };
  const area = (at: number): string =>
    `{ id: area-${at}, supervisor: {}, children: [${Array.from({ length: GROUPS }, (_, n) => group(at, n)).join(", ")}] }`;
  return { name: "grows", children: Array.from({ length: AREAS }, (_, at) => area(at)) };
}

/** Tops of the row that stands for the selection, one a frame. */
async function watchTops(page: Page): Promise<void> {
  await page.evaluate(() => {
    const tops: number[] = [];
    Object.assign(window, { tops });
    const look = (): void => {
      const active = document.querySelector("[data-active]");
      if (active !== null) tops.push(active.getBoundingClientRect().top);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}

async function topsSince(page: Page): Promise<readonly number[]> {
  const tops = await page.evaluate(() => {
    const seen: unknown = Reflect.get(window, "tops");
    return Array.isArray(seen) ? (seen.splice(0) as unknown[]) : [];
  });
  return tops.filter((top) => typeof top === "number");
}

async function expectSteady(page: Page): Promise<void> {
  const tops = await topsSince(page);
  expect(tops.length).toBeGreaterThan(0);
  expect(Math.max(...tops) - Math.min(...tops)).toBeLessThanOrEqual(1);
}

test("ladder, strip and area follow the fleet and the window, and the selection keeps its place", async ({ desk }) => {
  const page = await desk.start(fleet(1));
  await desk.pid(`a-${AREAS - 1}${GROUPS - 1}0`);
  await goTo(page, "Tree");
  const zoom = page.getByRole("group", { name: /^Zoom/ });
  const chosen = page.locator('.tree-row[data-path$="/a-240"]');
  const lamp = page.locator('.tree-strip-lamp[data-path$="/a-240"]');
  const diagram = page.locator(".tree-scroll");

  await expect(zoom).toHaveAccessibleName("Zoom: agents");
  await page.evaluate(() => (location.hash = "/tree/grows/a-240"));
  await expect(chosen).toHaveAttribute("aria-selected", "true");
  await page.mouse.move(2, 2);
  // In the middle of the window, where both forms have room above and below it.
  await chosen.evaluate((element) => {
    const box = element.closest(".tree-scroll");
    if (box !== null) box.scrollTop += element.getBoundingClientRect().top - 440;
  });

  // The fleet grows past forty agents: ladders become lines of lamps, and the line stands where its agent stood.
  await watchTops(page);
  await desk.up(fleet(2));
  await expect(zoom).toHaveAccessibleName("Zoom: supervisors");
  await expect(row(page, /^g-24, supervisor, /)).toHaveClass(/tree-sup-strip/);
  await expect(lamp).toHaveAttribute("data-selected", "true");
  await expect(page.locator("[data-holds]")).toHaveAttribute("data-path", /\/g-24$/);
  await expectSteady(page);

  // A low window: two screens do not hold the lines any more. All areas are in view, and the one that holds it is marked.
  await page.setViewportSize({ width: 760, height: 520 });
  await expect(zoom).toHaveAccessibleName("Zoom: areas");
  await expect(row(page, /^area-2, supervisor, /)).toHaveClass(/tree-sup-counts/);
  await expect(page.locator("[data-holds]")).toHaveAttribute("data-path", /\/area-2$/);
  await expect(row(page, /^area-2, /)).toBeInViewport();

  // A little higher is no reason to flip back; a large window is, and there the lamp is in view again.
  await page.setViewportSize({ width: 760, height: 640 });
  await expect(zoom).toHaveAccessibleName("Zoom: areas");
  await page.setViewportSize({ width: 1440, height: 900 });
  await expect(zoom).toHaveAccessibleName("Zoom: supervisors");
  await expect(lamp).toBeInViewport();

  // And back to the ladder: the agent itself stands where its line was.
  await topsSince(page);
  await desk.up(fleet(1));
  await expect(zoom).toHaveAccessibleName("Zoom: agents");
  await expect(chosen).toHaveAttribute("aria-selected", "true");
  await expect(chosen).toBeInViewport();
  await expectSteady(page);
  await expect(diagram.locator(".tree-sup-strip, .tree-sup-counts")).toHaveCount(0);
});
