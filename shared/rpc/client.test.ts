import { expect, it } from "vitest";
import { fakeHandlers, keptLog } from "#test/support/fakeHandlers.ts";
import { ok } from "../model/result.ts";
import { createRpcClient } from "./client.ts";
import { createMemoryPair } from "./memoryPair.ts";
import { createReconnectingClient } from "./reconnectingClient.ts";
import type { ClientWire, StreamSink } from "./protocol.ts";
import { serveConnection } from "./server.ts";

const identity = { client: "window", newId: () => crypto.randomUUID() } as const;
const serverOptions = { version: "1", generation: "g1", actor: "person", checkOutputs: true } as const;

it("closes everything with `disconnected` when the wire closes", async () => {
  const pair = createMemoryPair();
  serveConnection(pair.server, fakeHandlers({ queries: { "fleet.list": () => new Promise(() => {}) } }), {
    ...serverOptions,
    logger: keptLog(),
  });
  const client = createRpcClient(pair.client, identity);
  await client.ready;
  const pending = client.query("fleet.list", {});
  pair.server.close();
  expect(await pending).toMatchObject({ ok: false, error: { code: "disconnected" } });
  expect(await client.query("fleet.list", {})).toMatchObject({ ok: false, error: { code: "disconnected" } });
});

it("tells a server of another protocol from a lost one", async () => {
  const pair = createMemoryPair();
  const client = createRpcClient(pair.client, identity);
  pair.server.send({ t: "hello", protocol: 99, version: "9.0", generation: "g" });
  expect(await client.ready).toMatchObject({ ok: false, error: { code: "unsupported" } });
});

/** Timers that run when the test says so. */
function manualTimers() {
  const tasks = new Set<() => void>();
  return {
    wallNow: () => 1000,
    after: (_delayMs: number, task: () => void) => {
      tasks.add(task);
      return () => tasks.delete(task);
    },
    runAll: () => {
      const due = [...tasks];
      tasks.clear();
      for (const task of due) task();
    },
  };
}

it("opens streams again after a reconnect, bytes at the next one, and says a cut-off command once more under its id", async () => {
  const timers = manualTimers();
  const log = keptLog();
  const seen: { from: number[]; commandIds: string[] } = { from: [], commandIds: [] };
  let sink: StreamSink<{ offset: number }> | undefined;
  let answers = false;
  const handlers = fakeHandlers({
    commands: {
      "fleet.down": (input, context) => {
        seen.commandIds.push(context.commandId);
        return answers ? Promise.resolve(ok({ name: input.name, stopped: 1 })) : new Promise(() => {});
      },
    },
    streams: {
      recording: (input, opened) => {
        seen.from.push(input.from);
        sink = opened;
        return ok({ close: () => {} });
      },
    },
  });
  const wires: ClientWire[] = [];
  const connect = () => {
    const pair = createMemoryPair();
    serveConnection(pair.server, handlers, { ...serverOptions, logger: log });
    wires.push(pair.client);
    return Promise.resolve(pair.client);
  };
  const client = createReconnectingClient(connect, { ...identity, timers });
  const connected = () =>
    new Promise<void>((resolve) => client.onState((state) => state.status === "connected" && resolve()));
  const states: string[] = [];
  client.onState((state) => states.push(`${state.status} ${state.attempt}`));
  await connected();
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const sessionId = crypto.randomUUID();
  const stream = client.open(
    "recording",
    { sessionId },
    { onItem: (item) => (item.offset === 0 ? first : second).resolve() },
  );
  const command = client.command("fleet.down", { name: "shop" });
  await expect.poll(() => sink).toBeDefined();
  sink?.send({ offset: 0 }, new Uint8Array(10));
  await first.promise;
  answers = true;
  wires[0]?.close();
  await expect.poll(() => client.state.status).toBe("disconnected");
  expect(client.state.nextAttemptAt).toBe(1250);
  const again = connected();
  client.reconnectNow();
  await again;
  expect(await command).toEqual(ok({ name: "shop", stopped: 1 }));
  expect(seen.commandIds).toHaveLength(2);
  expect(new Set(seen.commandIds).size).toBe(1);
  await expect.poll(() => seen.from).toEqual([0, 10]);
  sink?.send({ offset: 10 }, new Uint8Array(1));
  await second.promise;
  stream.close();
  client.close();
  expect(states).toEqual(["connected 0", "disconnected 0", "connecting 0", "connected 0", "disconnected 0"]);
  expect(log.lines).toEqual([]);
});
