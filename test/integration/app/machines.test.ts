/**
 * Two real `serve` processes and a real nats-server on loopback. Debian's server is one that fleets are refused on: the
 * refusal is tested on the product itself, the rest by the tests' own allowance (test/support/serveOnOldNats.ts).
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isNewEnough } from "#platform/nats/natsConnect.ts";
import { eventually, within } from "#test/support/deadline.ts";
import { freshDataDir, runCli } from "#test/support/liveApp.ts";
import { NatsServer, natsServerVersion } from "#test/support/natsServer.ts";

const root = join(import.meta.dirname, "../../..");
const version = natsServerVersion();
if (version === undefined) process.stderr.write("SKIPPED: nats-server is not installed: apt-get install nats-server\n");
/** A busy machine starts a core from source in a quarter of it. */
const START_MS = 60_000;
const BOTH_MS = 30_000;

class Host {
  readonly dir: string;
  readonly end: () => Promise<void>;
  readonly #url: string;
  #process: ChildProcess | undefined;

  private constructor(dir: string, url: string, end: () => Promise<void>) {
    this.dir = dir;
    this.end = end;
    this.#url = url;
  }

  static async start(url: string): Promise<Host> {
    const { dir, end } = await freshDataDir();
    const host = new Host(dir, url, end);
    await mkdir(join(dir, "home"), { recursive: true });
    await host.start();
    return host;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(root, "test/support/serveOnOldNats.ts"), this.dir, this.#url], {
      env: { ...process.env, HOME: join(this.dir, "home") },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process = child;
    await within("serve is ready", once(createInterface({ input: child.stdout }), "line"), START_MS);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  }

  async tree(): Promise<string> {
    return (await runCli(this.dir, "tree")).stdout;
  }

  sees(what: string, is: (tree: string) => boolean): Promise<string> {
    return eventually(
      what,
      async () => {
        const tree = await this.tree();
        return is(tree) ? tree : undefined;
      },
      BOTH_MS,
    );
  }

  async up(name: string): Promise<void> {
    const file = join(this.dir, `${name}.yaml`);
    await writeFile(file, `version: 1\nname: ${name}\nchildren:\n  - id: ${name}-agent\n    command: sleep 1000\n`);
    expect(await runCli(this.dir, "up", file)).toMatchObject({ code: 0 });
  }
}

describe.skipIf(version === undefined)(`two machines on a real NATS server ${version ?? ""}`, () => {
  let server: NatsServer;
  const hosts: Host[] = [];
  beforeAll(async () => {
    server = await NatsServer.start();
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.kill("SIGTERM")));
    await Promise.all(hosts.map((host) => host.end()));
    await server.end();
  });

  it(
    "see each other's agents, only see them, notice a kill -9 and a return, and a server that goes and comes back",
    { timeout: 240_000 },
    async () => {
      const [one, two] = await Promise.all([Host.start(server.url), Host.start(server.url)]);
      hosts.push(one, two);
      await Promise.all([one.up("alpha"), two.up("beta")]);
      const seen = await one.sees("one sees two's agent", (tree) => tree.includes("beta-agent"));
      expect(seen).toContain("(another machine, online; steer it there)");
      await two.sees("two sees one's agent", (tree) => tree.includes("alpha-agent"));

      const refused = await runCli(one.dir, "stop", "beta/beta-agent");
      expect(refused).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("forbidden: beta/beta-agent is on the machine"),
      });

      await two.kill("SIGKILL");
      await one.sees("two is away", (tree) => tree.includes("not heard of for") && tree.includes("beta-agent"));
      await two.start();
      await one.sees("two is back", (tree) => tree.includes("another machine, online") && tree.includes("beta-agent"));

      await server.kill();
      await one.sees("nobody knows", (tree) => tree.includes("NATS does not answer"));
      await server.startAgain();
      await one.sees("the connection is back", (tree) => tree.includes("another machine, online"));
    },
  );
});

/** The product itself, as a person starts it; answers what it said when it ended. */
async function serve(...args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const { dir, end } = await freshDataDir();
  const child = spawn(process.execPath, [join(root, "electron/headless.ts"), "--data", dir, "--port", "0", ...args], {
    env: { ...process.env, HOME: dir },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await within("serve refuses", once(child, "exit"), START_MS);
  await end();
  return { code: child.exitCode, said };
}

describe.skipIf(version === undefined)("serve --nats says what is missing, and ends", () => {
  it("nobody there, no address, a server that is too old", { timeout: 120_000 }, async () => {
    const isOld = version !== undefined && !isNewEnough(version);
    const server = isOld ? await NatsServer.start() : undefined;
    const [away, wrong, old] = await Promise.all([
      serve("--nats", "nats://127.0.0.1:1"),
      serve("--nats", "http://lab"),
      server === undefined ? undefined : serve("--nats", server.url),
    ]);
    await server?.end();
    expect(away).toMatchObject({ code: 1, said: expect.stringContaining("cannot be reached") });
    expect(wrong).toMatchObject({ code: 1, said: expect.stringContaining("begins with nats:// or tls://") });
    if (old !== undefined)
      expect(old).toMatchObject({
        code: 1,
        said: expect.stringContaining(`is version ${version ?? ""}; a fleet of machines needs 2.10`),
      });
  });
});
