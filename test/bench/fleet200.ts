/**
 * 200 agents, 20 of them noisy, in the window: how soon the tree stands, and what a key waits for while lines come in, in
 * the tree and in one of four live terminals; what the page and the core pay for it.
 */
import type { Page } from "@playwright/test";
import { eventually } from "#test/support/deadline.ts";
import type { TreeNode } from "#shared/model/node.ts";
import { agent } from "#test/support/liveSuite.ts";
import { startApp } from "./app.ts";
import type { BenchApp } from "./app.ts";
import { pause } from "./bench.ts";
import type { Bench, Finding, Row } from "./bench.ts";
import { openBrowser } from "./browser.ts";
import { percentile } from "./numbers.ts";
import { installProbe, pageWeight, pressPainted, takeProbe, watchAnswers } from "./pageProbe.ts";
import type { Taken } from "./pageProbe.ts";
import { compileC, cpuMs } from "./programs.ts";

const FLEET = "wide";
const AREAS = 4;
const GROUPS = 5;
const AGENTS = 10;
const ALL = AREAS * GROUPS * AGENTS;
const NOISY = AREAS * GROUPS;
/** 50 lines a second each. */
const LINE_US = 20_000;
const START_MS = 180_000;
/** Five keys a second: a person who types. */
const KEY_MS = 200;

export const fleet200: Row = {
  name: "fleet200",
  about: `the window with ${ALL} agents, ${NOISY} of them noisy: keys, frames, long tasks, heap, the core's processor`,
  run,
};

async function run(bench: Bench): Promise<readonly Finding[]> {
  const program = await compileC(bench.dir);
  const app = await startApp(bench);
  const began = performance.now();
  await app.up(FLEET, areas(program));
  await eventually(`${ALL} agents`, async () => (await running(app)) === ALL, START_MS);
  const startedS = (performance.now() - began) / 1000;
  const browser = await openBrowser(bench);
  const forMs = bench.isQuick ? 10_000 : 60_000;

  const page = await browser.newPage();
  await installProbe(page);
  const standsMs = await openTree(app, page);
  const opening = await takeProbe(page);
  bench.say("keys in the tree");
  const tree = await during(app, () => keysInTree(page, forMs / 2));
  bench.say("keys in a terminal");
  await showTerminals(page);
  const terminals = await during(app, () => keysInTerminal(page, forMs));
  const weight = await pageWeight(page);
  return [
    { what: `${ALL} agents run`, unit: "s", ours: [startedS] },
    { what: "tree stands, from an empty browser", unit: "ms", ours: [standsMs], goal: { atMost: 1500 } },
    { what: "longest task while it opens", unit: "ms", ours: [Math.max(0, ...opening.longTasks)] },
    ...findings("tree", tree),
    ...findings("4 terminals", terminals),
    { what: "page, heap after a collection", unit: "MB", ours: [weight.heapMb], goal: { atMost: 100 } },
    { what: "page, elements", unit: "", ours: [weight.nodes], goal: { atMost: 5000 } },
  ];
}

/** The first agent of each group tells; the first of all echoes what is typed. */
function areas(program: string): readonly string[] {
  const command = (area: number, group: number, at: number): string => {
    if (at === 0) return `exec ${program} tell -1 ${LINE_US}`;
    return area === 0 && group === 0 && at === 1 ? "exec cat" : "exec sleep 100000";
  };
  const many = (count: number, one: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => one(at)).join(", ");
  const group = (area: number, at: number): string =>
    `{ id: group-${area}${at}, supervisor: {}, children: [${many(AGENTS, (n) => agent(`agent-${area}${at}${n}`, command(area, at, n)))}] }`;
  return Array.from(
    { length: AREAS },
    (_, at) => `{ id: area-${at}, supervisor: {}, children: [${many(GROUPS, (n) => group(at, n))}] }`,
  );
}

async function running(app: BenchApp): Promise<number> {
  const count = (node: TreeNode): number =>
    node.children.reduce((sum, child) => sum + count(child), node.kind === "agent" && node.pid !== undefined ? 1 : 0);
  return (await app.app.roots()).reduce((sum, root) => sum + count(root), 0);
}

