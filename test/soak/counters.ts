/**
 * Agents that count: each life writes its pid to `starts.log` and then one numbered line after the other to its
 * terminal. So it can be told from outside whether one was started twice, and whether a log has a gap or a repeat.
 */
import { readdirSync, readFileSync } from "node:fs";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readLog } from "#platform/segmentLog.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { agent, fleetText } from "#test/support/liveSuite.ts";

export const FLEET = "counters";

const PROGRAM = `use strict; $| = 1;
my ($name, $starts) = @ARGV;
open my $log, '>>', $starts; syswrite $log, "$name $$\\n"; close $log;
$SIG{HUP} = 'IGNORE' if $name =~ /deaf/;
for (my $n = 1; ; $n++) { print "$name $$ $n\\n"; select undef, undef, undef, 0.01; }
`;

export interface Counters {
  readonly ids: readonly string[];
  up(app: LiveApp): Promise<void>;
  /** Pids of processes that run the program now, by name. */
  running(): ReadonlyMap<string, readonly number[]>;
  /** Lives begun so far, by name. */
  starts(): Promise<ReadonlyMap<string, number>>;
  /** Reads on in the log of a session; answers what is wrong with it. */
  checkLog(sessionId: string): Promise<string | undefined>;
}

export async function createCounters(dataDir: string): Promise<Counters> {
  const program = join(dataDir, "counter.pl");
  const starts = join(dataDir, "starts.log");
  await writeFile(program, PROGRAM);
  await appendFile(starts, "");
  const ids = ["one", "two", "three", "deaf"];
  const read = new Map<string, LogPosition>();
  return {
    ids,
    up: async (app) => {
      const children = ids.map((id) =>
        agent(id, `perl ${program} ${id} ${starts}`, "restart: permanent, backoff: { initial: 1ms }"),
      );
      const text = fleetText({ name: FLEET, supervisor: "{ intensity: 1000, period: 1s }", children });
      const up = await app.cli("up", await app.fleet(FLEET, text));
      if (up.code !== 0) throw new Error(up.stderr);
    },
    running: () => runningOf(program),
    starts: async () => {
      const count = new Map<string, number>();
      for (const line of (await readFile(starts, "utf8")).split("\n")) {
        const [name = ""] = line.split(" ");
        if (name !== "") count.set(name, (count.get(name) ?? 0) + 1);
      }
      return count;
    },
    checkLog: async (sessionId) => {
      const position = read.get(sessionId) ?? { offset: 0, rest: "", next: 1 };
      read.set(sessionId, position);
      return readOn(join(dataDir, "sessions", sessionId), position);
    },
  };
}

interface LogPosition {
  offset: number;
  rest: string;
  next: number;
}

async function readOn(dir: string, position: LogPosition): Promise<string | undefined> {
  for (;;) {
    const { bytes } = await readLog(dir, position.offset, 1024 * 1024);
    if (bytes.byteLength === 0) return undefined;
    position.offset += bytes.byteLength;
    const lines = (position.rest + Buffer.from(bytes).toString("latin1")).split("\r\n");
    position.rest = lines.pop() ?? "";
    for (const line of lines) {
      if (Number(line.split(" ")[2]) !== position.next)
        return `${dir}: after ${position.next - 1} came ${JSON.stringify(line)}`;
      position.next += 1;
    }
  }
}

function runningOf(program: string): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      const at = words.indexOf(program);
      const id = at < 0 ? undefined : words[at + 1];
      if (id !== undefined) found.set(id, [...(found.get(id) ?? []), Number(name)]);
    } catch {
      // Ended between the listing and the look.
    }
  }
  return found;
}
