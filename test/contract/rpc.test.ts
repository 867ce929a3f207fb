/** The promises of the protocol, over every transport by the same code. */
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fail, ok } from "#shared/model/result.ts";
import { createRpcClient } from "#shared/rpc/client.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import type { StreamItem } from "#shared/contract/index.ts";
import type { Rejection, Result } from "#shared/model/result.ts";
import type { Handlers } from "#shared/rpc/handlers.ts";
import { BYTE_WINDOW, ITEM_WINDOW } from "#shared/rpc/protocol.ts";
import type { CallContext, StreamSink } from "#shared/rpc/protocol.ts";
import { eventually, within } from "#test/support/deadline.ts";
import { fakeHandlers, keptLog } from "#test/support/fakeHandlers.ts";
import { transports } from "./transports.ts";
import type { Host, Joined } from "./transports.ts";

const sessionId = "0190a8a8-0000-7000-8000-000000000000";
const SETTINGS = {
  theme: "dark",
  terminalFontSize: 12.5,
  terminalRenderer: "auto",
  notifyWaiting: true,
  notifyBroke: true,
  notifyGaveUp: true,
  closeToTray: true,
  gateway: "off",
  natsUrl: "",
  natsCredentials: "",
  bootStaggerMs: 1500,
  logMaxDays: 90,
  logMaxSessionMb: 4096,
  logMaxTotalMb: 20_480,
  startAboveFreeMb: 512,
  startBelowCpuPercent: 98,
} as const;

