/** The command line as scripts see it: a real process against a served contract; what it prints, and how it exits. */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createLocalSocket } from "#rpc/transports/localSocket.ts";
import type { LocalSocket } from "#rpc/transports/localSocket.ts";
import type { Fleet, TreeNode } from "#shared/model/node.ts";
import { fail, ok } from "#shared/model/result.ts";
import { encodeKeeperFrame, KeeperFrameReader } from "#shared/rpc/keeperFrames.ts";
import type { StreamSink } from "#shared/rpc/protocol.ts";
import { eventually, within } from "#test/support/deadline.ts";
import { fakeHandlers, keptLog } from "#test/support/fakeHandlers.ts";
import { jsonLines, runCli, startCli } from "./runCli.ts";
import type { Ran } from "./runCli.ts";
import { SERVE } from "./transports.ts";

const sessionId = "0190a8a8-0000-7000-8000-000000000000";
const since = "2026-11-21T00:00:00.000Z";
const output = randomBytes(5 * 1024 * 1024 + 3);

let dataDir: string;
let emptyDir: string;
let server: LocalSocket;
let sent: unknown[];
let followSink: StreamSink<{ offset: number; sessionId: string }> | undefined;
let followClosed = false;

const agent: TreeNode = {
  id: "api",
  path: "shop/api",
  kind: "agent",
  restart: "permanent",
  agent: "command",
  state: "waiting_permission",
  stateSince: since,
  health: "healthy",
  restarts: 2,
  generation: 3,
  pid: 4242,
  sessionId,
  startedAt: since,
  children: [],
};
const fleet: Fleet = {
  name: "shop",
  file: "/x/shop.yaml",
  status: "up",
  autostart: false,
  root: {
    id: "shop",
    path: "shop",
    kind: "supervisor",
    strategy: "rest_for_one",
    intensity: 5,
    periodMs: 60_000,
    state: "busy",
    stateSince: since,
    health: "healthy",
    restarts: 0,
    generation: 1,
    children: [agent],
  },
};
const event = (seq: number) => ({
  seq,
  time: since,
  subject: "ws.shop.agent.api.exited",
  type: "agent.exited",
  actor: "agent",
  data: { evil: "\u001b]0;x\u0007" },
});

const handlers = fakeHandlers({
  queries: {
    "fleet.list": () => Promise.resolve(ok([fleet])),
    "app.doctor": () => Promise.resolve(ok([{ name: "keeper", status: "ok", message: "It answers." }])),
    "events.read": ({ from = 0, limit }) => {
      const events = Array.from({ length: 2500 }, (_, index) => event(index + 1)).filter(({ seq }) => seq >= from);
      return Promise.resolve(ok({ events: events.slice(0, limit), lastSeq: 2500 }));
    },
  },
  commands: {
    "fleet.up": ({ file = "", name = "" }) =>
      Promise.resolve(
        file.endsWith("bad.yaml")
          ? fail("fleet_invalid", "Line 3: what is this?", { line: 3, column: 1 })
          : ok({ name: name || "shop", started: 2 }),
      ),
    "node.stop": ({ id }) =>
      Promise.resolve(id === "api" ? ok({ path: "shop/api" }) : fail("not_found", `There is no "${id}".`)),
    "session.send": (input) => {
      sent.push(input);
      return Promise.resolve(ok({ path: "shop/api" }));
    },
    "auth.mint": () => Promise.resolve(ok({ url: "http://127.0.0.1:1/#code=x", expiresInS: 300 })),
    "app.estop": () => Promise.resolve(ok({ killed: 7, tookMs: 12 })),
  },
  streams: {
    logs: ({ from, follow }, sink) => {
      if (follow) {
        followSink = sink;
        sink.send({ offset: 0, sessionId }, Buffer.from("\u001b[1mfirst\u001b[0m\r\n"));
        return ok({ close: () => (followClosed = true) });
      }
      let offset = from;
      const pump = () => {
        while (sink.room > 0 && offset < output.length) {
          const bytes = output.subarray(offset, offset + 50_000);
          sink.send({ offset, sessionId }, bytes);
          offset += bytes.length;
        }
        if (offset >= output.length) sink.end();
      };
      sink.onRoom(pump);
      pump();
      return ok({ close: () => {} });
    },
    search: (_input, sink) => {
      sink.send({
        type: "hits",
        hits: [{ path: "shop/api", sessionId, generation: 1, offset: 9, line: "a needle", start: 2, end: 8 }],
      });
      sink.send({ type: "done", truncated: false, incomplete: 0 });
      sink.end();
      return ok({ close: () => {} });
    },
  },
});

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "signalbox-cli-"));
  emptyDir = mkdtempSync(join(tmpdir(), "signalbox-cli-empty-"));
  sent = [];
  const local = await createLocalSocket({ dataDir, handlers, serve: SERVE, logger: keptLog() });
  if (!local.ok) throw new Error(local.error.message);
  server = local.value;
});
afterAll(async () => {
  await server.close();
  rmSync(dirname(server.path), { recursive: true });
  rmSync(dataDir, { recursive: true });
  rmSync(emptyDir, { recursive: true });
});

