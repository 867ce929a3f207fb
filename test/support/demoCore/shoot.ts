/**
 * Takes pictures of the pages over the fake core: `node test/support/demoCore/shoot.ts [--out DIR] home inbox tree …`.
 * Each page dark and light at 1440 by 900 and at 760 by 520, dark at 900 by 700 and light in a low window; `--size dark,low`
 * takes some of them; `memory@refused` and `memory@never` look at a page whose questions the core refuses or never
 * answers. Prints the folder.
 */
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "@playwright/test";
import { systemBrowser } from "../systemBrowser.ts";
import { serveDemo } from "./serve.ts";

interface Shot {
  readonly query: string;
  readonly act?: (page: Page) => Promise<void>;
}

const press =
  (...keys: readonly string[]) =>
  async (page: Page) => {
    for (const key of keys) await page.keyboard.press(key);
  };

const SHOTS: Readonly<Record<string, Shot>> = {
  home: { query: "place=/" },
  "home-200": { query: "fleet=200&place=/" },
  inbox: { query: "place=/inbox" },
  question: { query: "place=/inbox/q-1" },
  escalated: { query: "place=/inbox/esc-1" },
  tree: { query: "place=/tree" },
  "tree-200": { query: "fleet=200&place=/tree" },
  "tree-1000": { query: "fleet=1000&place=/tree" },
  "tree-machines": { query: "machines=2&place=/tree" },
  "tree-machines-lost": { query: "machines=lost&fleet=empty&place=/tree" },
  "tree-empty": { query: "fleet=empty&place=/tree" },
  terminals: { query: "place=/terminals" },
  terminal: { query: "place=/terminals/fleet/schema-migrator" },
  sessions: { query: "place=/sessions" },
  session: { query: "place=/session/fleet/schema-migrator" },
  events: { query: "place=/events" },
  messages: { query: "place=/messages" },
  "messages-empty": { query: "fleet=empty&place=/messages" },
  bus: { query: "place=/bus" },
  "bus-consumer": { query: "place=/bus", act: async (page) => page.getByRole("treeitem", { name: /archive/ }).click() },
  "bus-stream": { query: "place=/bus", act: async (page) => page.getByRole("treeitem", { name: /MESSAGES/ }).click() },
  "bus-empty": { query: "fleet=empty&place=/bus" },
  live: { query: "place=/bus/live", act: press("j") },
  "live-empty": { query: "fleet=empty&place=/bus/live" },
  dead: { query: "place=/bus/dead" },
  "dead-letter": {
    query: "place=/bus/dead",
    act: async (page) => page.getByRole("option", { name: /Dead letter 411/ }).click(),
  },
  "dead-empty": { query: "fleet=empty&place=/bus/dead" },
  "inbox-letter": { query: "place=/inbox/letter:412" },
  catalogue: { query: "place=/bus/catalogue" },
  "catalogue-message": {
    query: "place=/bus/catalogue",
    act: async (page) => page.getByRole("option", { name: /context.handed_over/ }).click(),
  },
  budgets: { query: "place=/budgets" },
  "budgets-group": {
    query: "place=/budgets",
    act: async (page) => void (await page.getByLabel("Chart by").selectOption("agent")),
  },
  "budgets-scope": { query: "place=/budgets/fleet/schema-migrator" },
  "budgets-empty": { query: "fleet=empty&place=/budgets" },
  "budgets-breakdown": {
    query: "place=/budgets",
    act: async (page) => page.getByRole("radio", { name: "By group" }).click(),
  },
  "budgets-prices": {
    query: "place=/budgets",
    act: async (page) => page.getByRole("radio", { name: "Prices" }).click(),
  },
  "budgets-entry": {
    query: "place=/budgets",
    act: async (page) => page.getByRole("table").getByRole("row").nth(3).click(),
  },
  "budget-set": { query: "place=/budgets", act: press("e") },
  "budget-grant": {
    query: "place=/budgets/fleet/schema-migrator",
    act: async (page) => page.getByRole("button", { name: "Grant" }).click(),
  },
  workflows: { query: "place=/workflows" },
  "workflows-empty": { query: "fleet=empty&place=/workflows" },
  workflow: { query: "place=/workflows/appraise-9c41d07e" },
  "workflow-undoing": { query: "place=/workflows/appraise-6ad1f072" },
  "workflow-undo-asked": {
    query: "place=/workflows/appraise-b40f9d83",
    act: async (page) => page.getByRole("option", { name: /valuation/ }).click(),
  },
  "workflow-undone": { query: "place=/workflows/appraise-e2b76c15" },
  "workflow-partly": { query: "place=/workflows/appraise-1f3c8e5b" },
  "workflow-undo": {
    query: "place=/workflows/appraise-1f3c8e5b",
    act: async (page) => page.getByRole("button", { name: "Undo" }).click(),
  },
  "workflow-step": {
    query: "place=/workflows/appraise-51b0aa3f",
    act: async (page) => page.getByRole("option", { name: /researcher/ }).click(),
  },
  "workflow-replay": {
    query: "place=/workflows/appraise-51b0aa3f",
    act: async (page) => page.getByRole("slider", { name: "Moment of the run" }).fill("5200"),
  },
  "workflow-run": {
    query: "place=/workflows",
    act: async (page) => page.getByRole("button", { name: "Run", exact: true }).click(),
  },
  memory: { query: "place=/memory" },
  "memory-empty": { query: "fleet=empty&place=/memory" },
  "memory-search": {
    query: "place=/memory",
    act: async (page) => {
      await page.getByRole("searchbox", { name: "Search memories" }).fill("orders table");
      await page.getByRole("option", { name: /orders table/ }).click();
    },
  },
  contexts: { query: "place=/memory/contexts" },
  "contexts-empty": { query: "fleet=empty&place=/memory/contexts" },
  context: {
    query: "place=/memory/release-42",
    act: async (page) => page.getByRole("button", { name: "Compare" }).first().click(),
  },
  "context-restore": {
    query: "place=/memory/release-42",
    act: async (page) => page.getByRole("button", { name: "Restore" }).first().click(),
  },
  registry: { query: "place=/registry" },
  "registry-server": { query: "place=/registry/fleet/browser" },
  "registry-cached": {
    query: "place=/registry/fleet/browser",
    act: async (page) => {
      await page.getByRole("button", { name: "search_nodes" }).click();
      await page.getByLabel("query").fill("lounge chair");
      await page.getByRole("button", { name: "Call" }).click();
      await page.getByRole("button", { name: "Ask anew" }).waitFor();
    },
  },
  "registry-tool": {
    query: "place=/registry/memory",
    act: async (page) => {
      await page.getByRole("button", { name: "search_nodes" }).click();
      await page.getByLabel("query").fill("lounge chair");
      await page.getByRole("button", { name: "Call" }).click();
      await page.getByRole("status", { name: "Answer" }).waitFor();
    },
  },
  "registry-templates": { query: "place=/registry/templates" },
  "registry-template-add": {
    query: "place=/registry/templates",
    act: async (page) => {
      await page.getByRole("button", { name: "Add template" }).click();
      await page.getByLabel("What it runs").selectOption("claude");
    },
  },
  "registry-template-change": {
    query: "place=/registry/templates",
    act: async (page) => page.getByRole("button", { name: "Change" }).first().click(),
  },
  "registry-templates-empty": { query: "fleet=empty&place=/registry/templates" },
  "registry-calls": {
    query: "place=/registry/calls",
    act: async (page) => page.getByRole("listbox").getByRole("option").nth(1).click(),
  },
  "registry-add": {
    query: "place=/registry",
    act: async (page) => page.getByRole("button", { name: "Add server" }).click(),
  },
  "registry-add-secret": {
    query: "place=/registry",
    act: async (page) => {
      await page.getByRole("button", { name: "Add server" }).click();
      await page.getByRole("textbox", { name: "Name" }).fill("prices");
      await page.getByRole("radio", { name: "An address" }).click();
      await page.getByLabel("Address").fill("https://prices.example/mcp");
      await page.getByLabel("Headers").fill("Authorization=Bearer swordfish");
      await page.keyboard.press("Tab");
    },
  },
  "registry-warned": { query: "place=/registry/fleet/prices" },
  "registry-empty": { query: "fleet=empty&place=/registry" },
  settings: { query: "place=/settings" },
  search: { query: "place=/search", act: async (page) => page.getByRole("searchbox").fill("tests") },
  "first-run": { query: "fleet=none" },
  empty: { query: "fleet=empty&place=/" },
  offline: { query: "place=/&offline=1", act: async (page) => page.waitForTimeout(1200) },
  interrupted: { query: "place=/&interrupted=shop" },
  refused: { query: "refused=This%20browser%20is%20not%20known%20to%20Signalbox." },
  palette: {
    query: "place=/",
    act: async (page) => {
      await page.keyboard.press("Control+k");
      await page.keyboard.type("rest");
    },
  },
  estop: { query: "place=/", act: press("Control+Shift+Period") },
  keys: { query: "place=/", act: press("?") },
  add: { query: "place=/", act: async (page) => page.getByRole("button", { name: "Add agent" }).first().click() },
};