describe.each(transports)("rpc over $name", (transport) => {
  let host: Host;
  let joined: Joined;
  let client: ConnectedClient;
  let log: ReturnType<typeof keptLog>;
  let contexts: CallContext[];
  let sink: StreamSink<StreamItem<"recording">> | undefined;
  let statusSink: StreamSink<StreamItem<"status">> | undefined;
  let closed: string[];
  let tuned: unknown[];

  /** Into the list of the test that opened it: the connection of the test before may end during this one. */
  const noteClosed = (name: string) => {
    const list = closed;
    return () => list.push(name);
  };

  const handlers = fakeHandlers({
    queries: {
      "settings.get": () => Promise.resolve(ok(SETTINGS)),
      "fleet.list": () => Promise.reject(new Error("a bug")),
      "fleet.file": () => Promise.resolve(fail("not_found", "There is no such fleet.", { line: 3 })),
      "fleet.check": ({ text }) =>
        Promise.resolve(ok({ errors: [{ message: String(text.length), line: 1, column: 1 }] })),
      "app.doctor": () => Promise.resolve(ok([{ name: 1 }] as never)),
      "agents.clis": () => new Promise(() => {}),
    },
    commands: {
      "fleet.down": (input, context) => {
        contexts.push(context);
        return Promise.resolve(ok({ name: input.name, stopped: contexts.length }));
      },
    },
    streams: {
      recording: (_input, opened) => {
        sink = opened;
        return ok({ close: noteClosed("recording") });
      },
      status: (_input, opened) => {
        statusSink = opened;
        return ok({ close: noteClosed("status"), tune: (value) => tuned.push(value) });
      },
      inbox: () => {
        throw new Error("a bug in a stream");
      },
      settings: (_input, opened) => {
        opened.send(SETTINGS);
        opened.end();
        return ok({ close: noteClosed("settings") });
      },
    },
  });

  beforeEach(async () => {
    log = keptLog();
    contexts = [];
    closed = [];
    tuned = [];
    sink = undefined;
    statusSink = undefined;
    host = await transport.host(handlers, log);
    joined = await host.join();
    client = createRpcClient(joined.wire, { client: "browser", newId: () => crypto.randomUUID() });
    expect(await within("the greeting", client.ready)).toEqual(ok({ version: "1.2.3", generation: "g1" }));
  });
  afterEach(async () => {
    client.close();
    await host.close();
  });

  it("answers a query, with every code and detail of a refusal", async () => {
    expect(await client.query("settings.get", {})).toEqual(ok(SETTINGS));
    expect(await client.query("fleet.file", { name: "x" })).toEqual(
      fail("not_found", "There is no such fleet.", { line: 3 }),
    );
    expect(log.lines).toEqual([]);
  });

  it("gives a command its id and its transport's actor, and the same id again when it is said twice", async () => {
    expect(await client.command("fleet.down", { name: "shop" }, { commandId: "c-1" })).toEqual(
      ok({ name: "shop", stopped: 1 }),
    );
    expect(await client.command("fleet.down", { name: "shop" }, { commandId: "c-1" })).toMatchObject({ ok: true });
    await client.command("fleet.down", { name: "shop" });
    const actor = transport.name.includes("local socket") ? "cli" : "person";
    expect(contexts.slice(0, 2)).toEqual([
      { actor, commandId: "c-1" },
      { actor, commandId: "c-1" },
    ]);
    expect(contexts[2]?.commandId).not.toBe("c-1");
  });

  it("does a command once where the core keeps receipts, however often it is said", async () => {
    const receipts = new Map<string, Promise<Result<unknown>>>();
    const once: Handlers["once"] = ({ name, commandId }, work) => {
      const key = `${name} ${commandId}`;
      const answer = receipts.get(key) ?? work();
      receipts.set(key, answer);
      return answer;
    };
    const keeping = await transport.host({ ...handlers, once }, log);
    const first = createRpcClient((await keeping.join()).wire, { client: "cli", newId: () => "same" });
    const second = createRpcClient((await keeping.join()).wire, { client: "cli", newId: () => "same" });
    expect(await first.command("fleet.down", { name: "shop" })).toEqual(ok({ name: "shop", stopped: 1 }));
    expect(await second.command("fleet.down", { name: "shop" })).toEqual(ok({ name: "shop", stopped: 1 }));
    expect(contexts).toHaveLength(1);
    first.close();
    second.close();
    await keeping.close();
  });

  it("refuses what does not parse and names the field; unknown names too", async () => {
    const bad = await client.query("fleet.file", { name: 7 } as never);
    expect(bad).toMatchObject({
      ok: false,
      error: { code: "bad_request", message: expect.stringContaining('"name"') },
    });
    expect(await client.command("fleet.down", {} as never)).toMatchObject({
      ok: false,
      error: { code: "bad_request" },
    });
    joined.wire.send({ t: "query", id: 900, name: "__proto__", input: {} });
    joined.wire.send({ t: "command", id: 901, name: "toString", input: {}, commandId: "c" });
    const ended = Promise.withResolvers<Rejection | undefined>();
    client.open("recording", { sessionId: "no uuid" }, { onItem: () => {}, onEnd: ended.resolve });
    expect(await ended.promise).toMatchObject({ code: "bad_request" });
    expect(await client.query("settings.get", {})).toEqual(ok(SETTINGS));
  });

  it("answers `internal` for a bug, logs it, and lives on", async () => {
    expect(await client.query("fleet.list", {})).toMatchObject({ ok: false, error: { code: "internal" } });
    expect(await client.query("app.doctor", {})).toMatchObject({ ok: false, error: { code: "internal" } });
    const ended = Promise.withResolvers<Rejection | undefined>();
    client.open("inbox", {}, { onItem: () => {}, onEnd: ended.resolve });
    expect(await ended.promise).toMatchObject({ code: "internal" });
    expect(log.lines).toHaveLength(3);
    expect(await client.query("settings.get", {})).toEqual(ok(SETTINGS));
  });

  it("carries a stream that ends while it is being opened", async () => {
    const items: unknown[] = [];
    const ended = Promise.withResolvers<Rejection | undefined>();
    client.open("settings", {}, { onItem: (item) => items.push(item), onEnd: ended.resolve });
    expect(await ended.promise).toBeUndefined();
    expect(items).toEqual([SETTINGS]);
    expect(closed).toEqual(["settings"]);
  });

  it("passes bytes exactly, waits for a slow reader, and goes on when it reads", async () => {
    const sent = createHash("sha256");
    const got = createHash("sha256");
    const total = 3 * 1024 * 1024 + 17;
    let received = 0;
    let offset = 0;
    let most = 0;
    const pump = () => {
      while (sink !== undefined && sink.room > 0 && offset < total) {
        const bytes = Buffer.alloc(Math.min(24_000, total - offset), offset % 251);
        sent.update(bytes);
        sink.send({ offset }, bytes.subarray(0));
        offset += bytes.length;
      }
      if (offset === total) sink?.end();
    };
    const ended = Promise.withResolvers<Rejection | undefined>();
    const unread: number[] = [];
    const control = client.open(
      "recording",
      { sessionId },
      {
        autoAck: false,
        onItem: (item, bytes = new Uint8Array()) => {
          expect(item.offset).toBe(received);
          received += bytes.length;
          got.update(bytes);
          unread.push(bytes.length);
        },
        onEnd: ended.resolve,
      },
    );
    await eventually("the stream is open", () => sink !== undefined);
    sink?.onRoom(pump);
    pump();
    await eventually("the window is full", () => received >= BYTE_WINDOW);
    await client.query("settings.get", {});
    expect(received).toBeLessThan(BYTE_WINDOW + 24_000);
    let done = false;
    void ended.promise.then(() => (done = true));
    while (!done) {
      most = Math.max(most, offset - received + unread.reduce((sum, length) => sum + length, 0));
      for (const length of unread.splice(0)) control.ack(length);
      await client.query("settings.get", {});
    }
    expect(await ended.promise).toBeUndefined();
    expect(received).toBe(total);
    expect(got.digest("hex")).toBe(sent.digest("hex"));
    expect(most).toBeLessThan(BYTE_WINDOW + 24_000);
  });

  it("acknowledges by itself when it is not told otherwise", async () => {
    let received = 0;
    client.open("recording", { sessionId }, { onItem: (_item, bytes) => void (received += bytes?.length ?? 0) });
    await eventually("the stream is open", () => sink !== undefined);
    for (let index = 0; index < 8; index++) sink?.send({ offset: 0 }, new Uint8Array(8192));
    await eventually("all was acknowledged", () => sink?.room === BYTE_WINDOW);
    expect(received).toBe(65_536);
  });

  it("counts items on other streams, cuts off a handler that never looks, and says so", async () => {
    const ended = Promise.withResolvers<Rejection | undefined>();
    client.open("status", {}, { autoAck: false, onItem: () => {}, onEnd: ended.resolve });
    await eventually("the stream is open", () => statusSink !== undefined);
    const status: StreamItem<"status"> = { keeper: "connected", store: "ok", lastSeq: 1, interrupted: [] };
    statusSink?.send(status);
    expect(statusSink?.room).toBe(ITEM_WINDOW - 1);
    for (let index = 0; index < 100 * ITEM_WINDOW; index++) statusSink?.send(status);
    expect(await within("the end", ended.promise)).toMatchObject({ code: "throttled" });
    expect(closed).toEqual(["status"]);
  });

  it("tunes, closes, and tells the handler once", async () => {
    const control = client.open("status", {}, { onItem: () => {} });
    control.tune({ pace: "focused" });
    control.close();
    control.close();
    await eventually("it is closed", () => closed.length > 0);
    await client.query("settings.get", {});
    expect(closed).toEqual(["status"]);
    expect(tuned).toEqual([{ pace: "focused" }]);
  });

  it("bounds streams and calls under way", async () => {
    const ends: (Rejection | undefined)[] = [];
    for (let index = 0; index < 300; index++)
      client.open("status", {}, { onItem: () => {}, onEnd: (error) => ends.push(error) });
    const refusals: unknown[] = [];
    for (let index = 0; index < 300; index++)
      void client.query("agents.clis", {}).then((result) => refusals.push(result));
    await eventually("the rest is refused", () => ends.length === 44 && refusals.length === 44);
    expect(ends.every((error) => error?.code === "throttled")).toBe(true);
    expect(refusals[0]).toMatchObject({ ok: false, error: { code: "throttled" } });
  });

  it("settles everything with `disconnected` and closes every stream when the connection is cut", async () => {
    const ended = Promise.withResolvers<Rejection | undefined>();
    client.open("status", {}, { onItem: () => {}, onEnd: ended.resolve });
    const pending = client.query("agents.clis", {});
    await eventually("the stream is open", () => statusSink !== undefined);
    joined.cut();
    expect(await within("the answer", pending)).toMatchObject({ ok: false, error: { code: "disconnected" } });
    expect(await ended.promise).toMatchObject({ code: "disconnected" });
    await eventually("the server has closed the stream", () => closed.includes("status"));
    expect(await client.command("fleet.down", { name: "x" })).toMatchObject({
      ok: false,
      error: { code: "disconnected" },
    });
  });

  it("carries a large message", async () => {
    const text = "é".repeat(900_000);
    expect(await client.query("fleet.check", { text })).toMatchObject({
      ok: true,
      value: { errors: [{ message: "900000" }] },
    });
  });

  const garbage: [string, string | Uint8Array][] = [
    ["text that is no JSON", "{"],
    ["JSON that is no message", '{"t":"nonsense"}'],
    ["an empty frame", new Uint8Array(0)],
    ["a truncated length", new Uint8Array([0, 0])],
    ["a length beyond the frame", new Uint8Array([255, 255, 255, 255, 1, 2, 3])],
    ["a header cut in two", new Uint8Array([0, 0, 0, 9, 123, 34])],
    ["bytes that are no UTF-8", new Uint8Array([0, 0, 0, 2, 0xc3, 0x28])],
  ];
  it.each(garbage)("ends a connection that sends %s, and no other", async (_name, bytes) => {
    const other = await host.join();
    const neighbour = createRpcClient(other.wire, { client: "browser", newId: () => crypto.randomUUID() });
    const gone = new Promise<void>((resolve) => client.onClose(resolve));
    joined.injectGarbage(bytes);
    await within("the connection is closed", gone);
    expect(await neighbour.query("settings.get", {})).toEqual(ok(SETTINGS));
    neighbour.close();
  });

  it("ends a connection that speaks before its hello, or in another protocol", async () => {
    const rude = await host.join();
    const rudeGone = new Promise<void>((resolve) => rude.wire.onClose(resolve));
    rude.wire.send({ t: "query", id: 1, name: "settings.get", input: {} });
    await within("the rude one is gone", rudeGone);
    const old = await host.join();
    const answers: unknown[] = [];
    old.wire.onMessage((message) => answers.push(message));
    const oldGone = new Promise<void>((resolve) => old.wire.onClose(resolve));
    old.wire.send({ t: "hello", protocol: 0, client: "cli" });
    await within("the old one is gone", oldGone);
    expect(answers).toEqual([{ t: "hello", protocol: 1, version: "1.2.3", generation: "g1" }]);
  });

  it.runIf(transport.isSocket)("ends a connection whose message is too large", async () => {
    const gone = new Promise<void>((resolve) => client.onClose(resolve));
    joined.injectGarbage(new Uint8Array(17 * 1024 * 1024));
    await within("the connection is closed", gone);
    expect((await host.join()).wire).toBeDefined();
  });
});
