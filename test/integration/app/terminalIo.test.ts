/** Bytes between a person and an agent, through the whole app: environment, keys, paste, size, recordings, attach. */
import { execFile, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as pty from "node-pty";
import { describe, expect, it } from "vitest";
import { eventually, within } from "#test/support/deadline.ts";
import { isAlive } from "#test/support/liveApp.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { agent, killHard, liveSuite, pidOf } from "#test/support/liveSuite.ts";

const live = liveSuite();
const CLI = join(import.meta.dirname, "../../../out/cli.js");

/** A child that prints what it reads, byte by byte, as hex. */
const HEX_READER =
  'exec node -e \'process.stdin.setRawMode(true);console.log("ready");process.stdin.on("data",(d)=>console.log("<"+d.toString("hex")+">"))\'';

async function printed(app: LiveApp, id: string, text: string | RegExp): Promise<string> {
  return eventually(
    `${id} prints ${String(text)}`,
    async () => {
      const { stdout } = await app.cli("logs", id);
      return (typeof text === "string" ? stdout.includes(text) : text.test(stdout)) ? stdout : undefined;
    },
    20_000,
  );
}

describe("the environment of an agent", () => {
  it("is the login shell's, with the fleet's own on top, in a terminal of a known kind", async () => {
    const before = { HOME: process.env["HOME"], SHELL: process.env["SHELL"] };
    live.defer(() => Object.assign(process.env, before));
    const home = join(live.dir, "home");
    await mkdir(home);
    for (const file of [".profile", ".bash_profile"])
      await writeFile(join(home, file), "export FROM_LOGIN=yes\nexport BOTH=login\nexport PATH=/login/bin:$PATH\n");
    Object.assign(process.env, { HOME: home, SHELL: "/bin/bash" });
    const app = await live.serve();
    await live.up(app, {
      name: "env",
      children: [agent("show", "tty > tty.txt; env -0 > env.bin; sleep 1000", "env: { MINE: 'a b', BOTH: fleet }")],
    });
    const env = await eventually("the environment", async () => {
      const text = await readFile(join(live.dir, "env.bin"), "utf8").catch(() => "");
      return text.endsWith("\0")
        ? new Map(text.split("\0").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]))
        : undefined;
    });
    expect(Object.fromEntries(["FROM_LOGIN", "MINE", "BOTH", "TERM"].map((name) => [name, env.get(name)]))).toEqual({
      FROM_LOGIN: "yes",
      MINE: "a b",
      BOTH: "fleet",
      TERM: "xterm-256color",
    });
    expect(env.get("PATH")?.split(":")[0]).toBe("/login/bin");
    expect([...env.keys()].filter((name) => /^(ELECTRON|npm_|VITEST)/.test(name))).toEqual([]);
    expect(await live.lines("tty.txt")).toEqual([expect.stringMatching(/^\/dev\//)]);
  });
});

describe("the size of the terminal", () => {
  it("follows session.resize, and the child hears of it", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "size",
      children: [agent("s", "trap 'stty size' WINCH; stty size; while :; do sleep 0.1; done")],
    });
    await printed(app, "s", "32 120");
    const { sessionId = "" } = await app.node("s");
    const client = await live.client(app);
    expect(await client.command("session.resize", { sessionId, cols: 77, rows: 21 })).toMatchObject({ ok: true });
    await printed(app, "s", "21 77");
    expect(await client.command("session.resize", { sessionId, cols: 0, rows: 21 })).toMatchObject({
      ok: false,
      error: { code: "bad_request" },
    });
  });
});

describe("what a person sends", () => {
  it("1 MB arrives intact at a reader in raw mode", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "paste",
      children: [agent("r", "stty raw -echo; printf ready; head -c 1048576 | sha256sum > got.txt; sleep 1000")],
    });
    await printed(app, "r", "ready");
    const text = randomBytes(524_288).toString("hex");
    const child = execFile(process.execPath, [CLI, "send", "r", "-", "--no-enter", "--data", live.dir]);
    child.stdin?.end(text);
    const code = await within("send ends", new Promise((resolve) => child.once("exit", resolve)), 30_000);
    expect(code).toBe(0);
    const got = await eventually("the digest", async () => (await live.lines("got.txt"))[0], 20_000);
    expect(got).toContain(createHash("sha256").update(text).digest("hex"));
  });

  it("keys are the bytes a terminal sends, and an unknown key is refused by name", async () => {
    const app = await live.serve();
    await live.up(app, { name: "keys", children: [agent("k", HEX_READER)] });
    await printed(app, "k", "ready");
    const keys: readonly (readonly [string, string])[] = [
      ["enter", "0d"],
      ["esc", "1b"],
      ["tab", "09"],
      ["up", "1b5b41"],
      ["ctrl-c", "03"],
      ["alt-x", "1b78"],
      ["f5", "1b5b31357e"],
      ["backspace", "7f"],
      ["q", "71"],
    ];
    for (const [key, hex] of keys) {
      expect(await app.cli("key", "k", key)).toMatchObject({ code: 0 });
      await printed(app, "k", `<${hex}>`);
    }
    expect(await app.cli("key", "k", "hyper-enter")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("hyper-enter"),
    });
    // What was pressed stands in its input line, so a message would wait.
    expect(await app.cli("send", "k", "héllo 日本", "--now")).toMatchObject({ code: 0 });
    await printed(app, "k", Buffer.from("héllo 日本\r").toString("hex"));
  });

  it("to an agent that does not run is refused", async () => {
    const app = await live.serve();
    await live.up(app, { name: "gone", children: [agent("g", "exit 0")] });
    await app.waitFor("g", (node) => node.state === "done");
    expect(await app.cli("send", "g", "x", "--json")).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("not_running"),
    });
  });
});

