/** The private socket: who may open it, and what it refuses. */
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLocalSocket } from "#rpc/transports/localSocket.ts";
import { prepareRuntimeDir } from "#rpc/transports/runtimeDir.ts";
import { fakeHandlers, keptLog } from "#test/support/fakeHandlers.ts";
import { expect4xx, rawRequest, upgradeLines } from "./rawHttp.ts";
import type { Answer } from "./rawHttp.ts";
import { SERVE } from "./transports.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "signalbox-local-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

function raw(path: string, lines: readonly string[]): Promise<Answer> {
  return rawRequest(connect(path), lines);
}

describe.skipIf(process.platform === "win32")("the local socket", () => {
  it("is for its owner, refuses what is not the protocol, and is taken once", async () => {
    const local = await createLocalSocket({ dataDir: dir, handlers: fakeHandlers(), serve: SERVE, logger: keptLog() });
    if (!local.ok) throw new Error(local.error.message);
    const { path, close } = local.value;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
    expect4xx(await raw(path, ["GET / HTTP/1.1", "Host: localhost"]));
    expect4xx(await raw(path, ["NONSENSE"]));
    const ask = (...lines: string[]) => raw(path, upgradeLines("/rpc", ["Host: localhost", ...lines]));
    expect4xx(await ask());
    expect4xx(await ask("Sec-WebSocket-Protocol: signalbox.v1", "Origin: https://evil.example"));
    expect((await ask("Sec-WebSocket-Protocol: signalbox.v1")).status).toBe(101);
    expect(
      await createLocalSocket({ dataDir: dir, handlers: fakeHandlers(), serve: SERVE, logger: keptLog() }),
    ).toMatchObject({ ok: false, error: { code: "locked" } });
    await close();
    const again = await createLocalSocket({ dataDir: dir, handlers: fakeHandlers(), serve: SERVE, logger: keptLog() });
    expect(again.ok).toBe(true);
    if (again.ok) await again.value.close();
    rmSync(dirname(path), { recursive: true });
  });

  it("uses no folder that somebody else prepared, and mends one that is open to others", () => {
    const facts = {
      platform: process.platform,
      xdgRuntimeDir: dir,
      tmpDir: join(dir, "none"),
      uid: process.getuid?.() ?? 0,
      hash: "0123456789ab",
    };
    const folder = join(dir, "signalbox-0123456789ab");
    mkdirSync(join(dir, "elsewhere"), { recursive: true });
    symlinkSync(join(dir, "elsewhere"), folder);
    const other = prepareRuntimeDir(facts);
    expect(other.ok && other.value).not.toBe(folder);
    if (other.ok && other.value !== undefined) rmSync(other.value, { recursive: true });
    rmSync(folder);
    mkdirSync(folder, { mode: 0o755 });
    expect(prepareRuntimeDir(facts)).toEqual({ ok: true, value: folder });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });
});
