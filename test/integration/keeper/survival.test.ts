import { spawn } from "node:child_process";
import { unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { rm } from "node:fs/promises";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureKeeper, listRunningKeepers } from "#platform/keeperLaunch.ts";
import type { KeeperLink } from "#core/ports/ptyHost.ts";
import {
  processesWith,
  Recorder,
  run,
  sha256,
  shellRequest,
  startHarness,
  until,
  type KeeperHarness,
} from "#test/support/keeperHarness.ts";

let harness: KeeperHarness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.dispose());

const counter = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done; echo end; read line";

test("kill -9 of the app: the agents go on, and the next one attaches with nothing missing and nothing twice", async () => {
  const request = shellRequest(counter);
  const client = spawn(process.execPath, [join(import.meta.dirname, "../../support/keeperClient.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  client.stdin.end(JSON.stringify({ options: harness.options, request }));
  const [first] = await once(client.stdout, "data");
  expect(String(first)).toMatch(/^\d+\n/);
  client.kill("SIGKILL");
  await once(client, "exit");
  const host = await harness.newHost();
  const listed = await host.list();
  expect(listed.ok && listed.value).toMatchObject([{ sessionId: request.sessionId, tag: request.tag }]);
  const recorder = new Recorder();
  host.attach(request.sessionId, 0, recorder);
  await recorder.untilText("end");
  const expected = Array.from({ length: 3000 }, (_, index) => `line ${index + 1}\r\n`).join("") + "end\r\n";
  expect(recorder.sha256).toBe(sha256(Buffer.from(expected)));
  const tail = new Recorder(1000);
  host.attach(request.sessionId, 1000, tail);
  await tail.untilText("end");
  expect(tail.text).toBe(expected.slice(1000));
  await host.killAll();
});

test("an exit that happens while no app runs is told later, even after the keeper has left", async () => {
  await harness.dispose();
  harness = await startHarness({ idleMs: 300 });
  const host = await harness.newHost();
  const request = shellRequest("sleep 0.3; echo done; exit 4");
  await run(host, request);
  host.close();
  await until(async () => (await listRunningKeepers(harness.dataDir)).length === 0, "the keeper to leave by itself");
  const next = await harness.newHost();
  const listed = await next.list();
  expect(listed.ok && listed.value).toMatchObject([
    { sessionId: request.sessionId, outputBytes: 6, exit: { code: 4 } },
  ]);
  const recorder = new Recorder(2);
  next.attach(request.sessionId, 2, recorder);
  expect(await recorder.untilExit()).toMatchObject({ code: 4 });
  expect(recorder.text).toBe("ne\r\n");
  await next.forget(request.sessionId);
  expect(await next.list()).toEqual({ ok: true, value: [] });
});

test("the keeper stays while an app is connected or a session runs", async () => {
  await harness.dispose();
  harness = await startHarness({ idleMs: 300 });
  const host = await harness.newHost();
  const request = shellRequest("echo ready; read line");
  const recorder = await run(host, request);
  await recorder.untilText("ready");
  const pid = await harness.keeperPid();
  host.close();
  const next = await harness.newHost();
  await next.stop({ sessionId: request.sessionId, graceMs: 0 });
  await next.forget(request.sessionId);
  await run(next, shellRequest("exit 0"));
  expect(await harness.keeperPid()).toBe(pid);
});

test("kill -9 of the keeper is told as lost within 2 s, and its agents are gone within 5 s", async () => {
  const host = await harness.newHost();
  const links: KeeperLink[] = [];
  host.onLink(({ link }) => links.push(link));
  const request = shellRequest("trap '' HUP TERM; (setsid sleep 700 &); echo ready; while :; do sleep 701; done");
  const recorder = await run(host, request);
  await recorder.untilText("ready");
  process.kill(await harness.keeperPid(), "SIGKILL");
  expect(await until(() => links.includes("lost"), "the loss to be told")).toBeLessThan(2000);
  expect(
    await until(async () => (await processesWith(request.sessionId)).length === 0, "the agents to go"),
  ).toBeLessThan(5000);
  const again = await run(host, shellRequest("echo back"));
  await again.untilText("back");
});

test("sessions of a keeper that died while no app ran are swept at the next start", async () => {
  const host = await harness.newHost();
  const request = shellRequest("trap '' HUP TERM; (setsid sleep 702 &); echo ready; while :; do sleep 703; done");
  await (await run(host, request)).untilText("ready");
  const pid = await harness.keeperPid();
  host.close();
  process.kill(pid, "SIGKILL");
  await until(async () => (await listRunningKeepers(harness.dataDir)).length === 0, "the keeper to be gone");
  expect(await processesWith(request.sessionId)).not.toEqual([]);
  const next = await harness.newHost();
  expect(await processesWith(request.sessionId)).toEqual([]);
  expect(await next.list()).toEqual({ ok: true, value: [] });
});

test("a keeper that hangs is unreachable, never lost, and everything continues when it wakes", async () => {
  const host = await harness.newHost();
  const links: KeeperLink[] = [];
  host.onLink(({ link }) => links.push(link));
  const request = shellRequest("echo ready; read line; echo $line");
  const recorder = await run(host, request);
  await recorder.untilText("ready");
  const pid = await harness.keeperPid();
  process.kill(pid, "SIGSTOP");
  const written = host.write(request.sessionId, Buffer.from("awake\n"));
  process.kill(pid, "SIGCONT");
  expect(await written).toEqual({ ok: true, value: undefined });
  await recorder.untilExit();
  expect(links).not.toContain("lost");
});

test("a deleted socket comes back, with its directory too", async () => {
  const host = await harness.newHost();
  const request = shellRequest("echo ready; read line; echo again");
  await (await run(host, request)).untilText("ready");
  const [keeper] = await listRunningKeepers(harness.dataDir);
  const socket = keeper?.endpoint.socket ?? "";
  await unlink(socket);
  expect(await ensureKeeper(harness.options)).toMatchObject({
    ok: true,
    value: { endpoint: { pid: keeper?.endpoint.pid } },
  });
  // The keeper may put its socket back while its directory is being emptied; then the directory stays, rightly.
  await rm(dirname(socket), { recursive: true }).catch(() => undefined);
  expect(await ensureKeeper(harness.options)).toMatchObject({
    ok: true,
    value: { endpoint: { pid: keeper?.endpoint.pid } },
  });
  const next = await harness.newHost();
  const recorder = new Recorder();
  next.attach(request.sessionId, 0, recorder);
  await next.write(request.sessionId, Buffer.from("\n"));
  await recorder.untilText("again");
});

test("a second keeper on the same data directory leaves with a sentence; two launches share one keeper", async () => {
  const [one, two] = await Promise.all([ensureKeeper(harness.options), ensureKeeper(harness.options)]);
  expect(one).toEqual(two);
  const [keeper] = await listRunningKeepers(harness.dataDir);
  const { endpoint } = keeper ?? { endpoint: { socket: "", version: "", pid: 0 } };
  const args = [
    harness.options.bundle,
    "--data",
    harness.dataDir,
    "--socket",
    endpoint.socket,
    "--version",
    endpoint.version,
  ];
  const second = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  second.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = await once(second, "close");
  expect(code).toBe(3);
  expect(said).toContain(`a keeper (pid ${endpoint.pid}) already holds ${harness.dataDir}`);
  expect(await harness.keeperPid()).toBe(endpoint.pid);
});

test("another version starts beside the old one, which keeps its sessions until they end", async () => {
  const old = await harness.newHost();
  const request = shellRequest("echo old; read line; echo still $line");
  await (await run(old, request)).untilText("old");
  old.close();
  const newer = await startHarness({ dataDir: harness.dataDir, version: "newer", idleMs: 300 });
  const host = await newer.newHost();
  const fresh = await run(host, shellRequest("echo new; read line"));
  await fresh.untilText("new");
  expect(await listRunningKeepers(harness.dataDir)).toHaveLength(2);
  const recorder = new Recorder();
  host.attach(request.sessionId, 0, recorder);
  await host.write(request.sessionId, Buffer.from("here\n"));
  await recorder.untilText("still here");
  await newer.dispose();
});

test("SIGTERM to the keeper ends every tree and leaves; SIGHUP and SIGINT do nothing", async () => {
  const host = await harness.newHost();
  const request = shellRequest("trap '' HUP TERM; (setsid sleep 710 &); echo ready; while :; do sleep 711; done");
  const recorder = await run(host, request);
  await recorder.untilText("ready");
  const pid = await harness.keeperPid();
  process.kill(pid, "SIGHUP");
  process.kill(pid, "SIGINT");
  expect((await host.list()).ok).toBe(true);
  process.kill(pid, "SIGTERM");
  expect(await recorder.untilExit()).toMatchObject({ signal: "SIGKILL", requested: true });
  await until(async () => (await listRunningKeepers(harness.dataDir)).length === 0, "the keeper to leave");
  expect(await processesWith(request.sessionId)).toEqual([]);
});