const start = (args: readonly string[]) => startCli(args, { SIGNALBOX_DATA: dataDir });
const run = (args: readonly string[], options: { env?: Record<string, string>; stdin?: string } = {}): Promise<Ran> =>
  runCli(args, { ...options, env: { SIGNALBOX_DATA: dataDir, ...options.env } });

it("prints the tree: one root per line for scripts, lamps and words for people", async () => {
  const json = await run(["tree", "--json"]);
  expect([json.exit, json.stderr]).toEqual([0, ""]);
  expect(jsonLines(json)).toEqual([fleet.root]);
  const human = (await run(["--data", dataDir, "tree"], { env: { SIGNALBOX_DATA: emptyDir } })).stdout.toString();
  expect(human).toContain("● shop");
  expect(human).toContain("└─ ◆ api");
  expect(human).toContain("waiting permission");
  const ps = await run(["ps", "--json"]);
  const { children: _, ...flat } = agent;
  expect(jsonLines(ps)).toEqual([flat]);
});

it("exits 0 done, 1 refused with code and reason, 2 usage, 3 without an app", async () => {
  expect(await run(["stop", "api", "--json"])).toMatchObject({ exit: 0, stdout: Buffer.from('{"path":"shop/api"}\n') });
  const refused = await run(["stop", "nobody", "--json"]);
  expect(refused).toMatchObject({ exit: 1, stderr: 'signalbox: not_found: There is no "nobody".\n' });
  expect(jsonLines(refused)).toEqual([{ error: { code: "not_found", message: 'There is no "nobody".' } }]);
  expect(jsonLines(await run(["up", "bad.yaml", "--json"]))).toMatchObject([
    { error: { code: "fleet_invalid", details: { line: 3, column: 1 } } },
  ]);
  for (const wrong of [
    ["stop"],
    ["stop", "a", "b"],
    ["tre"],
    ["tree", "--colour"],
    ["logs", "api", "--from", "x"],
    [],
    ["attach", "api"],
  ]) {
    const ran = await run(wrong);
    expect([wrong, ran.exit, ran.stdout.length > 0 && wrong.length > 0]).toEqual([wrong, 2, false]);
    expect(ran.stderr).toMatch(/^signalbox: /);
  }
  const none = await run(["tree"], { env: { SIGNALBOX_DATA: emptyDir } });
  expect(none.exit).toBe(3);
  expect(none.stderr).toContain("signalbox serve");
});

it("gives the exact bytes of the logs to a slow pipe, from any offset", async () => {
  const child = start(["logs", "api", "--raw", "--from", "3"]);
  const hash = createHash("sha256");
  let length = 0;
  for await (const chunk of child.stdout) {
    const bytes = chunk as Buffer;
    hash.update(bytes);
    length += bytes.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(length).toBe(output.length - 3);
  expect(hash.digest("hex")).toBe(createHash("sha256").update(output.subarray(3)).digest("hex"));
});

it("ends quietly when its reader has gone", async () => {
  const child = start(["logs", "api", "--raw"]);
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.once("data", () => child.stdout.destroy());
  const exit = await within("the end", new Promise((resolve) => child.on("exit", resolve)));
  expect([exit, stderr]).toEqual([0, ""]);
});

it("follows until it is interrupted, as plain text", async () => {
  const child = start(["logs", "api", "--follow"]);
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await eventually("the first line", () => text.includes("first"));
  followSink?.send({ offset: 20, sessionId }, Buffer.from("second\r\n"));
  await eventually("the second line", () => text.includes("second"));
  child.kill("SIGINT");
  expect(await within("the end", new Promise((resolve) => child.on("exit", resolve)))).toBe(0);
  expect(text).toBe("first\nsecond\n");
  await eventually("the server has closed the stream", () => followClosed);
});

it("reads events page by page, and what an agent chose cannot steer the terminal", async () => {
  const all = jsonLines(await run(["events", "--json"])) as { seq: number }[];
  expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 2500 }, (_, index) => index + 1));
  const some = await run(["events", "--from", "2499"]);
  expect(some.stdout.toString().split("\n")).toHaveLength(3);
  expect(some.stdout.includes(0x1b)).toBe(false);
});

