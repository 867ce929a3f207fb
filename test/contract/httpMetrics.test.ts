/** The counters for a scraper: behind the same guard and token as every route, in the words Prometheus reads. */
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { createHttpServer } from "#rpc/transports/http.ts";
import type { HttpServer } from "#rpc/transports/http.ts";
import { fileTokenStore } from "#rpc/transports/fileTokenStore.ts";
import { fakeHandlers, keptLog } from "#test/support/fakeHandlers.ts";
import { usageReport, openLedger } from "#test/support/ledgerRig.ts";
import type { LedgerRig } from "#test/support/ledgerRig.ts";
import { rawRequest } from "./rawHttp.ts";
import type { Answer } from "./rawHttp.ts";
import { SERVE } from "./transports.ts";

let dir: string;
let rig: LedgerRig;
let server: HttpServer;
let bearer: string;
let refusal: Result<never> | undefined;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "signalbox-metrics-"));
  rig = await openLedger();
  rig.ledger.report(usageReport());
  rig.ledger.report(usageReport({ sessionId: "s2", model: 'claude-"odd"' }));
  const opened = await createHttpServer({
    port: 0,
    rendererDir: dir,
    handlers: fakeHandlers({
      queries: { "usage.counters": async () => refusal ?? ok({ text: rig.views.counters() }) },
    }),
    serve: SERVE,
    tokens: fileTokenStore(join(dir, "tokens.json")),
    logger: keptLog(),
  });
  if (!opened.ok) throw new Error(opened.error.message);
  server = opened.value;
  const response = await fetch(`${server.url}/auth/exchange`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: new URL(server.mintCode().url).hash.slice("#code=".length) }),
  });
  bearer = `Authorization: Bearer ${((await response.json()) as { token: string }).token}`;
});
afterAll(async () => {
  await server.close();
  rig.close();
  rmSync(dir, { recursive: true });
});

function get(
  lines: readonly string[],
  { method = "GET", path = "/metrics", host = "127.0.0.1" } = {},
): Promise<Answer> {
  const first = [`${method} ${path} HTTP/1.1`, `Host: ${host}:${server.port}`];
  return rawRequest(connect(server.port, "127.0.0.1"), [...first, ...lines, "Content-Length: 0"]);
}

/** `name{label="value",…} number`, with quotes, backslashes and line ends escaped. */
const SAMPLE = /^[a-z_]+\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*\} \d+(?:\.\d+)?(?:e[+-]\d+)?$/;

it("tells what was spent in Prometheus' text format", async () => {
  const { status, headers, body } = await get([bearer]);
  expect([status, headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  const lines = body.trimEnd().split("\n");
  const samples = lines.filter((line) => !line.startsWith("# "));
  expect(samples.filter((line) => !SAMPLE.test(line))).toEqual([]);
  expect(samples).toContain(
    'signalbox_usage_requests_total{fleet="shop",agent="s1",cli="claude",gen_ai_provider_name="anthropic",gen_ai_request_model="claude-test"} 1',
  );
  // Each family is introduced once, before its samples.
  const families = lines.filter((line) => line.startsWith("# TYPE ")).map((line) => line.split(" ")[2]);
  expect(new Set(families).size).toBe(families.length);
  expect(samples.filter((line) => !families.includes(line.slice(0, line.indexOf("{"))))).toEqual([]);
});

it("needs a token, our Host, no other origin, and GET", async () => {
  expect((await get([])).status).toBe(401);
  expect((await get(["Authorization: Bearer wrong"])).status).toBe(401);
  expect((await get([], { path: `/metrics?token=${bearer.slice("Authorization: Bearer ".length)}` })).status).toBe(401);
  expect((await get([bearer], { host: "evil.example" })).status).toBe(403);
  expect((await get([bearer, "Origin: http://evil.example"])).status).toBe(403);
  expect((await get([bearer], { method: "POST" })).status).toBe(405);
});

it("says why when the ledger cannot be read, and answers the next time", async () => {
  refusal = fail("store_unavailable", "The disk is full.");
  const answer = await get([bearer]);
  refusal = undefined;
  expect([answer.status, answer.body.includes("The disk is full.")]).toEqual([503, true]);
  expect((await get([bearer])).status).toBe(200);
});