describe("what an agent prints", () => {
  it("is whole although UTF-8 is cut between any two bytes", async () => {
    const app = await live.serve();
    const text = "é ß 日本語 👩‍👩‍👧‍👦 🚂 ﷽ end";
    const bytes = [...Buffer.from(`${text}\n`)].join(",");
    await live.up(app, {
      name: "cut",
      children: [
        agent(
          "c",
          `exec node -e 'const b=[${bytes}];let i=0;const t=setInterval(()=>{if(i===b.length){clearInterval(t)}else{require("fs").writeSync(1,Buffer.of(b[i++]))}},2)'`,
        ),
      ],
    });
    await app.waitFor("c", (node) => node.state === "done");
    const { stdout } = await app.cli("logs", "c");
    expect(stdout).toBe(`${text}\n`);
    expect((await app.cli("search", "日本語", "--json")).stdout).toContain(text);
  });

  it("on the alternate screen is what a viewer that opens later sees", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "alt",
      children: [agent("v", "printf 'shell line\\r\\n\\033[?1049h\\033[2J\\033[5;10HFULL SCREEN'; sleep 1000")],
    });
    await printed(app, "v", "FULL SCREEN");
    const { sessionId = "" } = await app.node("v");
    const client = await live.client(app);
    const snapshot = await within(
      "the snapshot",
      new Promise<string>((resolve) => {
        client.open(
          "terminal",
          { sessionId },
          {
            onItem: (item, bytes) => item.type === "reset" && resolve(Buffer.from(bytes ?? []).toString()),
            onEnd: () => {},
          },
        );
      }),
    );
    expect(snapshot).toContain("\u001b[?1049h");
    expect(snapshot).toContain("FULL SCREEN");
  });

  it("is read from an offset, exactly, over several lives", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "lives",
      children: [
        agent(
          "l",
          "n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) > n; printf 'life %s abcdefghij\\n' $n; exec sleep 1000",
        ),
      ],
    });
    for (const life of [0, 1, 2]) {
      await printed(app, "l", `life ${life} abcdefghij`);
      if (life < 2) await app.cli("restart", "l");
    }
    const whole = [0, 1, 2].map((life) => `life ${life} abcdefghij\r\n`).join("");
    expect((await app.cli("logs", "l", "--raw")).stdout).toBe(whole);
    for (const from of [0, 7, 18, 19, 25, whole.length - 3, whole.length, whole.length + 50])
      expect((await app.cli("logs", "l", "--raw", "--from", String(from))).stdout).toBe(whole.slice(from));
    expect((await app.cli("logs", "l", "--raw", "--from", "x")).code).toBe(2);
    await app.cli("down", "lives");
    expect((await app.cli("logs", "l", "--raw")).stdout).toBe(whole);
  });

  it("is followed across a restart of the child", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "follow",
      children: [agent("f", "echo life $$; exec sleep 1000", "restart: permanent")],
    });
    const first = await pidOf(app, "f");
    const follower = spawn(process.execPath, [CLI, "logs", "f", "--follow", "--data", live.dir]);
    live.defer(() => follower.kill());
    let heard = "";
    follower.stdout.on("data", (chunk: Buffer) => (heard += chunk.toString()));
    await eventually("the first life", () => heard.includes(`life ${first}`));
    killHard(first);
    const next = await app.waitFor("f", (node) => node.generation === 2 && node.pid !== undefined);
    await eventually("the second life", () => heard.includes(`life ${next.pid}`));
    expect(follower.exitCode).toBeNull();
  });
});

describe("attach", () => {
  it("is the agent's terminal in this one, takes its size, and Ctrl-] leaves it running", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "at",
      children: [agent("t", "trap 'stty size' WINCH; echo hello; while :; do read line && echo \"got $line\"; done")],
    });
    const pid = await pidOf(app, "t");
    await printed(app, "t", "hello");
    const terminal = pty.spawn(process.execPath, [CLI, "attach", "t", "--data", live.dir], { cols: 91, rows: 17 });
    live.defer(() => terminal.kill());
    let screen = "";
    terminal.onData((chunk) => (screen += chunk));
    const left = new Promise<number>((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)));
    await eventually("what it printed before", () => screen.includes("hello"));
    terminal.write("typed here\r");
    await eventually("its answer", () => screen.includes("got typed here"));
    await eventually("the size of this terminal", () => screen.includes("17 91"));
    terminal.write("\u001d");
    expect(await within("attach leaves", left)).toBe(0);
    expect(isAlive(pid)).toBe(true);
    expect(screen).toContain("\u001b[?1049l");
  });

  it("without a terminal says what to use instead", async () => {
    const app = await live.serve();
    expect(await app.cli("attach", "x")).toMatchObject({ code: 2, stderr: expect.stringContaining("logs --follow") });
  });
});
