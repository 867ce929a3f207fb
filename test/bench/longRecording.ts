/**
 * One session that printed 10 GB (with --quick 200 MB, without --full 1 GB): recorded by the real keeper, then opened at its
 * end, gone through by offset and by time, searched, read from the command line, and cut, while the core's memory is watched.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { eventually } from "#test/support/deadline.ts";
import { agent } from "#test/support/liveSuite.ts";
import { OUT, startApp } from "./app.ts";
import type { BenchApp } from "./app.ts";
import { pause } from "./bench.ts";
import type { Bench, Finding, Row } from "./bench.ts";
import { openBrowser } from "./browser.ts";
import { median } from "./numbers.ts";
import { goByTime, openAtEnd, openLive, searchAndGo } from "./longRecordingPage.ts";
import { compileC, PeakMemory } from "./programs.ts";

const FLEET = "long";
const AGENT = "teller";
const PATH = `${FLEET}/${AGENT}`;
/** A recording that grows by nothing for this long is stuck. */
const STALL_MS = 30_000;
/** After the flood: what it left behind has been collected. */
const CALM_MS = 5000;
const GROWTH_MB = 100;

export const longRecording: Row = {
  name: "longRecording",
  about: "a session of 10 GB (--full): opening at its end, going to any moment, search, logs, deletion, and memory",
  run,
};

interface Subject {
  readonly bench: Bench;
  readonly app: BenchApp;
  readonly client: ConnectedClient;
  readonly sessionId: string;
  readonly bytes: number;
}

async function run(bench: Bench): Promise<readonly Finding[]> {
  const bytes = bench.isQuick ? 200e6 : bench.isFull ? 10e9 : 1e9;
  const program = await compileC(bench.dir);
  const app = await startApp(bench);
  const client = await app.client();
  // As a person does in the settings, whose 4 GB would bound it otherwise.
  for (const key of ["logMaxSessionMb", "logMaxTotalMb"] as const)
    await client.command("settings.set", { key, value: 0 });
  const again = await warmUp(app, client, program);
  const recorded = await record({ bench, app, client, bytes, program });
  const subject = { bench, app, client, bytes, sessionId: recorded.sessionId };
  await again();
  return [
    ...recorded.findings,
    ...(await watched(subject, "window", () => inTheWindow(subject))),
    ...(await watched(subject, "searches", () => searches(subject))),
    ...(await watched(subject, "logs", () => logs(subject))),
    ...(await watched(subject, "deletion", () => deletion(subject))),
  ];
}

/**
 * The first session pays for what is loaded once: the keeper, and the threads that draw, keep and search. Threads that had
 * nothing to do for a minute are gone, so this is asked again before the window opens.
 */
async function warmUp(app: BenchApp, client: ConnectedClient, program: string): Promise<() => Promise<void>> {
  const bytes = 40e6;
  await app.up("first", [agent("warm", `exec ${program} tell ${bytes} 0`, "restart: temporary")]);
  const sessionId = await app.sessionOf("warm");
  await app.app.waitFor("warm", (node) => node.pid !== undefined);
  await eventually("the first session's output", async () => (await printedBy(client, "first/warm")) >= bytes);
  await app.app.cli("stop", "warm");
  const again = async (): Promise<void> => {
    await client.query("recording.screen", { sessionId, offset: bytes });
    await client.query("recording.preview", { sessionId });
    await search(client, sessionId, "nothing of it");
  };
  await eventually("the first session to be packed", async () => {
    const kept = await client.query("recording.list", {});
    return kept.ok && kept.value.recordings.some((one) => one.sessionId === sessionId && one.diskBytes < bytes / 2);
  });
  await again();
  return again;
}

async function printedBy(client: ConnectedClient, id: string): Promise<number> {
  const lives = await client.query("agent.lives", { id });
  return lives.ok ? (lives.value[0]?.outputBytes ?? 0) : 0;
}

