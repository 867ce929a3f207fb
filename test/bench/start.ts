/** From the command to the app that answers, with a million events in the store; and from there to a window to work in. */
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LiveApp } from "#test/support/liveApp.ts";
import { OUT } from "./app.ts";
import type { Bench, Finding, Row } from "./bench.ts";
import { interleave } from "./bench.ts";
import { openBrowser } from "./browser.ts";
import { fill, openHistory } from "./history.ts";

export const start: Row = { name: "start", about: "serve ready and window interactive with a long history", run };

async function run(bench: Bench): Promise<readonly Finding[]> {
  const size = bench.isQuick ? 50_000 : bench.isFull ? 10_000_000 : 1_000_000;
  const dir = join(bench.dir, "long");
  const fresh = join(bench.dir, "fresh");
  await mkdir(dir);
  await mkdir(fresh);
  bench.say(`filling ${size.toLocaleString("en-US")} events`);
  const log = await openHistory(dir);
  fill(log, size);
  log.close();
  const browser = await openBrowser(bench);
  const windows: number[] = [];
  const measured = await interleave(bench.rounds, {
    ours: async () => {
      const began = performance.now();
      const app = await LiveApp.start(dir);
      const readyMs = performance.now() - began;
      const page = await browser.newPage();
      const opened = performance.now();
      await page.goto(app.url);
      await page.getByRole("contentinfo", { name: "Status" }).getByText("Headless core").waitFor();
      windows.push(performance.now() - opened);
      await page.context().close();
      await app.kill("SIGTERM");
      return readyMs;
    },
    fresh: async () => {
      const began = performance.now();
      const app = await LiveApp.start(fresh);
      const readyMs = performance.now() - began;
      await app.kill("SIGTERM");
      return readyMs;
    },
    node: () => bareNodeMs(),
  });
  const events = size.toLocaleString("en-US");
  const unit = "ms";
  const what = `serve ready, ${events} events`;
  return [
    { what, unit, ours: measured.ours, other: { name: "bare Node", values: measured.node }, goal: { atMost: 500 } },
    { what, unit, ours: measured.ours, other: { name: "ours, no events", values: measured.fresh } },
    { what: "window interactive after that", unit, ours: windows, goal: { atMost: 1000 } },
  ];
}

/** A Node that prints one line: what nobody can start faster than. */
function bareNodeMs(): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, ["-e", "console.log(1)"], { cwd: OUT, stdio: ["ignore", "pipe", "ignore"] });
  return new Promise((resolve) => {
    child.stdout.once("data", () => resolve(performance.now() - began));
  });
}