function shotOf(name: string): Shot | undefined {
  const [page = "", answers] = name.split("@");
  const shot = SHOTS[page];
  return shot === undefined || answers === undefined ? shot : { query: `${shot.query}&answers=${answers}` };
}

const SIZES = [
  { name: "dark", theme: "dark", width: 1440, height: 900 },
  { name: "light", theme: "light", width: 1440, height: 900 },
  { name: "narrow", theme: "dark", width: 900, height: 700 },
  // The smallest window, and about what 200 % zoom leaves of a laptop's.
  { name: "smallest", theme: "light", width: 760, height: 520 },
  { name: "smallest-dark", theme: "dark", width: 760, height: 520 },
  // Half a screen, one window above the other.
  { name: "low", theme: "light", width: 1280, height: 640 },
] as const;

const args = process.argv.slice(2);
const outAt = args.indexOf("--out");
const out = outAt < 0 ? mkdtempSync(join(tmpdir(), "signalbox-shots-")) : (args.splice(outAt, 2)[1] ?? tmpdir());
mkdirSync(out, { recursive: true });
const sizeAt = args.indexOf("--size");
const wantedSizes = sizeAt < 0 ? undefined : args.splice(sizeAt, 2)[1]?.split(",");
const names = args.length > 0 ? args : Object.keys(SHOTS);

