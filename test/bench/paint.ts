/** What a person sees: a child writes, and the frame that shows it is painted. The floor puts the bytes straight into the page. */
import { createServer } from "node:http";
import type { IPty } from "node-pty";
import type { Page } from "@playwright/test";
import { WebSocketServer } from "ws";
import { agent } from "#test/support/liveSuite.ts";
import { startApp } from "./app.ts";
import type { BenchApp } from "./app.ts";
import type { Bench, Finding, Row } from "./bench.ts";
import { interleave, missing } from "./bench.ts";
import { openBrowser } from "./browser.ts";
import type { BenchBrowser } from "./browser.ts";
import { spawnBare } from "./builtKeeper.ts";
import { percentile } from "./numbers.ts";
import { paintedAges, watchPaint } from "./paintProbe.ts";
import { compileC } from "./programs.ts";

const EVERY_US = 60_000;
const NOISE_US = 50_000;

export const paint: Row = {
  name: "paint",
  about: "child write → painted in Chromium, against bytes put straight into a page",
  run,
};

interface Condition {
  readonly name: string;
  /** Other children that print meanwhile, none of them shown. */
  readonly others: readonly (readonly string[])[];
  readonly ratioAtMost?: number;
}

interface Setup {
  readonly browser: BenchBrowser;
  readonly program: string;
  readonly stamps: number;
}

async function run(bench: Bench): Promise<readonly Finding[]> {
  const program = await compileC(bench.dir);
  const setup: Setup = { browser: await openBrowser(bench), program, stamps: bench.isQuick ? 40 : 100 };
  const conditions: readonly Condition[] = [
    { name: "idle", others: [], ratioAtMost: 1.25 },
    { name: "20 noisy hidden", others: times(20, [program, "noisy", String(NOISE_US)]), ratioAtMost: 1.2 },
    { name: "3 floods hidden", others: times(3, [program, "flood"]) },
  ];
  const app = await startApp(bench);
  const findings: Finding[] = [];
  for (const [index, condition] of conditions.entries()) {
    bench.say(condition.name);
    const name = `paint${index}`;
    const found = await interleave(bench.rounds, {
      floor: () => throughFloor(setup, condition),
      ours: (round) => throughApp(app, setup, { condition, fleet: `${name}r${round}` }),
    });
    const p = (share: number, ages: readonly number[]): readonly number[] => [percentile(ages, share)];
    const line = (share: number) => ({
      unit: "ms",
      ours: p(share, found.ours),
      other: { name: "floor", values: p(share, found.floor) },
    });
    const { ratioAtMost } = condition;
    findings.push({
      what: `painted p50, ${condition.name}`,
      ...line(0.5),
      ...(ratioAtMost === undefined ? {} : { goal: { ratioAtMost } }),
    });
    const isGoal = ratioAtMost !== undefined;
    findings.push({
      what: `painted p99, ${condition.name}`,
      ...line(0.99),
      ...(isGoal ? { goal: { atMost: 25 } } : {}),
    });
  }
  findings.push(missing("VS Code's policy under 3 floods", "VS Code's own terminal is not driven by this bench"));
  findings.push(missing("tree of 1,000 nodes at 100 changes a second", "not measured yet"));
  return findings;
}

function times<T>(count: number, what: T): readonly T[] {
  return Array.from({ length: count }, () => what);
}

async function throughApp(
  bench: BenchApp,
  { browser, program, stamps }: Setup,
  { condition, fleet }: { condition: Condition; fleet: string },
): Promise<readonly number[]> {
  const stamp = `read go; exec ${program} stamp wall ${stamps + 5} ${EVERY_US}`;
  const others = condition.others.map((command, i) => agent(`${fleet}n${i}`, `exec ${command.join(" ")}`));
  await bench.up(fleet, [agent(`${fleet}s`, stamp), ...others]);
  await bench.sessionOf(`${fleet}s`);
  const { url } = (await mintedUrl(await bench.client())) ?? bench.app;
  const page = await browser.newPage();
  try {
    await page.goto(url);
    await page.getByRole("contentinfo", { name: "Status" }).getByText("Headless core").waitFor();
    await page.evaluate((place) => (location.hash = `/terminals/${place}`), `${fleet}/${fleet}s`);
    await page.locator(".xterm-rows").first().waitFor();
    await page.locator(".xterm").first().click();
    await watchPaint(page, ".xterm-rows");
    await bench.app.cli("send", `${fleet}s`, "go");
    return await paintedAges(page, stamps);
  } finally {
    await page.context().close();
    await bench.app.cli("down", fleet);
  }
}

async function mintedUrl(client: Awaited<ReturnType<BenchApp["client"]>>): Promise<{ url: string } | undefined> {
  const minted = await client.command("auth.mint", {});
  return minted.ok ? minted.value : undefined;
}

const FLOOR_PAGE = `<!doctype html><title>floor</title><pre id="floor" style="height:24lh;overflow:hidden"></pre><script>
  const lines = [];
  const socket = new WebSocket("ws://" + location.host);
  const decoder = new TextDecoder();
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => {
    lines.push(decoder.decode(data));
    document.getElementById("floor").textContent = lines.slice(-20).join("");
  };
</script>`;

async function throughFloor({ browser, program, stamps }: Setup, condition: Condition): Promise<readonly number[]> {
  const server = createServer((_request, response) => response.setHeader("content-type", "text/html").end(FLOOR_PAGE));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const sockets = new WebSocketServer({ server });
  const connected = new Promise<{ send(bytes: string): void }>((resolve) => sockets.once("connection", resolve));
  const others = condition.others.map((command) => spawnBare(command));
  for (const pty of others) pty.onData(() => undefined);
  const page: Page = await browser.newPage();
  const ptys: IPty[] = [...others];
  try {
    await page.goto(`http://127.0.0.1:${port}/`);
    const socket = await connected;
    await watchPaint(page, "#floor");
    const stamped = spawnBare([program, "stamp", "wall", String(stamps + 5), String(EVERY_US)]);
    stamped.onData((chunk) => socket.send(chunk));
    ptys.push(stamped);
    return await paintedAges(page, stamps);
  } finally {
    for (const pty of ptys) pty.kill("SIGKILL");
    await page.context().close();
    sockets.close();
    server.closeAllConnections();
    server.close();
  }
}
