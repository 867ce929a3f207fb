/**
 * Hours of an ordinary busy day: twenty agents that report what they do, some of which die again and again, bursts of
 * output, viewers that come and go. Memory, descriptors and the database's log must be flat, by regression.
 */
import { appendFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connectToApp } from "../../electron/cli/connection.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { agent, fleetText, keeperPid } from "#test/support/liveSuite.ts";
import { liveHeapMb } from "./liveHeap.ts";
import { faultApp } from "./faultApp.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";
import { growthPerHour, median, quantile } from "./trend.ts";
import type { Sample } from "./trend.ts";

export const steady: SoakRow = {
  name: "steady",
  purpose: "a busy fleet for hours: memory, descriptors, threads and WAL stay flat, and nothing recorded goes missing",
  run,
};

const MB = 2 ** 20;
const MINUTES = { short: 0.75, long: 120 };
/** Twenty agents, 25 reports a second each: the 500 events/s of semantics.md 4.3. */
const REPORT_EVERY_S = 0.04;
/** When the live heap is asked: a collection by force disturbs what it measures, so it is rare. */
const LOOKS_AT = [0.15, 0.35, 0.55, 0.75];
/** A busy core's heap after a collection varies by what is under way: a burst of 4 MB, a viewer's window. */
const HEAP_NOISE_MB = 6;
const WAL_LIMIT_MB = 64;
/**
 * What counts as flat. A leak of 100 bytes per event would be 170 MB an hour. The allowance for resident memory is for
 * the collector's own pacing; what is really held is told by the live heap.
 */
const ALLOWED_PER_HOUR: Readonly<Record<string, number>> = {
  "core MB": 20,
  "keeper MB": 10,
  "core descriptors": 1,
  "keeper descriptors": 1,
  "core threads": 0.5,
  "keeper threads": 0.5,
};

async function run(soak: Soak): Promise<SoakFinding> {
  // For the look at what core and keeper really hold; nothing listens until SIGUSR1 asks.
  process.env["NODE_OPTIONS"] = "--inspect-port=0";
  soak.defer(() => delete process.env["NODE_OPTIONS"]);
  const runner = await faultApp(soak);
  const app = await runner.serve();
  await upFleet(app, soak);
  const keeper = await keeperPid(app.dataDir);
  const minutes = soak.minutes ?? (soak.isShort ? MINUTES.short : MINUTES.long);
  const meter = new Meter(app, keeper, soak.isShort ? join(soak.dir, "samples.jsonl") : await samplesFile());
  const commander = await Commander.start(app, soak);
  const crowd = new Crowd(app, soak);
  const endsAt = performance.now() + minutes * 60_000;
  const everyMs = soak.isShort ? 1000 : 10_000;
  const began = performance.now();
  const firstSeq = await commander.lastSeq();
  for (let next = began + everyMs; performance.now() < endsAt; next += everyMs) {
    await Promise.all([commander.workUntil(next), crowd.comeAndGoUntil(next)]);
    const sample = await meter.take((performance.now() - began) / 1000);
    if (sample.minute) soak.say(meter.line());
    if (performance.now() - began > (LOOKS_AT[meter.heaps.length] ?? 1) * minutes * 60_000) await meter.look();
  }
  await meter.look();
  await crowd.leave();
  const events = (await commander.lastSeq()) - firstSeq;
  const lost = await commander.lost();
  commander.close();
  return judge({
    soak,
    meter,
    lost,
    figures: { minutes, "events/s": Math.round(events / (minutes * 60)), commands: commander.acknowledged },
  });
}

/** Kept, so that a run of hours can be watched and looked at afterwards. */
async function samplesFile(): Promise<string> {
  const folder = join(import.meta.dirname, "../../.cache/soak");
  await mkdir(folder, { recursive: true });
  return join(folder, `steady-${process.pid}.jsonl`);
}

interface Judged {
  readonly soak: Soak;
  readonly meter: Meter;
  readonly lost: number;
  readonly figures: Record<string, number>;
}

