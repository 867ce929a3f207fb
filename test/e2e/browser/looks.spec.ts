/** Every page in both themes and at small sizes: nothing scrolls sideways, nothing lies on a control, everything has a name. */
import { agent, asking, expect, goTo, LIVES, row, test, type Desk, type Page } from "./desk.ts";

const PAGES = [
  "Home",
  "Inbox",
  "Tree",
  "Terminals",
  "Sessions",
  "Workflows",
  "Messages",
  "Budgets",
  "Events",
  "Bus",
  "Registry",
  "Memory",
  "Settings",
] as const;
/** Pages of several tabs: each is looked at. */
const TABS: Readonly<Partial<Record<(typeof PAGES)[number], readonly string[]>>> = {
  Bus: ["Live", "Dead letters", "Catalogue"],
  Registry: ["Calls"],
  Memory: ["Contexts"],
};
/** 720 by 450 is 1440 by 900 at 200 % zoom. */
const SIZES = [
  { width: 1440, height: 900 },
  { width: 900, height: 700 },
  { width: 760, height: 520 },
  { width: 720, height: 450 },
] as const;

/** What is wrong with the page as it stands, in words. Runs in the page, so it brings its helpers along. */
function faults(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const label = (element: Element): string =>
      `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""} "${(element.textContent ?? "").trim().slice(0, 30)}"`;
    const isSeen = (element: Element): boolean =>
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      element.closest("[aria-hidden=true], .sr-only, .xterm") === null;
    const hasName = (element: Element): boolean => {
      const labels = "labels" in element && element.labels instanceof NodeList ? [...element.labels] : [];
      const parts = [
        element.getAttribute("aria-label"),
        element.getAttribute("title"),
        element.textContent,
        ...labels.map((one) => one.textContent),
      ];
      return parts.some((part) => (part ?? "").trim() !== "");
    };
    /** What takes the pointer in the middle of a control that is in sight, unless it is the control. */
    const over = (element: Element): Element | undefined => {
      const box = element.getBoundingClientRect();
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      const clip = element.closest(".scroll, [role=treegrid], .tree-scroll")?.getBoundingClientRect();
      const isClipped = clip !== undefined && (y < clip.top || y > clip.bottom || x < clip.left || x > clip.right);
      const top = box.width < 2 || isClipped ? null : document.elementFromPoint(x, y);
      if (top === null || element.contains(top) || top.contains(element)) return undefined;
      return top.closest("label, .toasts, .sheet-scrim, .inspector, .tree-blastbar") === null ? top : undefined;
    };
    const width = document.documentElement.scrollWidth;
    const controls = [...document.querySelectorAll("button, a[href], input, select, textarea")].filter(isSeen);
    return [
      ...(width > document.documentElement.clientWidth ? [`the document is ${width} px wide`] : []),
      ...controls.filter((control) => !hasName(control)).map((control) => `${label(control)} has no name`),
      ...controls.flatMap((control) => {
        const top = over(control);
        return top === undefined ? [] : [`${label(top)} lies on ${label(control)}`];
      }),
    ];
  });
}

async function fleet(desk: Desk): Promise<Page> {
  const page = await desk.start(
    {
      name: "shop",
      supervisor: "{ strategy: rest_for_one, intensity: 5, period: 60s }",
      children: [
        agent("api", LIVES),
        `{ id: builders, supervisor: { strategy: one_for_all }, children: [${agent("fixer", LIVES)}, ${agent("asker", asking("Which branch shall I take for the release?"))}] }`,
        agent("broken", "exit 3", "restart: temporary"),
      ],
    },
    { name: "gone", supervisor: "{ intensity: 1, period: 60s }", children: [agent("doomed", "exit 7")] },
  );
  await desk.app.waitFor("gone", (node) => node.state === "gave_up", "gave up");
  await desk.app.waitFor("asker", (node) => node.state === "waiting_answer", "asks");
  return page;
}

test("every page in light and dark, wide, narrow and at 200 %", async ({ desk }, info) => {
  // Sixteen pages in every look: a quarter of a minute on a free machine, minutes on a busy one.
  test.setTimeout(240_000);
  const page = await fleet(desk);
  const problems: string[] = [];
  for (const theme of ["light", "dark"] as const) {
    await page.setViewportSize(SIZES[0]);
    await goTo(page, "Settings");
    await page.getByRole("radiogroup", { name: "Theme" }).getByRole("radio", { name: theme, exact: false }).click();
    await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
    for (const name of PAGES) {
      await page.setViewportSize(SIZES[0]);
      await goTo(page, name);
      await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
      if (name === "Tree") await row(page, /^api, /).click();
      for (const tab of [undefined, ...(TABS[name] ?? [])]) {
        await page.setViewportSize(SIZES[0]);
        if (tab !== undefined) await page.getByRole("radio", { name: tab, exact: true }).click();
        // Colours change no widths: light is looked at wide and small only.
        for (const size of theme === "dark" ? SIZES : [SIZES[0], SIZES[2]]) {
          await page.setViewportSize(size);
          await page.evaluate(
            () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
          );
          const where = `${name}${tab === undefined ? "" : `-${tab}`}-${theme}-${size.width}`;
          problems.push(...(await faults(page)).map((fault) => `${where}: ${fault}`));
          await page.screenshot({ path: info.outputPath(`${where}.png`) });
        }
      }
    }
  }
  expect(problems).toEqual([]);
});

test("the system's theme is followed, and reduced motion moves nothing", async ({ desk }) => {
  const page = await fleet(desk);
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  const dark = await ground();
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await expect.poll(ground).not.toBe(dark);
  const moving = await page.evaluate(() =>
    document
      .getAnimations()
      .filter((animation) => Number(animation.effect?.getComputedTiming().duration ?? 0) > 50)
      .map((animation) => ("animationName" in animation ? String(animation.animationName) : animation.id)),
  );
  expect(moving).toEqual([]);
});