it("sends words, text that begins with a dash, and stdin", async () => {
  await run(["send", "api", "fix", "the tests"]);
  await run(["send", "api", "--no-enter", "--", "--help"]);
  await run(["send", "api", "-"], { stdin: "x".repeat(300_000) });
  expect(sent).toEqual([
    { id: "api", text: "fix the tests", submit: true, now: false, hold: false },
    { id: "api", text: "--help", submit: false, now: false, hold: false },
    { id: "api", text: "x".repeat(300_000), submit: true, now: false, hold: false },
  ]);
});

it("searches, mints links, stops in an emergency, and tells its own health", async () => {
  expect(jsonLines(await run(["search", "needle", "--json"]))).toMatchObject([
    { path: "shop/api", line: "a needle", offset: 9 },
  ]);
  expect((await run(["open"])).stdout.toString()).toBe("http://127.0.0.1:1/#code=x\n");
  expect(jsonLines(await run(["estop", "--json"]))).toMatchObject([{ killed: 7 }]);
  expect(jsonLines(await run(["doctor", "--json"]))).toEqual([
    { name: "keeper", status: "ok", message: "It answers." },
  ]);
});

it("needs no app for the schema, for doctor, and for an emergency stop where nothing runs", async () => {
  const env = { SIGNALBOX_DATA: emptyDir };
  expect(jsonLines(await run(["schema", "fleet", "--json"], { env }))).toMatchObject([{ type: "object" }]);
  const doctor = await run(["doctor", "--json"], { env });
  expect(doctor.exit).toBe(0);
  expect(jsonLines(doctor)[0]).toMatchObject({ name: "app", status: "warning" });
  expect(await run(["estop"], { env })).toMatchObject({ exit: 0, stdout: Buffer.from("Nothing runs.\n") });
});

it("reaches the keeper itself when no app runs", async () => {
  const dir = mkdtempSync(join(tmpdir(), "signalbox-cli-keeper-"));
  const socket = join(realpathSync(dir), "k.sock");
  mkdirSync(join(dir, "keeper", "running"), { recursive: true });
  writeFileSync(join(dir, "keeper", "token"), "secret");
  const endpoint = { pid: process.pid, startTime: 1, protocol: 1, version: "1.0.0", socket };
  writeFileSync(join(dir, "keeper", "running", "1.0.0.json"), JSON.stringify(endpoint));
  writeFileSync(
    join(dir, "keeper", "running", "0.9.0.json"),
    JSON.stringify({ ...endpoint, socket: `${socket}.gone` }),
  );
  const heard: unknown[] = [];
  const keeper = createServer((client) => {
    const reader = new KeeperFrameReader();
    client.on("data", (chunk) => {
      for (const { header } of reader.push(chunk)) {
        heard.push(header);
        const { op, id } = header as { op: string; id: number };
        if (op === "hello")
          client.write(encodeKeeperFrame({ op: "hello", id, protocol: 1, version: "1.0.0", pid: 1, dataDir: dir }));
        else client.write(encodeKeeperFrame({ op: "ok", id, value: { killed: 3 } }));
      }
    });
    client.on("error", () => {});
  });
  await new Promise<void>((resolve) => keeper.listen(socket, resolve));
  const ran = await run(["estop", "--json"], { env: { SIGNALBOX_DATA: dir } });
  keeper.close();
  rmSync(dir, { recursive: true });
  expect(ran.exit).toBe(0);
  expect(jsonLines(ran)).toMatchObject([{ killed: 3 }]);
  expect(heard).toMatchObject([{ op: "hello", role: "cli", token: "secret" }, { op: "killAll" }]);
});
