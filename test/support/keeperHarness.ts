/** A real keeper in a throw-away data directory, and small programs for it to run. */
import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "#core/ports/logger.ts";
import type { OutputSink } from "#core/ports/ptyHost.ts";
import { createKeeperHost, type KeeperHost } from "#platform/keeperHost.ts";
import { ensureKeeper, listRunningKeepers, type KeeperLaunchOptions } from "#platform/keeperLaunch.ts";
import { findPtyBindingDir } from "#platform/nodePty.ts";
import { encodeKeeperFrame, KeeperFrameReader } from "#shared/rpc/keeperFrames.ts";
import {
  KEEPER_PROTOCOL,
  keeperMessageSchema,
  type KeeperExit,
  type KeeperMessage,
  type SpawnRequest,
} from "#shared/rpc/keeperProtocol.ts";

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const DEADLINE_MS = 20_000;

export interface KeeperHarness {
  readonly dataDir: string;
  readonly options: KeeperLaunchOptions;
  /** A new client, as a core that starts. */
  newHost(): Promise<KeeperHost>;
  keeperPid(): Promise<number>;
  /** A connection below the host, for bad manners; with a hello unless `greet` is false. */
  rawClient(greet?: boolean): Promise<RawClient>;
  /** Ends keeper and sessions, removes the directory. */
  dispose(): Promise<void>;
}

export async function startHarness(overrides: Partial<KeeperLaunchOptions> = {}): Promise<KeeperHarness> {
  const dataDir = overrides.dataDir ?? (await mkdtemp(join(await realpath(tmpdir()), "signalbox-keeper-")));
  const hosts: KeeperHost[] = [];
  const options: KeeperLaunchOptions = {
    dataDir,
    bundle: new URL("../../electron/keeper/main.ts", import.meta.url).pathname,
    nodePath: process.execPath,
    nativeDir: findPtyBindingDir(),
    version: "test",
    ...overrides,
  };
  return {
    dataDir,
    options,
    newHost: async () => {
      const host = createKeeperHost(options, silent);
      hosts.push(host);
      const connected = await host.connect();
      if (!connected.ok) throw new Error(connected.error.message);
      return host;
    },
    keeperPid: async () => {
      const [keeper] = await listRunningKeepers(dataDir);
      if (keeper === undefined) throw new Error("no keeper runs");
      return keeper.endpoint.pid;
    },
    rawClient: async (greet = true) => {
      const keeper = await ensureKeeper(options);
      if (!keeper.ok) throw new Error(keeper.error.message);
      const client = new RawClient(keeper.value.endpoint.socket);
      if (greet) {
        client.send({ op: "hello", id: 1, protocol: KEEPER_PROTOCOL, role: "cli", token: keeper.value.token });
        await client.untilMessage((message) => message.op === "hello");
      }
      return client;
    },
    dispose: async () => {
      for (const host of hosts) host.close();
      for (const { endpoint } of await listRunningKeepers(dataDir)) {
        process.kill(endpoint.pid, "SIGTERM");
        process.kill(endpoint.pid, "SIGCONT");
      }
      await until(async () => (await listRunningKeepers(dataDir)).length === 0, "the keeper to leave");
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export function shellRequest(script: string, extra: Partial<SpawnRequest> = {}): SpawnRequest {
  return {
    sessionId: randomUUID(),
    tag: { path: "test/agent", generation: 1, agent: "command" },
    file: "/bin/sh",
    args: ["-c", script],
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C.UTF-8" },
    cols: 80,
    rows: 24,
    ...extra,
  };
}

/** Collects a session's output and waits for things in it. */
export class Recorder implements OutputSink {
  readonly #chunks: Buffer[] = [];
  readonly #waiters = new Set<() => void>();
  offset: number;
  length = 0;
  exited: KeeperExit | undefined;

  constructor(from = 0) {
    this.offset = from;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString("utf8");
  }

  get sha256(): string {
    return sha256(this.bytes);
  }

  data(offset: number, bytes: Uint8Array): void {
    if (offset !== this.offset) throw new Error(`a gap or a repeat: expected ${this.offset}, got ${offset}`);
    this.#chunks.push(Buffer.from(bytes));
    this.offset += bytes.byteLength;
    this.length += bytes.byteLength;
    this.#wake();
  }

  exit(exit: KeeperExit): void {
    this.exited = exit;
    this.#wake();
  }

  async untilText(part: string): Promise<void> {
    await this.#until(() => this.text.includes(part), `output with ${JSON.stringify(part)}`);
  }

  async untilLength(length: number): Promise<void> {
    await this.#until(() => this.length >= length, `${length} bytes of output`);
  }

  async untilExit(): Promise<KeeperExit> {
    await this.#until(() => this.exited !== undefined, "the exit");
    if (this.exited === undefined) throw new Error("unreachable");
    return this.exited;
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () =>
        reject(new Error(`waited ${DEADLINE_MS} ms for ${what}; have ${this.length} bytes: ${this.text.slice(-300)}`)),
      DEADLINE_MS,
    );
    const check = (): void => {
      if (condition()) resolve();
    };
    this.#waiters.add(check);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(check);
    }
  }

  #wake(): void {
    for (const waiter of this.#waiters) waiter();
  }
}

/** Speaks the wire format itself and remembers what came back. */
export class RawClient {
  readonly messages: KeeperMessage[] = [];
  readonly #socket: Socket;
  readonly #reader = new KeeperFrameReader();
  isClosed = false;

  constructor(path: string) {
    this.#socket = connect(path);
    this.#socket.on("data", (chunk) => {
      for (const { header } of this.#reader.push(chunk)) this.messages.push(keeperMessageSchema.parse(header));
    });
    this.#socket.on("close", () => (this.isClosed = true));
    this.#socket.on("error", () => undefined);
  }

  send(header: object, bytes?: Uint8Array): void {
    this.#socket.write(encodeKeeperFrame(header, bytes));
  }

  sendRaw(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }

  async untilMessage(matches: (message: KeeperMessage) => boolean): Promise<KeeperMessage> {
    await until(() => this.messages.some(matches), "a message of the keeper");
    const found = this.messages.find(matches);
    if (found === undefined) throw new Error("unreachable");
    return found;
  }

  async untilClosed(): Promise<void> {
    await until(() => this.isClosed, "the connection to be ended");
  }
}

/** Looks every few milliseconds until the condition holds; for things of the system that send no event. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  deadlineMs = DEADLINE_MS,
): Promise<number> {
  const began = performance.now();
  while (!(await condition())) {
    if (performance.now() - began > deadlineMs) throw new Error(`waited ${deadlineMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - began;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Living processes whose environment or command line mentions `mark`. */
export async function processesWith(mark: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const stat = await readFile(`/proc/${name}/stat`, "latin1");
      if (/\) [ZX] /.test(stat)) continue;
      const texts = await Promise.all([
        readFile(`/proc/${name}/environ`, "latin1"),
        readFile(`/proc/${name}/cmdline`, "latin1"),
      ]);
      if (texts.some((text) => text.includes(mark))) found.push(Number(name));
    } catch {
      // Gone meanwhile.
    }
  }
  return found;
}

/** The spawned session, recorded from its first byte. */
export async function run(host: KeeperHost, request: SpawnRequest): Promise<Recorder> {
  const spawned = await host.spawn(request);
  if (!spawned.ok) throw new Error(spawned.error.message);
  const recorder = new Recorder();
  host.attach(request.sessionId, 0, recorder);
  return recorder;
}