async function record({
  bench,
  app,
  client,
  bytes,
  program,
}: Omit<Subject, "sessionId"> & { readonly program: string }) {
  const size = `${(bytes / 1e9).toFixed(1)} GB`;
  const core = await PeakMemory.of(app.app.pid);
  const keeper = await PeakMemory.of(await app.keeperPid());
  const began = performance.now();
  await app.up(FLEET, [agent(AGENT, `exec ${program} tell ${bytes} 0`, "restart: temporary")]);
  const sessionId = await app.sessionOf(AGENT);
  let last = { bytes: 0, at: performance.now() };
  for (;;) {
    const printed = await printedBy(client, PATH);
    if (printed > last.bytes) last = { bytes: printed, at: performance.now() };
    if (printed >= bytes) break;
    if (performance.now() - last.at > STALL_MS) throw new Error(`only ${printed} of ${bytes} bytes were recorded`);
    await pause(250);
  }
  const tookS = (performance.now() - began) / 1000;
  bench.say(`${size} recorded in ${tookS.toFixed(0)} s`);
  const findings: Finding[] = [
    { what: `${size} recorded`, unit: "MB/s", ours: [bytes / 1e6 / tookS] },
    { what: "recording: core grows by", unit: "MB", ours: [core.stop()], goal: { atMost: GROWTH_MB } },
    { what: "recording: keeper grows by", unit: "MB", ours: [keeper.stop()], goal: { atMost: GROWTH_MB } },
  ];
  return { sessionId, findings };
}

/** The findings of a piece of work, and by how much the core, threads included, grew while it was done. */
async function watched(
  { app }: Subject,
  what: string,
  work: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  await pause(CALM_MS);
  const memory = await PeakMemory.of(app.app.pid);
  const found = await work().finally(() => memory.stop());
  return [...found, { what: `${what}: core grows by`, unit: "MB", ours: [memory.stop()], goal: { atMost: GROWTH_MB } }];
}

async function inTheWindow({ bench, app, client }: Subject): Promise<readonly Finding[]> {
  const page = await (await openBrowser(bench)).newPage();
  const minted = await client.command("auth.mint", {});
  if (!minted.ok) throw new Error(minted.error.message);
  await page.goto(minted.value.url);
  await page.getByRole("contentinfo", { name: "Status" }).waitFor();
  bench.say("opening it while it runs, and when it has ended");
  const live: number[] = [];
  for (let round = 0; round < bench.rounds; round += 1) live.push(await openLive(page, PATH));
  await app.app.cli("stop", AGENT);
  await app.app.waitFor(AGENT, (node) => node.pid === undefined, "stopped");
  const ended: number[] = [];
  for (let round = 0; round < bench.rounds; round += 1) ended.push(await openAtEnd(page, PATH));
  bench.say("going through it by time");
  const byTime: Finding[] = [];
  for (const percent of [10, 50, 90])
    byTime.push({
      what: `jump to ${percent} % of its time`,
      unit: "ms",
      ours: [await goByTime(page, percent / 100)],
      goal: { atMost: 1000 },
    });
  bench.say("searching in the window, and going to what is found");
  const found = await searchAndGo(page, PATH);
  return [
    { what: "session opened at its end, running", unit: "ms", ours: live, goal: { atMost: 1000 } },
    { what: "session opened at its end, ended", unit: "ms", ours: ended, goal: { atMost: 1000 } },
    ...byTime,
    { what: "search in the window: first line shown", unit: "ms", ours: [found.firstMs] },
    ...found.jumps.map(({ percent, ms }) => ({
      what: `from a found line to its place at ${percent} %`,
      unit: "ms",
      ours: [ms],
      goal: { atMost: 1000 },
    })),
  ];
}

async function searches({ client, sessionId, bytes, bench }: Subject): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [word, where] of [
    ["quokka", "near its begin"],
    ["okapi", "near its end"],
  ] as const) {
    bench.say(`searching ${word}`);
    const { firstMs, wholeMs, hits } = await search(client, sessionId, word);
    if (hits !== 1) throw new Error(`${word} was found ${hits} times`);
    findings.push({ what: `search: a word ${where}, found after`, unit: "ms", ours: [firstMs] });
    findings.push({ what: `search: a word ${where}, all read at`, unit: "MB/s", ours: [bytes / 1000 / wholeMs] });
  }
  return findings;
}

