/** A real nats-server on loopback for one suite: started and ended by its pid, its files in a folder of its own. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { within } from "./deadline.ts";

/** The version of the installed server, without its `v`; undefined where there is none. */
export function natsServerVersion(): string | undefined {
  try {
    return /v(\d+\.\d+\.\S+)/.exec(execFileSync("nats-server", ["--version"], { encoding: "utf8" }))?.[1];
  } catch {
    return undefined;
  }
}

export interface NatsServerStart {
  readonly isWithoutJetStream?: boolean;
  readonly user?: string;
  readonly password?: string;
}

export class NatsServer {
  readonly port: number;
  readonly #dir: string;
  readonly #options: NatsServerStart;
  #process: ChildProcess;

  private constructor(
    child: ChildProcess,
    { port, dir, options }: { port: number; dir: string; options: NatsServerStart },
  ) {
    this.#process = child;
    this.port = port;
    this.#dir = dir;
    this.#options = options;
  }

  static async start(options: NatsServerStart = {}): Promise<NatsServer> {
    const dir = await mkdtemp(join(tmpdir(), "signalbox-nats-"));
    const { child, port } = await launch(-1, dir, options);
    return new NatsServer(child, { port, dir, options });
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** As a crash of the machine would; its files stay. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await gone;
  }

  /** On the same port, with the same files. */
  async startAgain(): Promise<void> {
    this.#process = (await launch(this.port, this.#dir, this.#options)).child;
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function launch(
  port: number,
  dir: string,
  { isWithoutJetStream = false, user, password }: NatsServerStart,
): Promise<{ child: ChildProcess; port: number }> {
  const args = ["-a", "127.0.0.1", "-p", String(port)];
  if (!isWithoutJetStream) args.push("-js", "-sd", dir);
  if (user !== undefined) args.push("--user", user, "--pass", password ?? "");
  const child = spawn("nats-server", args, { stdio: ["ignore", "ignore", "pipe"] });
  const ready = new Promise<number>((resolve, reject) => {
    let listensOn = port;
    const lines: string[] = [];
    createInterface({ input: child.stderr }).on("line", (line) => {
      lines.push(line);
      listensOn = Number(/Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(line)?.[1] ?? listensOn);
      if (line.includes("Server is ready")) resolve(listensOn);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`nats-server ended with ${code}: ${lines.slice(-5).join("\n")}`)));
  });
  return { child, port: await within("nats-server is ready", ready) };
}