function judge({ soak, meter, lost, figures }: Judged): SoakFinding {
  const problems: string[] = [];
  const found: Record<string, number | string> = { ...figures };
  if (lost > 0) problems.push(`${lost} acknowledged commands are missing from the history`);
  for (const [what, samples] of meter.series) {
    const values = samples.map(({ value }) => value);
    found[what] = `${round(median(values))} (max ${round(Math.max(...values))})`;
    const allowed = ALLOWED_PER_HOUR[what];
    if (allowed === undefined) continue;
    const growth = growthPerHour(samples);
    found[`${what}/h`] = round(growth);
    // Less than this, and the warm-up is most of the run.
    if (!soak.isShort && growth > allowed) problems.push(`${what} grows by ${round(growth)} an hour`);
  }
  const heaps = meter.heaps.map(round);
  found["core live heap MB"] = heaps.join(" → ");
  if ((heaps.at(-1) ?? 0) - (heaps[0] ?? 0) > HEAP_NOISE_MB)
    problems.push(`the core's live heap grew: ${heaps.join(" → ")} MB`);
  const wal = meter.series.get("WAL MB")?.map(({ value }) => value) ?? [];
  if (Math.max(...wal) > WAL_LIMIT_MB) problems.push(`the WAL reached ${round(Math.max(...wal))} MB`);
  found["WAL p99 MB"] = round(quantile(wal, 0.99));
  return { figures: found, problems };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Perl is on every Debian and macOS, and twenty of it weigh little. */
async function upFleet(app: LiveApp, soak: Soak): Promise<void> {
  const file = join(soak.dir, "agent.pl");
  await writeFile(file, AGENT);
  const children = Array.from({ length: 20 }, (_, at) => {
    // A quarter dies after half a minute or so, each for another reason; two print bursts.
    const lifeS = at % 4 === 3 ? 20 + soak.random.below(40) : 0;
    const burstMb = at % 10 === 1 ? 4 : 0;
    return agent(`a${at}`, `exec perl ${file} ${REPORT_EVERY_S} ${lifeS} ${burstMb}`, "restart: permanent");
  });
  const text = fleetText({ name: "steady", supervisor: "{ intensity: 1000, period: 1s }", children });
  const up = await app.cli("up", await app.fleet("steady", text));
  if (up.code !== 0) throw new Error(up.stderr);
  for (let at = 0; at < 20; at += 1) await app.waitFor(`a${at}`, (node) => node.pid !== undefined, "runs");
}

const AGENT = `use strict; $| = 1;
my ($every, $life, $burst) = @ARGV;
my ($began, $n) = (time, 0);
print "agent $$ ready\\r\\n";
while (1) {
  $n++;
  print "\\e]7501;state=", ($n % 2 ? "working" : "idle"), "\\e\\\\";
  print "\\e[3", $n % 8, "mline $n of $$\\e[0m: ", "." x ($n % 60), "\\r\\n" if $n % 5 == 0;
  print "x" x 1023, "\\n" for 1 .. ($burst && $n % 500 == 0 ? $burst * 1024 : 0);
  exit($$ % 3) if $life && time - $began > $life;
  select undef, undef, undef, $every;
}
`;

/** Samples of both processes and of the database's log; every sample is also a line of a file, for whoever watches. */
class Meter {
  readonly series = new Map<string, Sample[]>();
  readonly #app: LiveApp;
  readonly #keeper: number;
  readonly #file: string;
  /** The core's; the keeper takes no NODE_OPTIONS from outside. */
  readonly heaps: number[] = [];
  #minute = -1;

  constructor(app: LiveApp, keeper: number, file: string) {
    this.#app = app;
    this.#keeper = keeper;
    this.#file = file;
  }

  async take(atS: number): Promise<{ minute: boolean }> {
    const wal = await stat(join(this.#app.dataDir, "signalbox.sqlite-wal")).catch(() => undefined);
    const sizes = { "WAL MB": (wal?.size ?? 0) / MB };
    const sample = {
      ...(await figuresOf("core", this.#app.pid)),
      ...(await figuresOf("keeper", this.#keeper)),
      ...sizes,
    };
    for (const [what, value] of Object.entries(sample)) {
      const samples = this.series.get(what) ?? [];
      samples.push({ atS, value });
      this.series.set(what, samples);
    }
    await appendFile(this.#file, `${JSON.stringify({ atS: Math.round(atS), ...sample })}\n`);
    const minute = Math.floor(atS / 60);
    const isNew = minute !== this.#minute;
    this.#minute = minute;
    return { minute: isNew };
  }

  async look(): Promise<void> {
    this.heaps.push(await liveHeapMb(this.#app.pid));
  }

  line(): string {
    const last = [...this.series].map(([what, samples]) => `${what} ${round(samples.at(-1)?.value ?? 0)}`);
    return `minute ${this.#minute}: ${last.join(", ")}; ${this.#file}`;
  }
}

/** Anonymous memory only: pages of files come and go as the machine likes. */
async function figuresOf(who: string, pid: number): Promise<Record<string, number>> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  const descriptors = await readdir(`/proc/${pid}/fd`);
  return {
    [`${who} MB`]: field("RssAnon") / 1024,
    [`${who} descriptors`]: descriptors.length,
    [`${who} threads`]: field("Threads"),
  };
}

/** Commands with an answer, each of which must be found again. */
class Commander {
  acknowledged = 0;
  readonly #client: ConnectedClient;
  readonly #soak: Soak;

  private constructor(client: ConnectedClient, soak: Soak) {
    this.#client = client;
    this.#soak = soak;
  }

  static async start(app: LiveApp, soak: Soak): Promise<Commander> {
    const connected = await connectToApp(app.dataDir);
    if (!connected.ok) throw new Error(connected.error.message);
    return new Commander(connected.value, soak);
  }

  async workUntil(at: number): Promise<void> {
    while (performance.now() < at) {
      const value = 1000 + this.#soak.random.below(1000);
      const set = await this.#client.command("settings.set", { key: "bootStaggerMs", value });
      if (!set.ok) throw new Error(set.error.message);
      this.acknowledged += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async lastSeq(): Promise<number> {
    const read = await this.#client.query("events.read", { limit: 1, order: "desc" });
    if (!read.ok) throw new Error(read.error.message);
    return read.value.lastSeq;
  }

  /** How many acknowledged settings are not in the history. */
  async lost(): Promise<number> {
    let found = 0;
    for (let from = 0; ;) {
      const read = await this.#client.query("events.read", { from, pattern: "sys.settings.changed", limit: 5000 });
      if (!read.ok) throw new Error(read.error.message);
      found += read.value.events.length;
      const last = read.value.events.at(-1);
      if (last === undefined) return Math.max(0, this.acknowledged - found);
      from = last.seq + 1;
    }
  }

  close(): void {
    this.#client.close();
  }
}

/** Windows that come, look at a few terminals and the tree, and go; some without a word. */
class Crowd {
  readonly #app: LiveApp;
  readonly #soak: Soak;
  readonly #present: ConnectedClient[] = [];

  constructor(app: LiveApp, soak: Soak) {
    this.#app = app;
    this.#soak = soak;
  }

  async comeAndGoUntil(at: number): Promise<void> {
    while (performance.now() < at) {
      if (this.#present.length < 6) await this.#come();
      else this.#present.splice(this.#soak.random.below(this.#present.length), 1)[0]?.close();
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  async leave(): Promise<void> {
    for (const client of this.#present.splice(0)) client.close();
  }

  async #come(): Promise<void> {
    const connected = await connectToApp(this.#app.dataDir);
    if (!connected.ok) throw new Error(connected.error.message);
    const client = connected.value;
    this.#present.push(client);
    const ignore = { onItem: () => undefined, onEnd: () => undefined };
    client.open("tree", {}, ignore);
    client.open("status", {}, ignore);
    client.open("events", {}, ignore);
    const listed = await client.query("session.list", { limit: 20 });
    for (const { sessionId } of listed.ok ? listed.value : []) {
      if (this.#soak.random.below(3) > 0) continue;
      // One in four takes the window's worth and never acknowledges: a tab that froze.
      const autoAck = this.#soak.random.below(4) > 0;
      client.open("terminal", { sessionId, pace: "visible" }, { ...ignore, autoAck });
    }
  }
}