const { close, url } = await serveDemo();
const executablePath = systemBrowser();
const browser = await chromium.launch({
  args: ["--no-sandbox"],
  ...(executablePath === undefined ? {} : { executablePath }),
});
for (const name of names) {
  const shot = shotOf(name);
  if (shot === undefined) {
    process.stderr.write(`${name} is no page; there are ${Object.keys(SHOTS).join(", ")}\n`);
    continue;
  }
  for (const size of SIZES.filter((candidate) => wantedSizes?.includes(candidate.name) ?? true)) {
    const page = await browser.newPage({ viewport: { width: size.width, height: size.height } });
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (error) => process.stderr.write(`${name}: ${error.message}\n`));
    page.on("console", (message) => message.type() === "error" && process.stderr.write(`${name}: ${message.text()}\n`));
    await page.goto(`${url}?theme=${size.theme}&${shot.query}`);
    await page.waitForSelector("h1, [role=alert]");
    await page.waitForTimeout(600);
    // One page that is not as this file thinks must not cost the pictures of the others.
    await shot.act?.(page).catch((error: unknown) => process.stderr.write(`${name}: ${String(error)}\n`));
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(out, `${name}-${size.name}.png`) });
    await page.close();
  }
}
await browser.close();
await close();
process.stdout.write(`${out}\n`);
