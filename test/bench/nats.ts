/** A JetStream server on loopback for one row, and as much of its protocol as a fast publisher and a reader need. */
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { eventually } from "#test/support/deadline.ts";
import type { Bench } from "./bench.ts";
import { runProgram } from "./programs.ts";

export interface NatsServer {
  readonly version: string;
  readonly url: string;
  connect(): Promise<NatsClient>;
}

/** Ends with the row. `sync` "always" flushes each message to disk before it is acknowledged (2.10 and later). */
export async function startNats(bench: Bench, program: string, sync?: "always"): Promise<NatsServer> {
  const dir = join(bench.dir, `nats-${crypto.randomUUID()}`);
  await mkdir(dir);
  const port = await freePort();
  const config = join(dir, "nats.conf");
  const interval = sync === undefined ? "" : `sync_interval: ${sync}`;
  await writeFile(config, `listen: "127.0.0.1:${port}"\njetstream {\n store_dir: "${dir}"\n ${interval}\n}\n`);
  const server = spawn(program, ["-c", config], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  server.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  bench.defer(() => server.kill("SIGKILL"));
  await eventually("nats-server is ready", () => {
    if (server.exitCode !== null) throw new Error(`nats-server ended: ${said.trim().split("\n").at(-1) ?? ""}`);
    return said.includes("Server is ready");
  });
  const { stdout } = await runProgram(program, ["--version"]);
  return {
    version: stdout.trim().replace("nats-server: ", ""),
    url: `nats://127.0.0.1:${port}`,
    connect: () => NatsClient.open(port),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Counts messages of one inbox; headers are parsed, payloads skipped or kept. */
export class NatsClient {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #waiting: { count: number; resolve: () => void } | undefined;
  received = 0;
  lastPayload = "";

  static async open(port: number): Promise<NatsClient> {
    const socket = connect(port, "127.0.0.1");
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new NatsClient(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#read(chunk));
    socket.write('CONNECT {"verbose":false,"pedantic":false}\r\nSUB inbox.* 1\r\nSUB replay 2\r\n');
  }

  publish(subject: string, payload: string | Buffer): void {
    this.#socket.write(`PUB ${subject} inbox.a ${Buffer.byteLength(payload)}\r\n`);
    this.#socket.write(payload);
    this.#socket.write("\r\n");
  }

  /** All in one write: what a client library that batches would do. */
  publishMany(subject: string, payload: Buffer, count: number): void {
    const one = Buffer.concat([
      Buffer.from(`PUB ${subject} inbox.a ${payload.length}\r\n`),
      payload,
      Buffer.from("\r\n"),
    ]);
    this.#socket.write(Buffer.concat(Array.from({ length: count }, () => one)));
  }

  async request(subject: string, body: object): Promise<string> {
    const before = this.received;
    this.publish(subject, JSON.stringify(body));
    await this.until(before + 1);
    if (this.lastPayload.includes('"error"')) throw new Error(this.lastPayload);
    return this.lastPayload;
  }

  /** Resolves when that many messages have come since the beginning. */
  async until(count: number): Promise<void> {
    if (this.received >= count) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = { count, resolve };
    await promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    let buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = buffer.indexOf("\r\n");
      if (end < 0) break;
      const line = buffer.toString("latin1", 0, end);
      if (line.startsWith("PING")) this.#socket.write("PONG\r\n");
      if (!line.startsWith("MSG")) {
        buffer = buffer.subarray(end + 2);
        continue;
      }
      const size = Number(line.slice(line.lastIndexOf(" ") + 1));
      if (buffer.length < end + 2 + size + 2) break;
      this.received += 1;
      if (line.startsWith("MSG inbox.")) this.lastPayload = buffer.toString("utf8", end + 2, end + 2 + size);
      buffer = buffer.subarray(end + 2 + size + 2);
    }
    this.#rest = buffer;
    if (this.#waiting !== undefined && this.received >= this.#waiting.count) this.#waiting.resolve();
  }
}
