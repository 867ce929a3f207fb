/**
 * What the metering gateway adds to the first byte of a streamed answer. Client, provider, a proxy that does nothing else
 * and the real core with its store, budget and ledger are a process each; requests go directly, through the bare proxy and
 * through the gateway in turns.
 */
import { spawn } from "node:child_process";
import { Agent, request } from "node:http";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { standInClaude } from "#test/support/standInClaude.ts";
import { startApp } from "./app.ts";
import type { Bench, Finding, Row } from "./bench.ts";
import { percentile } from "./numbers.ts";

/** A model takes longer to its first byte and much longer to its end; the bench has not that much time. */
const LOADS: readonly Load[] = [
  { what: "one at a time", atOnce: 1, thinkMs: 30, streamMs: 0, count: 300 },
  { what: "20 agents at once", atOnce: 20, thinkMs: 200, streamMs: 800, count: 300 },
];
const BODY = JSON.stringify({ model: "claude-bench", stream: true, messages: "x".repeat(50_000) });

export const gateway: Row = {
  name: "gateway",
  about:
    "first byte of a streamed answer through the metering gateway of the real core, one and 20 at once, against a proxy that does nothing else",
  run,
};

interface Load {
  readonly what: string;
  readonly atOnce: number;
  /** Until the first byte, and from there to the end. */
  readonly thinkMs: number;
  readonly streamMs: number;
  readonly count: number;
}

interface Way {
  readonly url: string;
  readonly token: string;
  /** The client's own connections, kept as the CLIs keep theirs. */
  readonly agent: Agent;
}

async function run(bench: Bench): Promise<readonly Finding[]> {
  const provider = await startHelper(bench, "gatewayProvider.ts");
  const bare = await startHelper(bench, "gatewayBare.ts", new URL(provider).port);
  const point = await startMetered(bench, provider);
  const way = (url: string, token: string): Way => {
    const agent = new Agent({ keepAlive: true });
    bench.defer(() => agent.destroy());
    return { url, token, agent };
  };
  const ways = { direct: way(provider, ""), bare: way(bare, ""), ours: way(point.url, point.token) };
  await firstBytes(ways, { what: "warm-up", atOnce: 20, thinkMs: 0, streamMs: 0, count: 200 });
  const findings: Finding[] = [];
  for (const load of LOADS) {
    const { what, count } = load;
    const rounds: Took[] = [];
    for (let round = 0; round < bench.rounds; round += 1)
      rounds.push(await firstBytes(ways, { ...load, count: bench.isQuick ? count / 4 : count }));
    for (const share of [0.5, 0.99])
      findings.push({
        what: `added to the first byte, p${share * 100}, ${what}`,
        unit: "ms",
        ours: rounds.map((took) => percentile(took.ours, share) - percentile(took.direct, share)),
        other: {
          name: "bare proxy",
          values: rounds.map((took) => percentile(took.bare, share) - percentile(took.direct, share)),
        },
        ...(share === 0.99 ? { goal: { atMost: 3 } } : {}),
      });
  }
  return findings;
}

async function startHelper(bench: Bench, file: string, ...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  bench.defer(() => void child.kill());
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`${file} ended with ${code}`)));
  });
  return `http://127.0.0.1:${port}`;
}

/** An agent of the real app that is pointed at the gateway, under a budget as a person would set it. */
async function startMetered(bench: Bench, upstream: string): Promise<{ url: string; token: string }> {
  const standIn = await standInClaude(bench.dir);
  const env = { ...process.env, PATH: `${standIn.binDir}:${process.env["PATH"] ?? ""}`, ANTHROPIC_BASE_URL: upstream };
  const app = await startApp(bench, { ...env, HOME: bench.dir });
  await app.up("bench", [
    "{ id: coder, agent: claude, cwd: ., gateway: true, budget: { tokens: 1000000k, period: day } }",
  ]);
  return standIn.point();
}

const WAYS = ["direct", "bare", "ours"] as const;
type Took = Readonly<Record<(typeof WAYS)[number], readonly number[]>>;

/** Each worker asks one way after the other, so that all meet the same machine. */
async function firstBytes(ways: Readonly<Record<keyof Took, Way>>, load: Load): Promise<Took> {
  const took: Record<keyof Took, number[]> = { direct: [], bare: [], ours: [] };
  let left = load.count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      await apart(load);
      const first = left % WAYS.length;
      for (const name of [...WAYS.slice(first), ...WAYS.slice(0, first)])
        took[name].push(await firstByte(ways[name], load));
    }
  };
  await Promise.all(Array.from({ length: load.atOnce }, worker));
  return took;
}

/** Agents do not ask in step: who waited for the same machine once would ask with the others ever after. */
function apart({ atOnce, thinkMs, streamMs }: Load): Promise<void> {
  const most = atOnce === 1 ? 0 : thinkMs + streamMs;
  return new Promise((resolve) => void setTimeout(resolve, Math.random() * most));
}

/** Milliseconds from the request to the first byte of the answer's body. */
function firstByte({ url, token, agent }: Way, { thinkMs, streamMs }: Load): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const headers = {
      "x-signalbox-gateway": token,
      "x-bench-think-ms": thinkMs,
      "x-bench-stream-ms": streamMs,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(BODY),
    };
    const sent = request(`${url}/v1/messages`, { method: "POST", headers, agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`answered with ${response.statusCode}`));
      let tookMs: number | undefined;
      response.on("data", () => (tookMs ??= performance.now() - began - thinkMs));
      response.on("end", () => resolve(tookMs ?? Number.NaN));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(BODY);
  });
}