/** From nothing to a tree in which every agent has its row or its lamp. */
async function openTree(app: BenchApp, page: Page): Promise<number> {
  const minted = await (await app.client()).command("auth.mint", {});
  if (!minted.ok) throw new Error(minted.error.message);
  await page.goto(minted.value.url);
  await page.getByRole("contentinfo", { name: "Status" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  const stood = await page.waitForFunction(
    (count) => document.querySelectorAll(".tree-strip-lamp, .tree-row").length >= count && performance.now(),
    ALL,
    { polling: "raf" },
  );
  const at = await stood.jsonValue();
  return at === false ? Number.NaN : at;
}

interface Seen extends Taken {
  readonly corePercent: number;
  readonly keeperPercent: number;
}

async function during(app: BenchApp, work: () => Promise<Taken>): Promise<Seen> {
  const pids = { core: app.app.pid, keeper: await app.keeperPid() };
  const before = { core: await cpuMs(pids.core), keeper: await cpuMs(pids.keeper), at: performance.now() };
  const taken = await work();
  const tookMs = performance.now() - before.at;
  const share = async (who: "core" | "keeper"): Promise<number> =>
    (((await cpuMs(pids[who])) - before[who]) / tookMs) * 100;
  return { ...taken, corePercent: await share("core"), keeperPercent: await share("keeper") };
}

/** Down through the lamps' lines, then with every agent a row: the selection moves, the diagram scrolls. */
async function keysInTree(page: Page, forMs: number): Promise<Taken> {
  await page.keyboard.press("Home");
  await watchAnswers(page, ".tree-content", "aria-activedescendant");
  await takeProbe(page);
  for (const [index, key] of (["ArrowDown", "+"] as const).entries()) {
    if (index > 0) await page.keyboard.press(key);
    const until = performance.now() + forMs / 2;
    for (let down = true; performance.now() < until; down = !down)
      for (let step = 0; step < 20 && performance.now() < until; step += 1)
        await typed(page, down ? "ArrowDown" : "ArrowUp");
  }
  return takeProbe(page);
}

async function typed(page: Page, key: string): Promise<void> {
  const until = performance.now() + KEY_MS;
  await pressPainted(page, key);
  await pause(Math.max(0, until - performance.now()));
}

/** The one that echoes, and three noisy ones beside it. */
async function showTerminals(page: Page): Promise<void> {
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await page.getByRole("button", { name: "Agents", exact: true }).click();
  const list = page.getByRole("navigation", { name: "Agents" });
  const shown = list.locator("[aria-pressed=true]");
  for (let left = await shown.count(); left > 0; left -= 1) await shown.first().click();
  for (const id of ["agent-001", "agent-000", "agent-120", "agent-340"])
    await list.getByRole("button", { name: new RegExp(`^${id}\\b`) }).click();
  await page.locator(".tile .xterm-rows").nth(3).waitFor();
}

async function keysInTerminal(page: Page, forMs: number): Promise<Taken> {
  const tile = page.getByRole("region", { name: "agent-001" });
  await tile.locator(".xterm").click();
  await page.locator(".tile-focused").waitFor();
  await watchAnswers(page, ".tile-focused .xterm-rows");
  await takeProbe(page);
  const until = performance.now() + forMs;
  for (let n = 0; performance.now() < until; n += 1)
    await typed(page, n % 40 === 39 ? "Enter" : String.fromCharCode(97 + (n % 26)));
  return takeProbe(page);
}

function findings(where: string, { keys, longTasks, frames, corePercent, keeperPercent }: Seen): readonly Finding[] {
  const p = (values: readonly number[], share: number): readonly number[] =>
    values.length === 0 ? [] : [percentile(values, share)];
  return [
    { what: `${where}: key → painted p50`, unit: "ms", ours: p(keys, 0.5), note: `${keys.length} keys` },
    { what: `${where}: key → painted p99`, unit: "ms", ours: p(keys, 0.99), goal: { atMost: 100 } },
    { what: `${where}: frame p99`, unit: "ms", ours: p(frames, 0.99), goal: { atMost: 34 } },
    { what: `${where}: tasks over 50 ms`, unit: "", ours: [longTasks.length] },
    { what: `${where}: longest task`, unit: "ms", ours: [Math.max(0, ...longTasks)], goal: { atMost: 100 } },
    { what: `${where}: core`, unit: "% of a core", ours: [corePercent], goal: { atMost: 25 } },
    { what: `${where}: keeper`, unit: "% of a core", ours: [keeperPercent] },
  ];
}
