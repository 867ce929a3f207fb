/** The slice a person uses first: a fleet file, real processes, a kill, a heal, a quit and a return. Nothing here is faked. */
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "#test/support/deadline.ts";
import { freshDataDir, isAlive, LiveApp, runCli } from "#test/support/liveApp.ts";

let data: Awaited<ReturnType<typeof freshDataDir>>;
let apps: LiveApp[];

beforeEach(async () => {
  data = await freshDataDir();
  apps = [];
});
afterEach(async () => {
  for (const app of apps) await app.kill();
  await data.end();
});

async function serve(...args: string[]): Promise<LiveApp> {
  const app = await LiveApp.start(data.dir, ...args);
  apps.push(app);
  return app;
}

const TICKER = `version: 1
name: shop
supervisor: { strategy: one_for_one, intensity: 5, period: 60s }
children:
  - { id: ticker, command: "n=0; while :; do n=$((n+1)); echo tick $n; sleep 0.05; done", restart: permanent }
  - { id: steady, command: "echo up; exec sleep 1000" }
`;

describe("a fleet", () => {
  it("comes up, shows its tree, heals a killed agent and counts the restart", async () => {
    const app = await serve();
    const file = await app.fleet("shop", TICKER);
    expect(await app.cli("up", file)).toMatchObject({ code: 0 });
    const before = await app.waitFor("ticker", (node) => node.pid !== undefined && node.state !== "starting");
    expect(before).toMatchObject({ kind: "agent", restart: "permanent", restarts: 0, generation: 1 });
    process.kill(before.pid ?? 0, "SIGKILL");
    const after = await app.waitFor("ticker", (node) => node.generation === 2 && node.pid !== undefined);
    expect(after).toMatchObject({ restarts: 1, exitCause: "crashed" });
    expect(isAlive(before.pid ?? 0)).toBe(false);
    expect((await app.node("shop")).restartsInWindow).toBe(1);
  });

  it("goes on while the core is dead and is adopted with nothing missing", async () => {
    const app = await serve();
    await app.cli("up", await app.fleet("shop", TICKER));
    const before = await app.waitFor("ticker", (node) => node.pid !== undefined);
    await app.kill("SIGKILL");
    const grown = async (): Promise<number> =>
      (await readFile(join(data.dir, "sessions", before.sessionId ?? "", "meta.json"))).length;
    await eventually("the session's files are there", grown);
    expect(isAlive(before.pid ?? 0)).toBe(true);
    const next = await serve();
    expect(await next.node("ticker")).toMatchObject({ pid: before.pid, generation: 1, restarts: 0 });
    const text = await eventually("twenty ticks", async () => {
      const { stdout } = await next.cli("logs", "ticker", "--raw");
      return stdout.includes("tick 20\r\n") ? stdout : undefined;
    });
    const ticks = [...text.matchAll(/tick (\d+)\r\n/g)].map((match) => Number(match[1]));
    expect(ticks).toEqual(ticks.map((_, index) => index + 1));
  });

  it("stays paused when the app is killed, and the next one lets it go on", async () => {
    const app = await serve();
    await app.cli("up", await app.fleet("shop", TICKER));
    await app.waitFor("ticker", (node) => node.pid !== undefined);
    expect(await app.cli("pause", "ticker")).toMatchObject({ code: 0 });
    await app.kill("SIGKILL");
    const next = await serve();
    expect(await next.node("ticker")).toMatchObject({ state: "paused" });
    const printed = async (): Promise<number> => (await next.cli("logs", "ticker", "--raw")).stdout.length;
    const before = await printed();
    expect(await next.cli("resume", "ticker")).toMatchObject({ code: 0 });
    expect(await next.node("ticker")).toMatchObject({ state: "busy" });
    await eventually("it prints again", async () => (await printed()) > before || undefined);
  });

  it("is remembered with its counted restarts across a restart of the app", async () => {
    const app = await serve();
    await app.cli("up", await app.fleet("shop", TICKER));
    const first = await app.waitFor("ticker", (node) => node.pid !== undefined);
    process.kill(first.pid ?? 0, "SIGKILL");
    await app.waitFor("ticker", (node) => node.restarts === 1 && node.pid !== undefined);
    await app.kill("SIGTERM");
    const next = await serve();
    expect(await next.node("ticker")).toMatchObject({ restarts: 1, generation: 2 });
    expect((await next.node("shop")).restartsInWindow).toBe(1);
  });

  it("gives up after one restart too many, takes its siblings down, and starts again when a person asks", async () => {
    const app = await serve();
    const file = await app.fleet(
      "sad",
      'version: 1\nname: sad\nsupervisor: { intensity: 1 }\nchildren:\n  - { id: bad, command: "exit 3", restart: permanent, backoff: { initial: 10ms } }\n  - { id: good, command: "sleep 1000" }\n',
    );
    await app.cli("up", file);
    const root = await app.waitFor("sad", (node) => node.state === "gave_up");
    expect(root.children.map((child) => [child.id, child.state])).toEqual([
      ["bad", "gave_up"],
      ["good", "stopped"],
    ]);
    expect(root.children[0]).toMatchObject({ exitCause: "crashed", exitDetail: expect.stringContaining("3") });
    await writeFile(
      file,
      'version: 1\nname: sad\nchildren:\n  - { id: bad, command: "sleep 1000" }\n  - { id: good, command: "sleep 1000" }\n',
    );
    expect(await app.cli("up", file)).toMatchObject({ code: 0 });
    await app.waitFor("bad", (node) => node.pid !== undefined);
  });
});

