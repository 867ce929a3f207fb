/** The built keeper in its own process, on a data directory of its own, with a client that does what the core does. */
import { spawn } from "node-pty";
import type { IPty } from "node-pty";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutputSink } from "#core/ports/ptyHost.ts";
import type { KeeperHost } from "#platform/keeperHost.ts";
import { startHarness } from "#test/support/keeperHarness.ts";
import type { KeeperHarness } from "#test/support/keeperHarness.ts";
import type { SpawnRequest } from "#shared/rpc/keeperProtocol.ts";
import type { Bench } from "./bench.ts";

const BUNDLE = join(import.meta.dirname, "../../out/keeper.js");
const COLS = 80;
const ROWS = 24;

export interface BuiltKeeper {
  readonly harness: KeeperHarness;
  readonly host: KeeperHost;
  /** Returns the session's id. With a sink, the session is followed from its first byte, as the core does. */
  spawn(command: readonly string[], sink?: OutputSink): Promise<string>;
  logDir(sessionId: string): string;
  /** Ends every session and forgets it. */
  clear(): Promise<void>;
}

export async function startKeeper(bench: Bench): Promise<BuiltKeeper> {
  const harness = await startHarness({ bundle: BUNDLE });
  bench.defer(() => harness.dispose());
  const host = await harness.newHost();
  const sessions: string[] = [];
  return {
    harness,
    host,
    spawn: async (command, sink) => {
      const request = requestOf(command);
      const spawned = await host.spawn(request);
      if (!spawned.ok) throw new Error(spawned.error.message);
      sessions.push(request.sessionId);
      if (sink !== undefined) host.attach(request.sessionId, 0, sink);
      return request.sessionId;
    },
    logDir: (sessionId) => join(harness.dataDir, "sessions", sessionId),
    clear: async () => {
      await host.killAll();
      for (const sessionId of sessions.splice(0)) await host.forget(sessionId);
    },
  };
}

function requestOf([file = "", ...args]: readonly string[]): SpawnRequest {
  return {
    sessionId: crypto.randomUUID(),
    tag: { path: "bench/agent", generation: 1, agent: "command" },
    file,
    args,
    cwd: tmpdir(),
    env: plainEnv(),
    cols: COLS,
    rows: ROWS,
  };
}

/** node-pty as its documentation shows it, with buffers instead of strings. */
export function spawnBare([file = "", ...args]: readonly string[]): IPty {
  return spawn(file, args, { cols: COLS, rows: ROWS, cwd: tmpdir(), env: plainEnv(), encoding: null });
}

export function plainEnv(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C.UTF-8" };
}
