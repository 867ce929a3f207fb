import { describe, expect, it, vi } from "vitest";
import type { StreamItem } from "#shared/contract/index.ts";
import type { Rejection } from "#shared/model/result.ts";
import type { StreamSink } from "#shared/rpc/protocol.ts";
import type { OutputGap, OutputLog, OutputPiece } from "#core/ports/outputLog.ts";
import type { Screens } from "#core/ports/screens.ts";
import { ManualClock, settle } from "#test/support/manualClock.ts";
import { streamChain } from "./byteStreams.ts";
import { LiveOutput } from "./liveOutput.ts";
import { streamTerminal } from "./terminalStream.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (chunks: readonly Uint8Array[]): string => new TextDecoder().decode(Buffer.concat(chunks));

/** Sessions' logs in memory; a test writes to them as the keeper would. */
class Logs implements OutputLog {
  readonly data = new Map<string, string>();
  async size(id: string): Promise<number> {
    return bytes(this.data.get(id) ?? "").length;
  }
  gap: OutputGap | undefined;
  async read(id: string, offset: number, max: number): Promise<OutputPiece> {
    const { gap } = this;
    if (gap !== undefined && offset >= gap.from && offset < gap.to)
      return { bytes: new Uint8Array(), gap: { ...gap, from: offset } };
    const end = gap !== undefined && offset < gap.from ? gap.from : offset + max;
    return { bytes: bytes(this.data.get(id) ?? "").subarray(offset, Math.min(end, offset + max)) };
  }
  async gaps(): Promise<[]> {
    return [];
  }
  async timing(): Promise<{ resizes: []; marks: [] }> {
    return { resizes: [], marks: [] };
  }
  async marksAround(): Promise<object> {
    return {};
  }
  async search(): Promise<{ truncated: boolean; unsearched: [] }> {
    return { truncated: false, unsearched: [] };
  }
}

const noArchive = { screenAt: () => Promise.reject(new Error("a live screen is enough")) };

/** A client with a window; `ack` gives room back. */
class Window<Item> implements StreamSink<Item> {
  readonly items: Item[] = [];
  readonly chunks: Uint8Array[] = [];
  ended: Rejection | true | undefined;
  room: number;
  #wake: () => void = () => {};
  constructor(room: number) {
    this.room = room;
  }
  send(item: Item, chunk?: Uint8Array): void {
    this.items.push(item);
    if (chunk === undefined) return;
    this.chunks.push(chunk);
    this.room -= chunk.length;
  }
  end(error?: Rejection): void {
    this.ended = error ?? true;
  }
  onRoom(listener: () => void): void {
    this.#wake = listener;
  }
  ack(amount: number): void {
    this.room += amount;
    this.#wake();
  }
}