describe("output", () => {
  it("is kept exactly, across lives, and found again by search", async () => {
    const app = await serve();
    const payload = Array.from({ length: 5000 }, (_, index) => `line ${index} ünïcödé 日本語 needle${index}\n`).join(
      "",
    );
    await writeFile(join(data.dir, "payload.txt"), payload);
    await app.cli(
      "up",
      await app.fleet(
        "out",
        `version: 1\nname: out\nchildren:\n  - { id: printer, command: "cat ${data.dir}/payload.txt", restart: temporary }\n`,
      ),
    );
    await app.waitFor("printer", (node) => node.state === "done");
    const expected = createHash("sha256").update(payload.replaceAll("\n", "\r\n")).digest("hex");
    const { stdout } = await app.cli("logs", "printer", "--raw");
    expect(createHash("sha256").update(stdout).digest("hex")).toBe(expected);
    const hits = await app.cli("search", "NEEDLE4321", "--json");
    expect(hits.stdout).toContain("line 4321");
  });

  it("reaches a child typed by a person and shows its answer", async () => {
    const app = await serve();
    await app.cli(
      "up",
      await app.fleet("talk", 'version: 1\nname: talk\nchildren:\n  - { id: cat, command: "cat" }\n'),
    );
    await app.waitFor("cat", (node) => node.pid !== undefined);
    expect(await app.cli("send", "cat", "hello there")).toMatchObject({ code: 0 });
    await eventually("the echo", async () =>
      (await app.cli("logs", "cat")).stdout.includes("hello there\nhello there"),
    );
    expect(await app.cli("key", "cat", "ctrl-d")).toMatchObject({ code: 0 });
    await app.waitFor("cat", (node) => node.state === "done");
  });
});

