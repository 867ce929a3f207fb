/**
 * What the metering gateway adds to the first byte of a streamed answer. Client, provider and the real core with its
 * store, budget and ledger are a process each; requests go directly and through the gateway in turns.
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
  { what: "20 agents at once", atOnce: 20, thinkMs: 200, streamMs: 800, count: 400 },
];
const BODY = JSON.stringify({ model: "claude-bench", stream: true, messages: "x".repeat(50_000) });

export const gateway: Row = {
  name: "gateway",
  about:
    "first byte of a streamed answer through the metering gateway of the real core, one and 20 at once, against direct",
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
  const provider = await startProvider(bench);
  const point = await startMetered(bench, provider);
  const way = (url: string, token: string): Way => {
    const agent = new Agent({ keepAlive: true });
    bench.defer(() => agent.destroy());
    return { url, token, agent };
  };
  const ways = { direct: way(provider, ""), ours: way(point.url, point.token) };
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
        other: { name: "direct, whole", values: rounds.map((took) => percentile(took.direct, share)) },
        ...(share === 0.99 ? { goal: { atMost: 3 } } : {}),
      });
  }
  return findings;
}

async function startProvider(bench: Bench): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "gatewayProvider.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  bench.defer(() => void child.kill());
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the provider ended with ${code}`)));
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

interface Took {
  readonly direct: readonly number[];
  readonly ours: readonly number[];
}

/** Each worker asks the one way and then the other, so that both meet the same machine. */
async function firstBytes(ways: { direct: Way; ours: Way }, load: Load): Promise<Took> {
  const took = { direct: [] as number[], ours: [] as number[] };
  let left = load.count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const order = left % 2 === 0 ? (["direct", "ours"] as const) : (["ours", "direct"] as const);
      for (const name of order) took[name].push(await firstByte(ways[name], load));
    }
  };
  await Promise.all(Array.from({ length: load.atOnce }, worker));
  return took;
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
