import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Machine } from "#core/ports/machine.ts";
import { createMachine } from "./machine.ts";

let folder: string;
let machine: Machine;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "signalbox-machine-"));
  const env = { PATH: [folder, process.env["PATH"] ?? ""].join(delimiter) };
  machine = createMachine({ environment: () => Promise.resolve(env), homeDir: folder });
});
afterEach(() => rm(folder, { recursive: true }));

async function program(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  return path;
}

describe.skipIf(process.platform === "win32")("machine", () => {
  it("finds programs on PATH and below the folder, and nothing that is not executable", async () => {
    const path = await program("tool", "echo hi");
    await writeFile(join(folder, "notes"), "text");
    expect(await machine.which("tool")).toBe(path);
    expect(await machine.which("./tool", folder)).toBe(path);
    expect(await machine.which("notes")).toBeUndefined();
    expect(await machine.which("no-such-program")).toBeUndefined();
  });

  it("runs a program to its end, bounded in output and time", async () => {
    await program("loud", "echo out; echo err >&2; exit 3");
    await program("slow", "sleep 60");
    expect(await machine.run({ file: "loud", args: [], maxBytes: 2 })).toEqual({
      ok: true,
      value: { code: 3, stdout: "ou", stderr: "er" },
    });
    expect(await machine.run({ file: "slow", args: [], timeoutMs: 50 })).toMatchObject({
      ok: false,
      error: { code: "timeout" },
    });
    const failed = { ok: false, error: { code: "spawn_failed" } };
    expect(await machine.run({ file: "gone", args: [] })).toMatchObject(failed);
    expect(await machine.run({ file: "loud", args: ["\0, which is thrown at once"] })).toMatchObject(failed);
  });

  it("reads the head or the tail of a file, and writes private ones", async () => {
    const path = join(folder, "a", "settings.json");
    expect(await machine.writePrivateFile(path, "0123456789")).toEqual({ ok: true, value: undefined });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await machine.readFile(path, { maxBytes: 3 })).toBe("012");
    expect(await machine.readFile(path, { maxBytes: 3, fromEnd: true })).toBe("789");
    expect(await machine.readFile(join(folder, "gone"))).toBeUndefined();
    expect(await readFile(path, "utf8")).toBe("0123456789");
  });

  it("talks to loopback servers only, and follows their events", async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: one\n\nda");
      response.end("ta: two\r\n\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/event`;
    const events: string[] = [];
    await new Promise<void>((resolve) =>
      machine.serverEvents({ url, onData: (data) => events.push(data), onEnd: resolve }),
    );
    expect(events).toEqual(["one", "two"]);
    expect(await machine.http({ method: "GET", url })).toMatchObject({ ok: true, value: { status: 200 } });
    expect(await machine.http({ method: "GET", url: "http://example.com/" })).toMatchObject({
      ok: false,
      error: { code: "forbidden" },
    });
    await new Promise((resolve) => server.close(resolve));
    expect(await machine.http({ method: "GET", url })).toMatchObject({ ok: false, error: { code: "disconnected" } });
  });
});
