/**
 * Many agents that print as fast as 10 MB/s each, all at once, each with a viewer. What every child says it wrote (SHA-256)
 * is what its output log holds and what its viewer received. performance.md's row "bytes"; the machine sets the speed.
 */
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LogReader } from "#platform/segmentLog.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { connectToApp } from "../../electron/cli/connection.ts";
import { eventually } from "#test/support/deadline.ts";
import { rssMb, type LiveApp } from "#test/support/liveApp.ts";
import { agent, fleetText, keeperPid } from "#test/support/liveSuite.ts";
import { faultApp } from "./faultApp.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";

export const streams: SoakRow = {
  name: "streams",
  purpose: "many agents that print 10 MB/s at once: what each wrote is in its log and with its viewer, byte for byte",
  run,
};

const MB = 2 ** 20;
const SESSIONS = { short: 8, long: 100 };
/** Per session; a minute of 10 MB/s would be 60 GB on the disk, and the log policy keeps 20. */
const MB_EACH = { short: 4, long: 40 };
const PATIENCE_MS = { short: 110_000, long: 3_600_000 };
const CATCH_UP_MS = 600_000;
const GROWTH_MB = 100;

/** `stty raw`: the bytes are not changed on their way. No `require` of ours: it runs in a plain node. */
const PROGRAM = `const { createHash, randomBytes } = require("node:crypto");
const { writeFileSync } = require("node:fs");
const [name, megabytes] = [process.argv[2], Number(process.argv[3])];
const hash = createHash("sha256");
let left = megabytes * ${MB};
(function next() {
  if (left <= 0) return writeFileSync(name + ".sum", hash.digest("hex") + " " + megabytes * ${MB});
  const line = Buffer.from(randomBytes(48).toString("base64") + "\\r\\n");
  const part = Buffer.alloc(Math.min(left, ${MB}), line);
  left -= part.length;
  hash.update(part);
  const began = Date.now();
  process.stdout.write(part, () => setTimeout(next, Math.max(0, 100 - (Date.now() - began))));
})();
`;

async function run(soak: Soak): Promise<SoakFinding> {
  const form = soak.isShort ? "short" : "long";
  const names = Array.from({ length: SESSIONS[form] }, (_, index) => `s${index}`);
  const megabytes = soak.minutes === undefined ? MB_EACH[form] : Math.ceil(soak.minutes * 600);
  const app = await (await faultApp(soak)).serve();
  const program = join(app.dataDir, "printer.cjs");
  await writeFile(program, PROGRAM);
  const children = names.map((name) => agent(name, `stty raw -echo; exec node printer.cjs ${name} ${megabytes}`));
  const connected = await connectToApp(app.dataDir);
  if (!connected.ok) throw new Error(connected.error.message);
  const client = connected.value;
  const began = performance.now();
  const up = await app.cli("up", await app.fleet("flood", fleetText({ name: "flood", children })));
  if (up.code !== 0) throw new Error(up.stderr);
  const pids = [app.pid, await keeperPid(app.dataDir)];
  const before = pids.map((pid) => rssMb(pid));
  const viewers = new Map(names.map((name) => [name, view(client, name)]));
  const peak = [...before];
  const sums = new Map<string, Sum>();
  await eventually(
    "every child has written all",
    async () => {
      for (const [index, pid] of pids.entries()) peak[index] = Math.max(peak[index] ?? 0, rssMb(pid));
      for (const name of names) if (!sums.has(name)) await readSum(app, name).then((sum) => sum && sums.set(name, sum));
      return sums.size === names.length;
    },
    PATIENCE_MS[form],
  );
  const seconds = (performance.now() - began) / 1000;
  const problems = await compare(app, sums, viewers);
  client.close();
  const grown = peak.map((mb, index) => Math.round(mb - (before[index] ?? 0)));
  if (Math.max(...grown) > GROWTH_MB) problems.push(`core and keeper grew by ${grown.join(" and ")} MB`);
  return {
    figures: {
      sessions: names.length,
      "MB each": megabytes,
      "MB/s in all": Math.round((names.length * megabytes) / seconds),
      "core and keeper grew by MB": grown.join(", "),
    },
    problems,
  };
}

interface Sum {
  readonly sha256: string;
  readonly bytes: number;
}

interface Viewer {
  readonly bytes: () => number;
  readonly sha256: () => string;
}

function view(client: ConnectedClient, id: string): Viewer {
  const hash = createHash("sha256");
  let bytes = 0;
  client.open(
    "logs",
    { id, from: 0, follow: true },
    {
      onItem: (_item, chunk) => {
        if (chunk === undefined) return;
        bytes += chunk.length;
        hash.update(chunk);
      },
    },
  );
  return { bytes: () => bytes, sha256: () => hash.digest("hex") };
}

async function readSum(app: LiveApp, name: string): Promise<Sum | undefined> {
  const text = await readFile(join(app.dataDir, `${name}.sum`), "utf8").catch(() => "");
  const [sha256, bytes] = text.split(" ");
  return sha256 === undefined || bytes === undefined || bytes === "" ? undefined : { sha256, bytes: Number(bytes) };
}

async function compare(
  app: LiveApp,
  sums: ReadonlyMap<string, Sum>,
  viewers: ReadonlyMap<string, Viewer>,
): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, sum] of sums) {
    const viewer = viewers.get(name);
    // The core may be far behind a child that has ended: nothing is thrown away on the way.
    await eventually(`the viewer of ${name} has it all`, () => (viewer?.bytes() ?? 0) >= sum.bytes, CATCH_UP_MS);
    const { sessionId } = await app.waitFor(name, (node) => node.state === "done", "done");
    if (viewer?.sha256() !== sum.sha256) problems.push(`the viewer of ${name} received something else`);
    const log = await logOf(join(app.dataDir, "sessions", sessionId ?? ""));
    if (log.bytes !== sum.bytes) problems.push(`the log of ${name} has ${log.bytes} of ${sum.bytes} bytes`);
    else if (log.sha256 !== sum.sha256) problems.push(`the log of ${name} holds something else`);
  }
  return problems;
}

async function logOf(dir: string): Promise<Sum> {
  const reader = new LogReader(dir);
  const hash = createHash("sha256");
  let position = 0;
  for (;;) {
    const { bytes, gap } = await reader.read(position, MB);
    if (gap !== undefined || bytes.byteLength === 0) return { sha256: hash.digest("hex"), bytes: position };
    hash.update(bytes);
    position += bytes.byteLength;
  }
}
