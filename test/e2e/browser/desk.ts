/**
 * What the browser scenarios share: the real app on a data directory of its own, a page that came in by the one-time
 * code, and an end to everything that was started. A page that logs an error fails its test.
 */
import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { expect, test as base, type BrowserContext, type Locator, type Page } from "@playwright/test";
import { eventually } from "../../support/deadline.ts";
import { freshDataDir, LiveApp } from "../../support/liveApp.ts";

export { expect, type Page } from "@playwright/test";
export { eventually } from "../../support/deadline.ts";
export { isAlive, LiveApp } from "../../support/liveApp.ts";

interface ServeOptions {
  readonly args?: readonly string[];
  /** Variables the app finds besides the test's own. */
  readonly env?: Readonly<Record<string, string>>;
}

export class Desk {
  readonly dir: string;
  readonly page: Page;
  private readonly apps: LiveApp[] = [];
  private readonly errors: string[] = [];
  private readonly deferred: (() => unknown)[] = [];

  constructor(dir: string, page: Page) {
    this.dir = dir;
    this.page = page;
    this.listen(page);
  }

  get app(): LiveApp {
    const app = this.apps.at(-1);
    if (app === undefined) throw new Error("No app was served yet.");
    return app;
  }

  async serve({ args = [], env = {} }: ServeOptions = {}): Promise<LiveApp> {
    const before = { ...process.env };
    Object.assign(process.env, env);
    try {
      this.apps.push(await LiveApp.start(this.dir, ...args));
    } finally {
      for (const name of Object.keys(env)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
    return this.app;
  }

  /** Serves, brings the fleets up and opens the page. */
  async start(...fleets: readonly Fleet[]): Promise<Page> {
    await this.serve();
    for (const fleet of fleets) await this.up(fleet);
    await this.open();
    return this.page;
  }

  /** Writes `<name>.yaml` and brings it up. */
  async up(fleet: Fleet): Promise<string> {
    const file = await this.app.fleet(fleet.name, fleetText(fleet));
    const { code, stderr } = await this.app.cli("up", file);
    if (code !== 0) throw new Error(`up ${file}: ${stderr}`);
    return file;
  }

  async open(page = this.page): Promise<void> {
    await page.goto(this.app.url);
    await expect(page.getByRole("contentinfo", { name: "Status" })).toContainText("Headless core");
  }

  /** Console errors and uncaught exceptions of this page fail the test. */
  listen(page: Page): void {
    page.on("pageerror", (error) => this.errors.push(`${error.name}: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error") this.errors.push(`${message.text()} (${message.location().url})`);
    });
  }

  /** Takes out the errors a scenario provokes on purpose. */
  forgive(pattern: RegExp): void {
    const kept = this.errors.filter((error) => !pattern.test(error));
    this.errors.splice(0, this.errors.length, ...kept);
  }

  defer(work: () => unknown): void {
    this.deferred.push(work);
  }

  async pid(id: string): Promise<number> {
    const node = await this.app.waitFor(id, (one) => one.pid !== undefined && one.state !== "starting", "runs");
    return node.pid ?? 0;
  }

  /** What an agent wrote into a file of the data directory. */
  text(file: string): Promise<string> {
    return readFile(join(this.dir, file), "utf8").catch(() => "");
  }

  async end(): Promise<void> {
    for (const work of this.deferred.toReversed()) await work();
    for (const app of this.apps) await app.kill();
    expect(this.errors, "errors in the console").toEqual([]);
  }
}

export const test = base.extend<{ desk: Desk }>({
  desk: async ({ page }, provide) => {
    const data = await freshDataDir();
    const desk = new Desk(await realpath(data.dir), page);
    await provide(desk);
    try {
      await desk.end();
    } finally {
      await data.end();
    }
  },
});

export interface Fleet {
  readonly name: string;
  /** Flow mapping of the top supervisor: `{ strategy: one_for_all }`. */
  readonly supervisor?: string;
  readonly children: readonly string[];
}

export function fleetText({ name, supervisor, children }: Fleet): string {
  const rules = supervisor === undefined ? "" : `supervisor: ${supervisor}\n`;
  return `version: 1\nname: ${name}\n${rules}children:\n${children.map((child) => `  - ${child}\n`).join("")}`;
}

/** One agent of a fleet file, in flow style. */
export function agent(id: string, command: string, rest = ""): string {
  return `{ id: ${id}, command: ${JSON.stringify(command)}${rest === "" ? "" : `, ${rest}`} }`;
}

/** Says by OSC 7501 that it waits for an answer, then waits. */
export function asking(question: string): string {
  const message = Buffer.from(question).toString("base64");
  return `printf '\\033]7501;state=blocked:kind=question:msg=${message}\\033\\\\'; echo ${JSON.stringify(question)}; exec sleep 600`;
}

export const LIVES = "echo up; exec sleep 600";

/** A page by its link in the rail. */
export async function goTo(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("button", { name, exact: false }).first().click();
}

export function row(page: Page, name: RegExp): Locator {
  return page.getByRole("treeitem", { name });
}

/** The lines a terminal shows, as a screen reader hears them. */
export async function screenText(terminal: Locator): Promise<string> {
  const lines = await terminal.locator(".xterm-accessibility-tree [role=listitem]").allInnerTexts();
  return lines.map((line) => line.replaceAll("\u00a0", " ").trimEnd()).join("\n");
}

export async function untilScreen(terminal: Locator, text: string | RegExp): Promise<string> {
  return eventually(`the screen shows ${String(text)}`, async () => {
    const shown = await screenText(terminal);
    return (typeof text === "string" ? shown.includes(text) : text.test(shown)) ? shown : undefined;
  });
}

/** Opens the terminal of one agent alone, read out so that tests can read it, too. */
export async function openTerminal(page: Page, path: string): Promise<Locator> {
  await page.evaluate((place) => {
    location.hash = `/terminals/${place}`;
  }, path);
  const reader = page.getByRole("button", { name: "Screen reader mode of the terminals" });
  if ((await reader.getAttribute("aria-pressed")) !== "true") await reader.click();
  return page.getByRole("group", { name: `Terminal of ${path.split("/").at(-1) ?? path}`, exact: true });
}

/** A browser that has not been here: no token, nothing stored. */
export async function stranger(context: BrowserContext): Promise<Page> {
  const other = await context.browser()?.newContext();
  if (other === undefined) throw new Error("The browser is gone.");
  return other.newPage();
}