describe("stopping", () => {
  it("ends the whole tree, daemonised grandchildren included", async () => {
    const app = await serve();
    const script = `setsid sh -c 'trap "" TERM HUP; echo $$ > ${data.dir}/daemon.pid; while :; do sleep 1; done' & echo started; exec sleep 1000`;
    await app.cli(
      "up",
      await app.fleet(
        "tree",
        `version: 1\nname: tree\nchildren:\n  - id: parent\n    shutdown: 1s\n    command: ${JSON.stringify(script)}\n`,
      ),
    );
    const pid = await eventually(
      "the daemon's pid",
      async () => Number(await readFile(join(data.dir, "daemon.pid"), "utf8").catch(() => "")) || undefined,
    );
    expect(await app.cli("stop", "parent")).toMatchObject({ code: 0 });
    expect(isAlive(pid)).toBe(false);
    expect(await app.node("parent")).toMatchObject({ state: "stopped", exitCause: "stopped" });
  });

  it("emergency stop returns when the last process is gone, with and without an app", async () => {
    const app = await serve();
    const many = Array.from(
      { length: 10 },
      (_, index) => `  - { id: a${index}, command: "trap '' TERM; while :; do sleep 1; done", restart: permanent }`,
    ).join("\n");
    const file = await app.fleet("many", `version: 1\nname: many\nchildren:\n${many}\n`);
    await app.cli("up", file);
    const root = await app.waitFor("many", (node) => node.children.every((child) => child.pid !== undefined));
    expect(await app.cli("estop")).toMatchObject({ code: 0 });
    expect(root.children.filter((child) => isAlive(child.pid ?? 0))).toEqual([]);
    await app.cli("up", file);
    const again = await app.waitFor("many", (node) => node.children.every((child) => child.pid !== undefined));
    await app.kill("SIGKILL");
    expect(await runCli(data.dir, "estop")).toMatchObject({ code: 0 });
    expect(again.children.filter((child) => isAlive(child.pid ?? 0))).toEqual([]);
    const next = await serve();
    const after = await next.node("many");
    expect(after.children.map((child) => child.state)).toEqual(after.children.map(() => "stopped"));
  });
});

describe("bad luck", () => {
  it("refuses a second app on the same data directory and names the first", async () => {
    const app = await serve();
    await expect(LiveApp.start(data.dir)).rejects.toThrow(String(app.pid));
    expect(await app.cli("ps")).toMatchObject({ code: 0 });
  });

  it("says what is missing and keeps everything else running", async () => {
    const app = await serve();
    const text =
      'version: 1\nname: odd\nchildren:\n  - { id: ok, command: "sleep 1000" }\n  - { id: ghost, command: "no-such-program-here --x" }\n  - { id: lost, command: "ls", cwd: ./nowhere }\n';
    expect(await app.cli("up", await app.fleet("odd", text))).toMatchObject({ code: 0 });
    const ghost = await app.waitFor("ghost", (node) => node.state === "crashed");
    expect(ghost.detail).toContain("no-such-program-here");
    expect((await app.waitFor("lost", (node) => node.state === "crashed")).detail).toContain("nowhere");
    expect(await app.node("ok")).toMatchObject({ health: "healthy" });
    expect((await app.node("odd")).restartsInWindow).toBe(0);
  });

  it("restarts what a killed keeper took with it, without counting", async () => {
    const app = await serve();
    await app.cli("up", await app.fleet("shop", TICKER));
    const before = await app.waitFor("steady", (node) => node.pid !== undefined);
    const keeper = await app.cli("doctor", "--json");
    expect(keeper.code).toBe(0);
    const pid = await keeperPid(data.dir);
    process.kill(pid, "SIGKILL");
    const after = await app.waitFor("steady", (node) => node.generation === 2 && node.pid !== undefined);
    expect(isAlive(before.pid ?? 0)).toBe(false);
    expect(after.restarts).toBe(0);
    expect((await app.node("shop")).restartsInWindow).toBe(0);
  });

  it("answers with codes a script can use", async () => {
    expect(await runCli(data.dir, "ps")).toMatchObject({ code: 3 });
    const app = await serve();
    expect(await app.cli("start", "nobody", "--json")).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("not_found"),
    });
    expect(await app.cli("frobnicate")).toMatchObject({ code: 2 });
    const bad = await app.fleet("bad", "version: 1\nname: bad\nchildren:\n  - { id: x, comand: ls }\n");
    expect(await app.cli("up", bad)).toMatchObject({ code: 1, stderr: expect.stringMatching(/bad\.yaml:4:\d+/) });
  });
});

async function keeperPid(dataDir: string): Promise<number> {
  const { readdir } = await import("node:fs/promises");
  const folder = join(dataDir, "keeper", "running");
  const [name] = (await readdir(folder)).filter((file) => file.endsWith(".json"));
  const parsed: unknown = JSON.parse(await readFile(join(folder, name ?? ""), "utf8"));
  return typeof parsed === "object" && parsed !== null && "pid" in parsed ? Number(parsed.pid) : 0;
}
