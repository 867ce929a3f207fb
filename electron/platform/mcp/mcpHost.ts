/**
 * Model Context Protocol servers of this app, over pipes and over HTTP. Those over pipes are children of this process
 * and never outlive it: a guard beside it ends them if it dies, and what an earlier death left is ended before the first.
 */
import { randomUUID } from "node:crypto";
import { homedir } from "node:os";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Client } from "@modelcontextprotocol/client";
import type { Logger } from "#core/ports/logger.ts";
import type { Machine } from "#core/ports/machine.ts";
import type {
  McpConnection,
  McpConnectOptions,
  McpEnd,
  McpFailure,
  McpHost,
  McpTarget,
} from "#core/ports/mcpClient.ts";
import type { ProcessIdentity } from "#platform/processTree.ts";
import { postGuard, type Guard } from "#platform/processTreeGuard.ts";
import {
  forgetToolServer,
  forgetToolServers,
  myIdentity,
  noteToolServer,
  sweepToolServers,
} from "#platform/processTreeTools.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { ToolServerTransport } from "#shared/model/toolServer.ts";
import { boundedFetch } from "./boundedFetch.ts";
import { expandAddress, expandArguments, expandVariables } from "./expandVariables.ts";
import { failure, toFailure } from "./failures.ts";
import { connectionOf, createClient, type Line } from "./mcpConnection.ts";
import { compileSchema } from "./schemaCheck.ts";
import { hideSecrets, hidingConnection, hidingOptions } from "./quotedSecrets.ts";
import { MOST_MESSAGE_BYTES, StdioWire } from "./stdioWire.ts";

export interface McpHostOptions {
  readonly dataDir: string;
  readonly version: string;
  readonly machine: Pick<Machine, "which" | "environment">;
  /** The keeper's program, which knows how to sweep. */
  readonly nodePath: string;
  readonly sweeper: string;
  readonly logger: Logger;
}

/** A local server answers `server/discover` at once, or does not know it; one that starts slowly has not read it yet. */
const PROBE_MS = 10_000;

type Stdio = Extract<ToolServerTransport, { type: "stdio" }>;
type Http = Extract<ToolServerTransport, { type: "http" }>;
type Connected = Result<McpConnection, McpFailure>;

export function openMcpHost(options: McpHostOptions): McpHost {
  const host = new Host(options);
  return {
    connect: (target, how) => host.connect(target, how),
    compile: async (schema) => compileSchema(schema),
    killAll: () => host.killAll(),
    close: () => host.close(),
  };
}

class Host {
  readonly #options: McpHostOptions;
  readonly #wires = new Map<string, StdioWire>();
  /** Commands that died of the question whether they speak the newer era; they are not asked again. */
  readonly #older = new Set<string>();
  #ready: Promise<ProcessIdentity | undefined> | undefined;
  #guard: Guard | undefined;
  #isClosed = false;

  constructor(options: McpHostOptions) {
    this.#options = options;
  }

  async connect(target: McpTarget, how: McpConnectOptions): Promise<Connected> {
    if (this.#isClosed) return { ok: false, error: failure("unreached", "Signalbox is closing.") };
    const { transport } = target;
    const hide = hideSecrets(transport, await this.#options.machine.environment());
    const hiding = hidingOptions(how, hide);
    const connected =
      transport.type === "http" ? this.#connectHttp(transport, hiding) : this.#connectStdio(transport, hiding);
    return hidingConnection(await connected, hide);
  }

  async #connectStdio(transport: Stdio, how: McpConnectOptions): Promise<Connected> {
    const key = JSON.stringify([transport.command, transport.args]);
    const first = await this.#tryStdio(transport, how, this.#older.has(key) ? "legacy" : "auto");
    if (first.ok || first.wire === undefined || !first.diedOfTheQuestion) return first;
    // Servers of older SDKs may end at a request they do not know; a fresh process is greeted as they expect.
    const second = await this.#tryStdio(transport, how, "legacy");
    if (second.ok) this.#older.add(key);
    return second;
  }

  async #tryStdio(
    transport: Stdio,
    how: McpConnectOptions,
    mode: "auto" | "legacy",
  ): Promise<Connected & { wire?: StdioWire; diedOfTheQuestion?: boolean }> {
    const wire = await this.#wireFor(transport, how);
    if (!wire.ok) return wire;
    const line: Line = {
      transport: wire.value,
      ended: wire.value.ended,
      isOpen: () => !wire.value.hasEnded,
      shutdown: () => void wire.value.close(),
      kill: () => void wire.value.kill(),
    };
    const { version } = this.#options;
    const probeMs = Math.min(PROBE_MS, how.timeoutMs / 2);
    const client = createClient({ version, onToolsChanged: how.onToolsChanged, mode, probeMs });
    const connected = await this.#handshake(client, line, how);
    if (connected.ok) return connected;
    const isGone = wire.value.hasEnded;
    void wire.value.kill();
    const end = await wire.value.ended;
    const detail = isGone && end.type !== "stopped" ? end.detail : connected.error.message;
    const error = { ...connected.error, message: detail };
    return {
      ok: false,
      error,
      wire: wire.value,
      diedOfTheQuestion: isGone && mode === "auto" && end.type === "exited",
    };
  }

