/** The event store against JetStream: durable publish, latency to durable, replay, growth, and search while it is written to. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createJournal, createRecorder } from "#core/store/index.ts";
import type { Store } from "#core/store/index.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import type { Bench, Finding, Row } from "./bench.ts";
import { interleave, missing, pause } from "./bench.ts";
import { benchEvent, fill, openHistory } from "./history.ts";
import { natsOf, publishRate, replayRate } from "./jetstream.ts";
import type { NatsServer } from "./nats.ts";
import { median, percentile } from "./numbers.ts";

const ARRIVALS_PER_S = 20_000;
const PAGE = 5000;

export const store: Row = {
  name: "store",
  about: "durable publish, replay, growth and search, against JetStream",
  run,
};

async function run(bench: Bench): Promise<readonly Finding[]> {
  const count = bench.isQuick ? 20_000 : 100_000;
  const nats = await natsOf(bench);
  const always = nats === undefined ? undefined : await natsOf(bench, "always");
  const published = await interleave(bench.rounds, {
    ours: async (round) => withStore(bench, `publish-${round}`, (log) => rateOf(count, () => fill(log, count))),
    nats: async (round) => (nats === undefined ? [] : publishRate(nats, `p${round}`, count)),
    always: async (round) => (always === undefined ? [] : publishRate(always, `a${round}`, count / 100)),
  });
  const unit = "events/s";
  const findings: Finding[] = [];
  const publish = { what: "durable publish, batched", unit, ours: published.ours };
  if (nats === undefined) findings.push(missing("durable publish against JetStream", "nats-server could not be had"));
  else {
    const other = { name: `JetStream ${nats.version}, bare protocol, ack before fsync`, values: published.nats };
    findings.push({ ...publish, other, goal: { ratioAtLeast: 5 } });
  }
  if (always === undefined)
    findings.push(missing("durable publish, JetStream sync always", "this nats-server has no sync_interval: always"));
  else {
    const other = { name: "JetStream, bare protocol, sync always", values: published.always };
    findings.push({ ...publish, other, goal: { ratioAtLeast: 30 } });
  }
  findings.push(await arrivals(bench));
  findings.push(...(await grown(bench, nats)));
  return findings;
}

async function withStore<T>(bench: Bench, name: string, work: (log: Store) => T | Promise<T>): Promise<T> {
  const dir = join(bench.dir, name);
  await mkdir(dir);
  const log = await openHistory(dir);
  try {
    return await work(log);
  } finally {
    log.close();
  }
}

function rateOf(count: number, work: () => unknown): number {
  const began = performance.now();
  work();
  return (count / (performance.now() - began)) * 1000;
}

/** Facts that arrive one by one, twenty thousand a second: how long until each is durable? */
async function arrivals(bench: Bench): Promise<Finding> {
  const p99s: number[] = [];
  for (let round = 0; round < bench.rounds; round += 1) {
    p99s.push(await withStore(bench, `arrivals-${round}`, (log) => arrivalP99(log, bench.isQuick ? 1000 : 3000)));
  }
  return { what: "20,000 facts a second, each to durable, p99", unit: "ms", ours: p99s, goal: { atMost: 7 } };
}

async function arrivalP99(log: Store, forMs: number): Promise<number> {
  const clock = createSystemClock();
  const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const journal = createJournal({ store: log, clock, logger });
  const recorder = createRecorder({ journal, clock, logger });
  const notedAt: number[] = [];
  const agesMs: number[] = [];
  log.onCommit((events) => {
    const now = performance.now();
    for (const at of notedAt.splice(0, events.length)) agesMs.push(now - at);
  });
  const began = performance.now();
  let noted = 0;
  while (performance.now() - began < forMs) {
    // A fact's age begins when it was due, so that a loop that is held up does not flatter itself.
    const due = Math.floor(((performance.now() - began) * ARRIVALS_PER_S) / 1000);
    for (; noted < due; noted += 1) {
      notedAt.push(began + (noted * 1000) / ARRIVALS_PER_S);
      recorder.note({ ...benchEvent(noted), actor: "bench" });
    }
    await pause(1);
  }
  await pause(20);
  journal.close();
  return percentile(agesMs, 0.99);
}

/** One log that grows; replay, cost per event and search at its sizes. */
async function grown(bench: Bench, nats: NatsServer | undefined): Promise<readonly Finding[]> {
  const size = bench.isQuick ? 100_000 : bench.isFull ? 10_000_000 : 1_000_000;
  return withStore(bench, "grown", async (log) => {
    const perEventUs = (): number => median(fill(log, 30_000));
    fill(log, 10_000);
    const small = perEventUs();
    bench.say(`filling ${size.toLocaleString("en-US")} events`);
    fill(log, size - log.events.lastSeq());
    const large = perEventUs();
    const total = log.events.lastSeq();
    const searched = searchWhileWriting(log, bench.isQuick ? 50 : 200);
    const replayed = await interleave(bench.rounds, {
      ours: async () => rateOf(Math.min(total, 1_000_000), () => replay(log, Math.min(total, 1_000_000))),
      nats: async (round) =>
        nats === undefined ? [] : replayRate(nats, `r${round}`, bench.isQuick ? 50_000 : 300_000),
    });
    const what = "decoded replay";
    return [
      nats === undefined
        ? { what, unit: "events/s", ours: replayed.ours }
        : {
            what,
            unit: "events/s",
            ours: replayed.ours,
            other: { name: "JetStream raw replay", values: replayed.nats },
            goal: { ratioAtLeast: 1.6 },
          },
      {
        what: `cost per event with ${size.toLocaleString("en-US")} in the log`,
        unit: "µs",
        ours: [large],
        other: { name: "with 10,000", values: [small] },
        goal: { ratioAtMost: 1.25 },
      },
      {
        what: `search ${size.toLocaleString("en-US")} events while writing, p99`,
        unit: "ms",
        ours: [percentile(searched, 0.99)],
        goal: { atMost: 50 },
      },
    ];
  });
}

function replay(log: Store, count: number): void {
  let seen = 0;
  for (let from = 1; seen < count;) {
    const page = log.events.read({ from, limit: PAGE });
    const last = page.at(-1);
    if (last === undefined) break;
    seen += page.length;
    from = last.seq + 1;
  }
}

const QUERIES = [
  "waiting_answer socket",
  "replay",
  "step 4242",
  "budget electron lint",
  "schema queue",
  "nothing-like-this",
];

function searchWhileWriting(log: Store, rounds: number): readonly number[] {
  const tookMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    fill(log, 10);
    const began = performance.now();
    log.events.read({ text: QUERIES[round % QUERIES.length] ?? "", limit: 100, order: "desc" });
    tookMs.push(performance.now() - began);
  }
  return tookMs;
}
