/** What the metering gateway adds to the first byte of a streamed answer: direct and through it, in turns, one and many at once. */
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { openGateway } from "#platform/gateway/gatewayServer.ts";
import type { Bench, Finding, Row } from "./bench.ts";
import { interleave } from "./bench.ts";
import { percentile } from "./numbers.ts";

const TOKEN = "bench-token";
const MANY = 20;
const BODY = JSON.stringify({ model: "claude-bench", stream: true, messages: "x".repeat(50_000) });

export const gateway: Row = {
  name: "gateway",
  about: `first byte of a streamed answer through the metering gateway, 1 and ${MANY} at once, against direct`,
  run,
};

async function run(bench: Bench): Promise<readonly Finding[]> {
  const direct = await fakeProvider(bench);
  const through = await openBenchGateway(bench, direct);
  const count = bench.isQuick ? 100 : 1000;
  const p99 = (url: string, atOnce: number) => async (): Promise<number> =>
    percentile(await firstBytes(url, { count, atOnce }), 0.99);
  await firstBytes(direct, { count: 50, atOnce: MANY });
  await firstBytes(through, { count: 50, atOnce: MANY });
  const found = await interleave(bench.rounds, {
    direct1: p99(direct, 1),
    ours1: p99(through, 1),
    directMany: p99(direct, MANY),
    oursMany: p99(through, MANY),
  });
  const added = (what: string, ours: readonly number[], other: readonly number[]): Finding => ({
    what: `added to the first byte, p99, ${what}`,
    unit: "ms",
    ours: ours.map((value, round) => value - (other[round] ?? 0)),
    other: { name: "direct, whole", values: other },
    goal: { atMost: 3 },
  });
  return [
    added("one at a time", found.ours1, found.direct1),
    added(`${MANY} at once`, found.oursMany, found.directMany),
  ];
}

async function fakeProvider(bench: Bench): Promise<string> {
  const usage = { input_tokens: 10, output_tokens: 1 };
  const start = `data: ${JSON.stringify({ type: "message_start", message: { id: "msg_1", usage } })}\n\n`;
  const end = `data: ${JSON.stringify({ type: "message_delta", usage: { output_tokens: 42 } })}\n\ndata: {"type":"message_stop"}\n\n`;
  const server = createServer((message, response) => {
    message.resume();
    message.on("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(start);
      response.end(end);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  bench.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function openBenchGateway(bench: Bench, upstream: string): Promise<string> {
  const desk = {
    authorize: () => Promise.resolve({ allow: true } as const),
    progress: () => undefined,
    settle: () => undefined,
  };
  const opened = await openGateway({ desk });
  if (!opened.ok) throw new Error(opened.error.message);
  bench.defer(() => opened.value.close());
  const routes = { anthropic: { provider: "anthropic", upstream } };
  opened.value.register({ sessionId: "bench", agent: "claude", token: TOKEN, routes, env: {} });
  return `${opened.value.url}/bench/anthropic`;
}

/** Milliseconds from the request to the first byte of the answer's body. */
async function firstBytes(url: string, load: { count: number; atOnce: number }): Promise<readonly number[]> {
  const tookMs: number[] = [];
  let left = load.count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) tookMs.push(await firstByte(`${url}/v1/messages`));
  };
  await Promise.all(Array.from({ length: load.atOnce }, worker));
  return tookMs;
}

function firstByte(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const headers = { "x-signalbox-gateway": TOKEN, "content-type": "application/json" };
    const sent = request(url, { method: "POST", headers }, (response) => {
      let tookMs: number | undefined;
      response.on("data", () => (tookMs ??= performance.now() - began));
      response.on("end", () => resolve(tookMs ?? Number.NaN));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(BODY);
  });
}
