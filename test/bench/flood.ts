/** A child pours out a gigabyte: does anything grow by it, and does the session still open at once? */
import { join } from "node:path";
import { agent } from "#test/support/liveSuite.ts";
import { startApp } from "./app.ts";
import type { Bench, Finding, Row } from "./bench.ts";
import { pause } from "./bench.ts";
import { compileC, logFiles, residentMb, untilFilesHold } from "./programs.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";

const SAMPLE_MS = 50;
const WARM_MS = 2000;
/** Without a byte for this long the flood is stuck. */
const STALL_MS = 10_000;

export const flood: Row = {
  name: "flood",
  about: "1 GB of output: growth of core and keeper, and opening its screen",
  run,
};

async function run(bench: Bench): Promise<readonly Finding[]> {
  const bytes = bench.isQuick ? 128e6 : 1e9;
  const program = await compileC(bench.dir);
  const app = await startApp(bench);
  // The first session pays for what is loaded once: the keeper itself, a screen in its worker.
  await app.up("first", [agent("warm", `exec ${program} pour 2000000`)]);
  await app.sessionOf("warm");
  await pause(WARM_MS);
  const pids = { core: app.app.pid, keeper: await app.keeperPid() };
  const before = { core: await residentMb(pids.core), keeper: await residentMb(pids.keeper) };
  const peak = { ...before };
  const began = performance.now();
  await app.up("flood", [agent("pour", `exec ${program} pour ${bytes}`)]);
  const sessionId = await app.sessionOf("pour");
  const client = await app.client();
  const sample = setInterval(() => {
    void residentMb(pids.core).then((now) => (peak.core = Math.max(peak.core, now)));
    void residentMb(pids.keeper).then((now) => (peak.keeper = Math.max(peak.keeper, now)));
  }, SAMPLE_MS);
  const dir = join(app.app.dataDir, "sessions", sessionId);
  const held = await untilFilesHold(() => logFiles(dir), bytes, STALL_MS).finally(() => clearInterval(sample));
  if (held.bytes < bytes) throw new Error(`only ${held.bytes} of ${bytes} bytes were recorded`);
  const tookMs = held.at - began;
  const opened: number[] = [];
  for (let round = 0; round < bench.rounds * 3; round += 1) opened.push(await openingMs(client, sessionId));
  const size = `${Math.round(bytes / 1e6)} MB`;
  return [
    { what: `${size} flood: core grows by`, unit: "MB", ours: [peak.core - before.core], goal: { atMost: 100 } },
    { what: `${size} flood: keeper grows by`, unit: "MB", ours: [peak.keeper - before.keeper], goal: { atMost: 100 } },
    { what: `${size} through the whole app`, unit: "MB/s", ours: [bytes / 1000 / tookMs] },
    { what: `screen of a session with ${size}, first snapshot`, unit: "ms", ours: opened, goal: { atMost: 150 } },
  ];
}

/** From asking for the terminal until its first snapshot is there. */
async function openingMs(client: ConnectedClient, sessionId: string): Promise<number> {
  const began = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stream = client.open(
    "terminal",
    { sessionId, pace: "focused" },
    {
      onItem: (item) => {
        if (item.type === "reset") resolve();
      },
      onEnd: (error) => reject(new Error(error?.message ?? "the terminal ended")),
    },
  );
  await promise;
  stream.close();
  return performance.now() - began;
}
