/**
 * The keeper's door: a private socket that comes back when somebody deletes it, the clients, and the decision to
 * leave: 30 s after the last session ended while no app is connected.
 */
import { watch, type FSWatcher } from "node:fs";
import { chmod, lstat, rmdir, unlink } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { dirname } from "node:path";
import { Connection, type ConnectionDeps } from "./connection.ts";
import { makeSocketDirectory } from "./socketDirectory.ts";

export interface KeeperServerDeps extends Pick<ConnectionDeps, "table" | "token" | "version" | "dataDir" | "log"> {
  readonly socket: string;
  readonly idleMs: number;
  /** Nothing is left to keep. */
  readonly onIdle: () => void;
}

/** Clients get this long to take what is still on its way to them. */
const CLOSE_WITHIN_MS = 1000;
const LISTEN_RETRY_MS = 100;

export class KeeperServer {
  readonly #deps: KeeperServerDeps;
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;
  #watcher: FSWatcher | undefined;
  #coreCount = 0;
  #isDraining = false;
  #isLeaving = false;
  #isReturning = false;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(deps: KeeperServerDeps) {
    this.#deps = deps;
  }

  get hasCore(): boolean {
    return this.#coreCount > 0;
  }

  /** Call only while holding the keeper's lock: an old socket file is removed. */
  async listen(): Promise<void> {
    const { socket } = this.#deps;
    const isPipe = process.platform === "win32";
    if (!isPipe) {
      await makeSocketDirectory(dirname(socket));
      await unlink(socket).catch(() => undefined);
    }
    const server = createServer((client) => this.#accept(client));
    server.on("error", (error) => this.#deps.log(`the socket failed: ${String(error)}`));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(socket, () => resolve());
    });
    this.#server = server;
    if (!isPipe) {
      await chmod(socket, 0o600);
      this.#watchSocket();
    }
    this.reconsiderLeaving();
  }

  /** A session began or ended, or a client came or went. */
  reconsiderLeaving(): void {
    const isNeeded = this.#deps.table.liveCount > 0 || (this.#coreCount > 0 && !this.#isDraining);
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    if (isNeeded || this.#isLeaving) return;
    this.#idleTimer = setTimeout(() => this.#deps.onIdle(), this.#deps.idleMs);
  }

  /** Takes no new client and lets go of the present ones. */
  async close(): Promise<void> {
    this.#isLeaving = true;
    clearTimeout(this.#idleTimer);
    this.#watcher?.close();
    const server = this.#server;
    this.#server = undefined;
    for (const connection of this.#connections) connection.close();
    // Closing the server also removes the socket file.
    const closed = new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
    // Only when it is empty: another version, or the app, may have its socket there.
    if (process.platform !== "win32") await rmdir(dirname(this.#deps.socket)).catch(() => undefined);
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, CLOSE_WITHIN_MS))]);
  }

  #accept(client: ConstructorParameters<typeof Connection>[0]): void {
    const connection = new Connection(client, {
      ...this.#deps,
      isDraining: () => this.#isDraining,
      drain: () => {
        this.#isDraining = true;
        this.reconsiderLeaving();
      },
      undrain: () => {
        this.#isDraining = false;
      },
      onRole: (role) => {
        if (role === "core") this.#coreCount += 1;
        this.reconsiderLeaving();
      },
      onClosed: (role) => {
        this.#connections.delete(connection);
        if (role === "core") this.#coreCount -= 1;
        this.reconsiderLeaving();
      },
    });
    this.#connections.add(connection);
  }

  /** Somebody who cleans a temporary directory must not cut the agents off from their app. */
  #watchSocket(): void {
    this.#watcher?.close();
    this.#watcher = watch(dirname(this.#deps.socket), () => void this.#listenAgainIfGone());
    this.#watcher.on("error", () => void this.#listenAgainIfGone());
  }

  async #listenAgainIfGone(): Promise<void> {
    if (this.#isReturning || this.#isLeaving || (await isThere(this.#deps.socket))) return;
    if (this.#isReturning || this.#isLeaving) return;
    this.#isReturning = true;
    this.#deps.log("the socket file was removed; listening again");
    // Whoever removed it may still be at it: the directory goes after the file.
    while (!this.#isLeaving && !(await this.#listenOnce())) {
      await new Promise((resolve) => setTimeout(resolve, LISTEN_RETRY_MS));
    }
    this.#isReturning = false;
    // Removed once more between the last look and now: its event was passed over.
    await this.#listenAgainIfGone();
  }

  /** True when the socket is there and stays. */
  async #listenOnce(): Promise<boolean> {
    // Connected clients stay; only the listening end is replaced.
    this.#server?.close();
    this.#server = undefined;
    try {
      await this.listen();
      return await isThere(this.#deps.socket);
    } catch (error) {
      this.#deps.log(`could not listen again: ${String(error)}`);
      return false;
    }
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch {
    return false;
  }
}