  async #wireFor(transport: Stdio, how: McpConnectOptions): Promise<Result<StdioWire, McpFailure>> {
    const { machine, dataDir } = this.#options;
    const cwd = transport.cwd ?? homedir();
    const environment = await machine.environment();
    const file = await machine.which(transport.command, cwd);
    if (file === undefined)
      return unreached(`${transport.command} was not found on the PATH. Install it or correct the command.`);
    const expanded = expandVariables(transport.env, environment);
    if (!expanded.ok) return unreached(expanded.error.message);
    const app = await this.#prepare();
    const mark = randomUUID();
    if (app !== undefined) await noteToolServer(dataDir, app, mark);
    if (how.signal.aborted || this.#isClosed) return unreached("It was told to stop before it had started.");
    const env = { ...environment, ...expanded.value };
    const args = expandArguments(transport, env);
    const wire = new StdioWire({ file, args, cwd, env, mark, onTrouble: how.onTrouble });
    this.#wires.set(mark, wire);
    void wire.ended.then(async () => {
      this.#wires.delete(mark);
      if (app !== undefined) await forgetToolServer(dataDir, app, mark).catch(() => undefined);
    });
    return ok(wire);
  }

  async #connectHttp(transport: Http, how: McpConnectOptions): Promise<Connected> {
    const environment = await this.#options.machine.environment();
    const expanded = expandVariables(transport.headers, environment);
    if (!expanded.ok) return unreached(expanded.error.message);
    const address = expandAddress(transport.url, environment);
    if (!address.ok) return unreached(address.error.message);
    const http = new StreamableHTTPClientTransport(new URL(address.value), {
      requestInit: { headers: expanded.value },
      fetch: boundedFetch(MOST_MESSAGE_BYTES),
    });
    const { promise: ended, resolve } = Promise.withResolvers<McpEnd>();
    let isStopping = false;
    const client = createClient({
      version: this.#options.version,
      onToolsChanged: how.onToolsChanged,
      mode: "auto",
      probeMs: how.timeoutMs,
    });
    const end = (): void => {
      isStopping = true;
      resolve({ type: "stopped", detail: "The connection was closed.", isClean: true });
      void client.close().catch(() => undefined);
    };
    const connected = await this.#handshake(
      client,
      { transport: http, ended, isOpen: () => !isStopping, shutdown: end, kill: end },
      how,
    );
    if (!connected.ok) {
      end();
      return connected;
    }
    client.onclose = () => {
      if (!isStopping) resolve({ type: "lost", detail: "The connection was lost.", isClean: false });
    };
    return connected;
  }

  async #handshake(client: Client, line: Line, how: McpConnectOptions): Promise<Connected> {
    try {
      const abort = (): void => line.kill();
      how.signal.addEventListener("abort", abort, { once: true });
      await client.connect(line.transport, { timeout: how.timeoutMs, signal: how.signal });
      how.signal.removeEventListener("abort", abort);
      return ok(connectionOf(client, line));
    } catch (error) {
      return { ok: false, error: toFailure(error, how.timeoutMs) };
    }
  }

  /** Before the first server of this app: the dead are swept, and the guard is posted. */
  #prepare(): Promise<ProcessIdentity | undefined> {
    this.#ready ??= this.#prepareOnce();
    return this.#ready;
  }

  async #prepareOnce(): Promise<ProcessIdentity | undefined> {
    const { dataDir, nodePath, sweeper, logger } = this.#options;
    const { killed } = await sweepToolServers(dataDir);
    if (killed > 0) logger.info("Tool servers that an earlier start left running were ended.", { killed });
    const app = await myIdentity();
    if (app === undefined) return undefined;
    const sweep = [nodePath, sweeper, "--data", dataDir, "--sweep", `tools:${app.pid}:${app.startTime}`] as const;
    this.#guard = postGuard({ sweep: [...sweep], log: (message) => logger.warn(message), stderr: "ignore" });
    return app;
  }

  async killAll(): Promise<{ killed: number }> {
    const counts = await Promise.all([...this.#wires.values()].map((wire) => wire.kill()));
    return { killed: counts.reduce((sum, count) => sum + count, 0) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const wires = [...this.#wires.values()];
    for (const wire of wires) void wire.kill();
    await Promise.all(wires.map((wire) => wire.ended));
    const app = await this.#ready;
    this.#guard?.dismiss();
    if (app !== undefined) await forgetToolServers(this.#options.dataDir, app);
  }
}

function unreached(message: string): { ok: false; error: McpFailure } {
  return { ok: false, error: failure("unreached", message) };
}