async function search(client: ConnectedClient, sessionId: string, text: string) {
  const began = performance.now();
  let firstMs = Number.NaN;
  let hits = 0;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  client.open(
    "search",
    { text },
    {
      onItem: (item) => {
        if (item.type === "done") return resolve();
        hits += item.hits.filter((hit) => hit.sessionId === sessionId).length;
        if (Number.isNaN(firstMs)) firstMs = performance.now() - began;
      },
      onEnd: (error) => (error === undefined ? resolve() : reject(new Error(error.message))),
    },
  );
  await promise;
  return { firstMs, wholeMs: performance.now() - began, hits };
}

/** The command line's first bytes from the middle, and the whole of the last megabyte. */
async function logs({ bench, app, client, sessionId, bytes }: Subject): Promise<readonly Finding[]> {
  bench.say("signalbox logs");
  const middle = await firstBytesMs(app, Math.round(bytes / 2));
  const began = performance.now();
  const tail = await app.app.cli("logs", PATH, "--from", String(bytes - 1_000_000));
  const tailMs = performance.now() - began;
  if (!tail.stdout.includes("the last line")) throw new Error("the tail is not what was printed last");
  const read = Math.min(100e6, Math.round(bytes / 10));
  const readMs = await reading(client, { sessionId, from: Math.round(bytes / 2), to: Math.round(bytes / 2) + read });
  return [
    { what: "its bytes, read from the middle", unit: "MB/s", ours: [read / 1000 / readMs] },
    { what: "logs --from the middle: first bytes", unit: "ms", ours: [middle], goal: { atMost: 1500 } },
    { what: "logs --from its last MB: all of it", unit: "ms", ours: [tailMs], goal: { atMost: 1500 } },
  ];
}

function reading(
  client: ConnectedClient,
  stretch: { readonly sessionId: string; readonly from: number; readonly to: number },
): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    client.open("recording", stretch, {
      onItem: () => undefined,
      onEnd: (error) => (error === undefined ? resolve(performance.now() - began) : reject(new Error(error.message))),
    });
  });
}

async function firstBytesMs(app: BenchApp, from: number): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, [join(OUT, "cli.js"), "logs", PATH, "--from", String(from)], {
    env: { ...process.env, SIGNALBOX_DATA: app.app.dataDir },
    stdio: ["ignore", "pipe", "ignore"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const ms = performance.now() - began;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  await gone;
  return ms;
}

/** A tenth out of the middle, by the times at which it was printed, while what is left stays readable. */
async function deletion({ bench, client, sessionId, bytes }: Subject): Promise<readonly Finding[]> {
  bench.say("deleting a tenth out of its middle");
  const timeline = await client.query("session.timeline", { sessionId });
  if (!timeline.ok) throw new Error(timeline.error.message);
  const marks = timeline.value.marks ?? [];
  const at = (share: number): string => marks.findLast((mark) => mark.offset <= bytes * share)?.at ?? "";
  const began = performance.now();
  const deleted = await client.command("recording.delete", { sessionId, since: at(0.45), until: at(0.55) });
  if (!deleted.ok) throw new Error(deleted.error.message);
  const tookMs = performance.now() - began;
  const screens: number[] = [];
  await eventually("a screen behind the gap", async () => {
    const asked = performance.now();
    const screen = await client.query("recording.screen", { sessionId, offset: deleted.value.to + 1_000_000 });
    screens.push(performance.now() - asked);
    return screen.ok;
  });
  return [
    { what: "deletion of a tenth", unit: "ms", ours: [tookMs], note: `${Math.round(deleted.value.bytes / 1e6)} MB` },
    { what: "screen just behind what was deleted", unit: "ms", ours: [median(screens)], goal: { atMost: 1000 } },
  ];
}
