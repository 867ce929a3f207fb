/** A fake for looking at screens: the real client and the real server joined in memory, over the fake core. */
import { createMemoryPair } from "#shared/rpc/memoryPair.ts";
import { createReconnectingClient } from "#shared/rpc/reconnectingClient.ts";
import type { ReconnectingClient } from "#shared/rpc/reconnectingClient.ts";
import { serveConnection } from "#shared/rpc/server.ts";
import type { ServedConnection } from "#shared/rpc/server.ts";
import { createDemoCore, type DemoCore, type DemoOptions } from "./demoCore.ts";

export interface DemoClient {
  readonly core: DemoCore;
  readonly client: ReconnectingClient;
  /** Cuts the connection and refuses new ones until `reconnect`. */
  disconnect(): void;
  reconnect(): void;
}

export function createDemoClient(options: DemoOptions = {}): DemoClient {
  const core = createDemoCore(options);
  let served: ServedConnection | undefined;
  let isReachable = true;
  let lastId = 0;
  const connect = async () => {
    if (!isReachable) throw new Error("Signalbox does not answer.");
    const pair = createMemoryPair();
    served = serveConnection(pair.server, core.handlers, {
      version: "0.1.0",
      generation: "demo",
      actor: "person",
      logger: {
        warn() {},
        error: (message, fields) => core.calls.push({ name: "server.error", input: { message, fields } }),
      },
    });
    return pair.client;
  };
  const client = createReconnectingClient(connect, {
    client: "browser",
    newId: () => `demo-${(lastId += 1)}`,
    timers: {
      wallNow: () => Date.now(),
      after(delayMs, task) {
        const timer = setTimeout(task, delayMs);
        return () => clearTimeout(timer);
      },
    },
  });
  return {
    core,
    client,
    disconnect() {
      isReachable = false;
      served?.close();
    },
    reconnect() {
      isReachable = true;
      client.reconnectNow();
    },
  };
}