describe("the logs of a child", () => {
  it("say where bytes are gone, in offsets through all lives, and go on behind them", async () => {
    const logs = new Logs();
    logs.data.set("one", "0123456789").set("two", "0123456789");
    logs.gap = { from: 2, to: 7, reason: "policy", at: "2026-11-01T00:00:00.000Z" };
    const source = {
      outputLog: logs,
      links: () => [
        { sessionId: "one", live: undefined },
        { sessionId: "two", live: undefined },
      ],
      onLife: () => () => {},
    };
    const window = new Window<StreamItem<"logs">>(1000);
    streamChain(source, { from: 4, follow: false }, window);
    await vi.waitFor(() => expect(window.ended).toBe(true));
    expect(text(window.chunks)).toBe("78901789");
    expect(window.items).toEqual([
      { offset: 4, sessionId: "one", gap: { ...logs.gap, from: 4, to: 7 } },
      { offset: 7, sessionId: "one" },
      { offset: 10, sessionId: "two" },
      { offset: 12, sessionId: "two", gap: { ...logs.gap, from: 12, to: 17 } },
      { offset: 17, sessionId: "two" },
    ]);
  });

  it("are all its lives in order, from any offset, and end by themselves", async () => {
    const logs = new Logs();
    logs.data.set("one", "first ").set("two", "second");
    const source = {
      outputLog: logs,
      links: () => [
        { sessionId: "one", live: undefined },
        { sessionId: "two", live: undefined },
      ],
      onLife: () => () => {},
    };
    const window = new Window<StreamItem<"logs">>(1000);
    streamChain(source, { from: 3, follow: false }, window);
    await settle();
    await settle();
    expect(text(window.chunks)).toBe("st second");
    expect(window.items).toEqual([
      { offset: 3, sessionId: "one" },
      { offset: 6, sessionId: "two" },
    ]);
    expect(window.ended).toBe(true);
  });

  it("ask how long a life is at its begin and its end, not with every piece: a long one has hundreds of files", async () => {
    const logs = new Logs();
    logs.data.set("one", "x".repeat(1_000_000));
    const sizes = vi.spyOn(logs, "size");
    const source = { outputLog: logs, links: () => [{ sessionId: "one", live: undefined }], onLife: () => () => {} };
    const window = new Window<StreamItem<"logs">>(2_000_000);
    streamChain(source, { from: 10, follow: false }, window);
    await vi.waitFor(() => expect(window.ended).toBe(true));
    expect(text(window.chunks)).toHaveLength(999_990);
    expect(sizes.mock.calls.length).toBeLessThanOrEqual(3);
  });

  it("follow the live end and the next life, and wait for a slow reader without skipping", async () => {
    const logs = new Logs();
    logs.data.set("one", "abc");
    const live = new LiveOutput(3, { cols: 80, rows: 24 });
    const links: { sessionId: string; live: LiveOutput | undefined }[] = [{ sessionId: "one", live }];
    let began: () => void = () => {};
    const window = new Window<StreamItem<"logs">>(4);
    streamChain(
      { outputLog: logs, links: () => links, onLife: (listener) => ((began = listener), () => {}) },
      { from: 0, follow: true },
      window,
    );
    await settle();
    logs.data.set("one", "abcdefgh");
    live.push(3, bytes("defgh"));
    await settle();
    await settle();
    expect(window.room).toBeLessThanOrEqual(0);
    window.ack(100);
    await settle();
    live.end("Exit 0");
    links.push({ sessionId: "two", live: undefined });
    logs.data.set("two", "!");
    began();
    await settle();
    await settle();
    expect(text(window.chunks)).toBe("abcdefgh!");
    expect(window.ended).toBeUndefined();
  });

  it("wait at a life that is written down and not yet live", async () => {
    const logs = new Logs();
    const link: { sessionId: string; live: LiveOutput | undefined } = { sessionId: "one", live: undefined };
    let began: () => void = () => {};
    const window = new Window<StreamItem<"logs">>(1000);
    streamChain(
      { outputLog: logs, links: () => [link], onLife: (listener) => ((began = listener), () => {}) },
      { from: 0, follow: true },
      window,
    );
    await settle();
    logs.data.set("one", "begun");
    link.live = new LiveOutput(5, { cols: 80, rows: 24 });
    began();
    await settle();
    expect(text(window.chunks)).toBe("begun");
  });

  it.each([
    { name: "goes on printing", ends: false },
    { name: "ends there", ends: true },
  ])(
    "miss nothing that a life prints while its size is read for the first time, also when it $name",
    async ({ ends }) => {
      const logs = new Logs();
      const live = new LiveOutput(0, { cols: 80, rows: 24 });
      const window = new Window<StreamItem<"logs">>(1000);
      let isFirst = true;
      const printing: OutputLog = Object.assign(logs, {
        size: async (id: string) => {
          const size = bytes(logs.data.get(id) ?? "").length;
          if (!isFirst) return size;
          isFirst = false;
          logs.data.set("one", "once");
          live.push(0, bytes("once"));
          if (ends) live.end("Exit 0");
          return size;
        },
      });
      streamChain(
        { outputLog: printing, links: () => [{ sessionId: "one", live }], onLife: () => () => {} },
        { from: 0, follow: true },
        window,
      );
      await settle();
      await settle();
      expect(text(window.chunks)).toBe("once");
    },
  );
});

describe("a terminal view", () => {
  const screens = (offset: number): Screens => ({
    open() {},
    feed() {},
    resize() {},
    close() {},
    text: async () => "",
    snapshot: async () => ({ bytes: bytes("SCREEN"), offset, cols: 80, rows: 24 }),
  });

  it("begins with a snapshot and goes on with exactly the bytes after it", async () => {
    const logs = new Logs();
    logs.data.set("s", "0123456789");
    const clock = new ManualClock();
    const output = new LiveOutput(10, { cols: 80, rows: 24 });
    const window = new Window<StreamItem<"terminal">>(1000);
    streamTerminal(
      { sessionId: "s", output, exitDetail: "", outputLog: logs, archive: noArchive, screens: screens(7), clock },
      "focused",
      window,
    );
    await clock.advance(10);
    output.push(10, bytes("ab"));
    logs.data.set("s", "0123456789ab");
    await clock.advance(10);
    expect(window.items[0]).toEqual({ type: "reset", offset: 7, cols: 80, rows: 24 });
    expect(text(window.chunks)).toBe("SCREEN789ab");
    output.end("Exit 0");
    await clock.advance(10);
    expect(window.items.at(-1)).toEqual({ type: "exit", detail: "Exit 0" });
  });

  it("is cut to a new snapshot when it fell far behind, and the agent never waits for it", async () => {
    const logs = new Logs();
    const clock = new ManualClock();
    const output = new LiveOutput(0, { cols: 80, rows: 24 });
    const window = new Window<StreamItem<"terminal">>(6);
    const big = 2 * 1024 * 1024;
    let offset = 0;
    const source = {
      sessionId: "s",
      output,
      exitDetail: "",
      outputLog: logs,
      archive: noArchive,
      screens: { ...screens(0), snapshot: async () => ({ bytes: bytes("S"), offset, cols: 80, rows: 24 }) },
      clock,
    };
    streamTerminal(source, "visible", window);
    await clock.advance(200);
    window.room = 0;
    logs.data.set("s", "x".repeat(big));
    output.push(0, bytes("x".repeat(big)));
    offset = big;
    await clock.advance(200);
    window.ack(100);
    await clock.advance(200);
    expect(window.items.filter((item) => item.type === "reset")).toEqual([
      { type: "reset", offset: 0, cols: 80, rows: 24 },
      { type: "reset", offset: big, cols: 80, rows: 24 },
    ]);
    expect(window.items.some((item) => item.type === "data")).toBe(false);
  });
});
