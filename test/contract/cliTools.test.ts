/** What the command line says of servers that hold secrets, of answers from the cache, and what it orders to have a tool asked anew. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createLocalSocket } from "#rpc/transports/localSocket.ts";
import type { LocalSocket } from "#rpc/transports/localSocket.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { ToolCall, ToolOutcome } from "#shared/model/toolServer.ts";
import { fakeHandlers, keptLog } from "#test/support/fakeHandlers.ts";
import { sampleServers } from "#test/support/demoCore/demoRegistry.ts";
import { jsonLines, runCli } from "./runCli.ts";
import { SERVE } from "./transports.ts";

const answered = "2026-11-21T12:00:00.000Z";
const cached = { cachedFrom: "call-1", attempts: 0, tookMs: 0.2 };
const logged: ToolCall = {
  ...cached,
  seq: 2,
  id: "call-2",
  server: "memory",
  tool: "search_nodes",
  by: { kind: "cli" },
  outcome: "completed",
  startedAt: answered,
};
const outcome: ToolOutcome = {
  callId: "call-2",
  server: "memory",
  tool: "search_nodes",
  content: [],
  text: "2 nodes",
  attempts: 1,
  tookMs: 12,
};

let dataDir: string;
let server: LocalSocket;
const ordered: unknown[] = [];
let refusal = fail("bad_request", "");

const handlers = fakeHandlers({
  queries: {
    "registry.servers": () => Promise.resolve(ok(sampleServers())),
    "registry.calls": () => Promise.resolve(ok([logged])),
  },
  commands: {
    "registry.add": () => Promise.resolve(refusal),
    "registry.invoke": ({ fresh = false }) =>
      Promise.resolve(ok(fresh ? outcome : { ...outcome, ...cached, cachedAt: answered })),
    "registry.dropAnswers": (input) => {
      ordered.push(input);
      return Promise.resolve(ok({ key: "memory", dropped: 12 }));
    },
  },
});

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "signalbox-cli-tools-"));
  const local = await createLocalSocket({ dataDir, handlers, serve: SERVE, logger: keptLog() });
  if (!local.ok) throw new Error(local.error.message);
  server = local.value;
});
afterAll(async () => {
  await server.close();
  rmSync(dirname(server.path), { recursive: true });
  rmSync(dataDir, { recursive: true });
});

const run = (...args: readonly string[]) => runCli(["tools", ...args], { env: { SIGNALBOX_DATA: dataDir } });

it("prints an answer from the cache as any other, says beside it where it is from, and asks anew with --fresh", async () => {
  const kept = await run("call", "memory", "search_nodes");
  expect([kept.exit, kept.stdout.toString()]).toEqual([0, "2 nodes\n"]);
  expect(kept.stderr).toMatch(/^From the cache, answered .*; --fresh asks anew\.\n$/);
  expect(jsonLines(await run("call", "memory", "search_nodes", "--json"))).toMatchObject([{ cachedFrom: "call-1" }]);
  expect(await run("call", "memory", "search_nodes", "--fresh")).toMatchObject({ exit: 0, stderr: "" });
});

it("says in the list of calls from which call an answer was", async () => {
  expect((await run("calls")).stdout.toString()).toMatch(/completed +0 ms +cached, from call-1\n$/);
});

it("says of a server what is cached and what may be a mistake, and drops it", async () => {
  const shown = (await run("show", "fleet/browser")).stdout.toString();
  expect(shown).toContain("cache search_nodes, read_grap for 1h 00m, 12 answers kept");
  expect(shown).toContain("read_grap, which is no tool of this server. Did you mean read_graph?");
  expect((await run("drop-answers", "memory")).stdout.toString()).toBe("12 answers of memory dropped\n");
  expect(ordered).toEqual([{ server: "memory" }]);
});

it("passes on why a secret is refused, never the secret, and says how the shell lets the reference through", async () => {
  const spoken = "The header Authorization of prices holds a secret itself. Write ${PRICES_TOKEN} in its place.";
  refusal = fail("bad_request", spoken, { variable: "PRICES_TOKEN" });
  const url = ["--url", "https://prices.example/mcp"];
  const refused = await run("add", "prices", ...url, "--header", "Authorization=Bearer swordfish");
  expect(refused.exit).toBe(1);
  expect(refused.stderr).toContain(spoken);
  expect(refused.stderr).toContain("single quotes");
  expect(refused.stderr + refused.stdout.toString()).not.toContain("swordfish");
});

it("says of a server from before that its secret is stored, with what to do", async () => {
  const shown = (await run("show", "fleet/prices")).stdout.toString();
  expect(shown).toMatch(/ {2}warning: The variable API_KEY holds a secret itself.*\$\{PRICES_API_KEY\}/);
});
