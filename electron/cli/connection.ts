/** From a data directory to a connected client: the app's socket is found by the shared rule and must be our own. */
import { createHash } from "node:crypto";
import { lstatSync, realpathSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { WebSocket } from "ws";
import { socketPaths } from "#shared/lib/runtimePaths.ts";
import type { Result } from "#shared/model/result.ts";
import { fail } from "#shared/model/result.ts";
import { createRpcClient } from "#shared/rpc/client.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import type { ClientMessage, ClientWire } from "#shared/rpc/protocol.ts";
import { frameWire } from "#shared/rpc/wires.ts";

/** A server that is there answers at once; one that is stopped must not hold a script for ever. */
const CONNECT_TIMEOUT_MS = 5_000;
/** After our close the server's takes a moment; nobody waits longer. */
const CLOSE_PATIENCE_MS = 300;

/** `not_running` when no app serves this data directory; `unsupported` for one of another version. */
export async function connectToApp(dataDir: string, timeoutMs = CONNECT_TIMEOUT_MS): Promise<Result<ConnectedClient>> {
  for (const path of candidates(dataDir)) {
    const wire = await openSocket(path, timeoutMs);
    if (wire === undefined) continue;
    const client = createRpcClient(wire, { client: "cli", newId: () => crypto.randomUUID() });
    const greeting = await client.ready;
    return greeting.ok ? { ok: true, value: client } : greeting;
  }
  return fail(
    "not_running",
    `No Signalbox runs on ${dataDir}. Open the app, or start it with "signalbox serve --data ${dataDir}".`,
  );
}

function candidates(dataDir: string): readonly string[] {
  const realDir = realPathOf(dataDir);
  if (realDir === undefined) return [];
  const uid = process.getuid?.();
  const paths = socketPaths(
    {
      platform: process.platform,
      xdgRuntimeDir: process.env["XDG_RUNTIME_DIR"],
      tmpDir: tmpdir(),
      uid: uid ?? 0,
      hash: createHash("sha256").update(realDir).digest("hex").slice(0, 12),
    },
    "app",
  );
  return uid === undefined ? paths : paths.filter((path) => isOwnFolder(dirname(path), uid));
}

function realPathOf(dir: string): string | undefined {
  try {
    return realpathSync(dir);
  } catch {
    return undefined;
  }
}

/** In a shared /tmp somebody else could have made the folder first, to hear what we say. */
function isOwnFolder(dir: string, uid: number): boolean {
  try {
    const stat = lstatSync(dir);
    return stat.isDirectory() && stat.uid === uid && (stat.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

function openSocket(path: string, timeoutMs: number): Promise<ClientWire | undefined> {
  const socket = new WebSocket("ws://localhost/rpc", ["signalbox.v1"], {
    // The handshake's time-out is the socket's, and a socket made here must be given it; ws ends it with the handshake.
    createConnection: () => connect({ path, timeout: timeoutMs }),
    perMessageDeflate: false,
    handshakeTimeout: timeoutMs,
    // The server is ours; its snapshots of a large tree may be larger than any limit worth naming.
    maxPayload: 0,
  });
  const end = frameWire<ClientMessage>({
    send: (frame) => socket.send(frame),
    close: (code, reason) => {
      socket.close(code, reason);
      setTimeout(() => socket.terminate(), CLOSE_PATIENCE_MS).unref();
    },
    bufferedAmount: () => socket.bufferedAmount,
  });
  socket.on("message", (data, isBinary) => {
    const bytes = Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
    end.deliver(isBinary ? bytes : bytes.toString("utf8"));
  });
  return new Promise((resolve) => {
    socket.on("open", () => resolve(end.wire));
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => {
      end.closed();
      resolve(undefined);
    });
  });
}
