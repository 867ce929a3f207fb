import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KeeperHost } from "#platform/keeperHost.ts";
import { findPtyBindingDir, loadPtyBinding, spawnPty } from "#platform/nodePty.ts";
import { createOutputLogReader } from "#platform/outputLogReader.ts";
import { run, sha256, shellRequest, startHarness, until, type KeeperHarness } from "#test/support/keeperHarness.ts";

let harness: KeeperHarness;
let host: KeeperHost;
let dir: string;

beforeAll(async () => {
  harness = await startHarness();
  host = await harness.newHost();
  dir = await mkdtemp(join(tmpdir(), "signalbox-payload-"));
});
afterAll(async () => {
  await harness.dispose();
  await rm(dir, { recursive: true, force: true });
});

/** Every byte value, as a terminal without output processing passes it on. */
async function payload(bytes: number): Promise<{ file: string; hash: string; bytes: Buffer }> {
  const content = randomBytes(bytes);
  const file = join(dir, sha256(content).slice(0, 12));
  await writeFile(file, content);
  return { file, hash: sha256(content), bytes: content };
}

test("50 sessions that print 64 KiB and exit at once lose no byte, in the log and on the wire", async () => {
  const { file, hash } = await payload(64 * 1024);
  const log = createOutputLogReader(harness.dataDir);
  const requests = Array.from({ length: 50 }, () => shellRequest(`stty -opost; cat ${file}`));
  const hashes = await Promise.all(
    requests.map(async (request) => {
      const recorder = await run(host, request);
      await recorder.untilExit();
      return [recorder.sha256, sha256((await log.read(request.sessionId, 0, 1e6)).bytes)];
    }),
  );
  expect(hashes).toEqual(requests.map(() => [hash, hash]));
});

test("a blocked event loop loses nothing", async () => {
  const { file, hash } = await payload(64 * 1024);
  const binding = loadPtyBinding(findPtyBindingDir());
  const sessions = Array.from({ length: 10 }, () => {
    const chunks: Buffer[] = [];
    const { promise, resolve } = Promise.withResolvers<string>();
    const request = { ...shellRequest(`stty -opost; cat ${file}`), env: { PATH: "/usr/bin:/bin" } };
    spawnPty(binding, request, {
      data: (bytes) => void chunks.push(Buffer.from(bytes)),
      exit: () => resolve(sha256(Buffer.concat(chunks))),
    });
    return promise;
  });
  for (let round = 0; round < 10; round += 1) {
    const until = performance.now() + 50;
    while (performance.now() < until);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await Promise.all(sessions)).toEqual(sessions.map(() => hash));
});

test("a pty paused when its child exits keeps everything for later", async () => {
  const chunks: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const pty = spawnPty(
    loadPtyBinding(findPtyBindingDir()),
    { ...shellRequest("printf %02000d 7") },
    {
      data: (bytes) => void chunks.push(Buffer.from(bytes)),
      exit: () => resolve(),
    },
  );
  pty.setPaused(true);
  await expect.poll(() => isZombieOrGone(pty.pid)).toBe(true);
  pty.setPaused(false);
  await promise;
  expect(Buffer.concat(chunks).byteLength).toBe(2000);
});

function isZombieOrGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

test("a paste of 1 MB reaches a raw-mode program whole and in order", async () => {
  const { bytes, hash } = await payload(1024 * 1024);
  const request = shellRequest(`stty raw -echo; echo ready; head -c ${bytes.byteLength} | sha256sum`);
  const recorder = await run(host, request);
  await recorder.untilText("ready");
  expect(await host.write(request.sessionId, bytes)).toEqual({ ok: true, value: undefined });
  await recorder.untilText(hash);
});

test("input for a program that does not read is queued up to a bound, refused beyond it, and nothing spins", async () => {
  const request = shellRequest("stty raw -echo; echo ready; sleep 600");
  const recorder = await run(host, request);
  await recorder.untilText("ready");
  const flood = Buffer.alloc(20 * 1024 * 1024);
  expect(await host.write(request.sessionId, flood)).toMatchObject({ ok: false, error: { code: "throttled" } });
  expect(await host.stop({ sessionId: request.sessionId, graceMs: 0 })).toEqual({ ok: true, value: undefined });
});

test("UTF-8 printed byte by byte arrives byte for byte", async () => {
  const text = "héllo 世界 👩‍👩‍👧‍👦 ½";
  const octal = [...Buffer.from(text)].map((byte) => `\\${byte.toString(8)}`);
  const recorder = await run(host, shellRequest(octal.map((code) => `printf '${code}'; :`).join("\n")));
  await recorder.untilExit();
  expect(recorder.text).toBe(text);
});

test("what a grandchild prints after the exit is recorded, and does not hold the exit up", async () => {
  const { promise: went, resolve: go } = Promise.withResolvers<void>();
  const fifo = join(dir, "fifo");
  const request = shellRequest(`mkfifo ${fifo}; trap '' HUP; (trap '' HUP; read x < ${fifo}; echo late) & echo early`);
  const recorder = await run(host, request);
  expect(await recorder.untilExit()).toMatchObject({ code: 0 });
  expect(recorder.text).toBe("early\r\n");
  go();
  await went;
  await writeFile(fifo, "go\n");
  await recorder.untilText("late");
  expect(await host.stop({ sessionId: request.sessionId, graceMs: 0 })).toEqual({ ok: true, value: undefined });
});

test("sizes are clamped, storms are coalesced, and the record keeps the last size", async () => {
  const request = shellRequest("trap 'stty size' WINCH; echo ready; while :; do read line; done");
  const recorder = await run(host, request);
  await recorder.untilText("ready");
  expect(await host.resize(request.sessionId, { cols: 1e9, rows: -5 })).toEqual({ ok: true, value: undefined });
  await recorder.untilText("1 65535");
  const storm = Array.from({ length: 1000 }, (_, index) => ({ cols: 100 + index, rows: 50 }));
  await Promise.all(storm.map((size) => host.resize(request.sessionId, size)));
  await recorder.untilText("50 1099");
  const recorded = async () => (await createOutputLogReader(harness.dataDir).timing(request.sessionId, 1)).resizes;
  await until(async () => (await recorded()).at(-1)?.cols === 1099, "the last size to be recorded");
  expect((await recorded()).length).toBeLessThan(200);
  await host.stop({ sessionId: request.sessionId, graceMs: 0 });
});

test("a viewer that takes nothing slows neither the agent nor the others", async () => {
  const request = shellRequest("head -c 30000000 /dev/zero; echo done");
  const stuck = await harness.rawClient();
  const recorder = await run(host, request);
  stuck.send({ op: "attach", id: 2, sessionId: request.sessionId, from: 0 });
  stuck.pause();
  await recorder.untilExit();
  expect(recorder.length).toBe(30_000_006);
  stuck.close();
});
