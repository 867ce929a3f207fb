import { execFile } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { chmod, mkdtemp, readdir, realpath, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeSocketDirectory } from "#keeper/socketDirectory.ts";
import type { KeeperHost } from "#platform/keeperHost.ts";
import { listRunningKeepers } from "#platform/keeperLaunch.ts";
import { encodeKeeperFrame } from "#shared/rpc/keeperFrames.ts";
import { type SpawnRequest, KEEPER_PROTOCOL, MAX_KEEPER_FRAME } from "#shared/rpc/keeperProtocol.ts";
import { run, shellRequest, startHarness, type KeeperHarness, type Recorder } from "#test/support/keeperHarness.ts";

let harness: KeeperHarness;
let host: KeeperHost;
const bystander = shellRequest("echo ready; while read line; do echo got $line; done");
let recorder: Recorder;

beforeAll(async () => {
  harness = await startHarness();
  host = await harness.newHost();
  recorder = await run(host, bystander);
  await recorder.untilText("ready");
});
afterAll(() => harness.dispose());

function frameOf(length: number, rest: Uint8Array = new Uint8Array(0)): Uint8Array {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(length);
  return Buffer.concat([prefix, rest]);
}

const header = (length: number): Uint8Array => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
};

const garbage: Readonly<Record<string, Uint8Array>> = {
  "an HTTP request": Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  "random bytes": Buffer.concat([Buffer.from([0xff]), randomBytes(4096)]),
  "an oversize frame": frameOf(MAX_KEEPER_FRAME + 1, header(10)),
  "a frame shorter than its prefix": frameOf(2, Buffer.alloc(4)),
  "a header longer than its frame": frameOf(20, Buffer.concat([header(1000), Buffer.alloc(16)])),
  "a header that is not JSON": frameOf(9, Buffer.concat([header(5), Buffer.from("{oops")])),
  "a header that is not UTF-8": frameOf(8, Buffer.concat([header(4), Buffer.from([0xff, 0xfe, 0xfd, 0xfc])])),
  "an unknown request": encodeKeeperFrame({ op: "format_disk", id: 1 }),
};

for (const [name, bytes] of Object.entries(garbage)) {
  for (const greeted of [false, true]) {
    test(`${name} ${greeted ? "after" : "instead of"} a hello ends that connection only`, async () => {
      const client = await harness.rawClient(greeted);
      client.sendRaw(bytes);
      await client.untilClosed();
      expect(client.messages.at(-1)).toMatchObject({ op: "error", code: "bad_request" });
      const mark = randomUUID();
      await host.write(bystander.sessionId, Buffer.from(`${mark}\n`));
      await recorder.untilText(`got ${mark}`);
    });
  }
}

test("a wrong token, a wrong version and a request before hello are told and end the connection", async () => {
  const [keeper] = await listRunningKeepers(harness.dataDir);
  const token = keeper?.token ?? "";
  const hello = { op: "hello", id: 1, protocol: KEEPER_PROTOCOL, role: "core", token };
  const refused = {
    unauthorized: [
      { ...hello, token: "0".repeat(64) },
      { ...hello, token: "" },
      { op: "list", id: 1 },
      { op: "killAll", id: 1 },
    ],
    unsupported: [{ ...hello, protocol: KEEPER_PROTOCOL + 1 }],
  };
  for (const [code, requests] of Object.entries(refused)) {
    for (const request of requests) {
      const client = await harness.rawClient(false);
      client.send(request);
      await client.untilClosed();
      expect(client.messages).toMatchObject([{ op: "error", id: 1, code }]);
    }
  }
  expect((await host.list()).ok).toBe(true);
});

test("a frame cut into single bytes is read like any other", async () => {
  const client = await harness.rawClient();
  for (const byte of encodeKeeperFrame({ op: "ping", id: 42 })) client.sendRaw(Uint8Array.of(byte));
  expect(await client.untilMessage((message) => message.op === "ok" && message.id === 42)).toBeTruthy();
  client.close();
});

test("socket, token and directories are the owner's alone", async () => {
  const [keeper] = await listRunningKeepers(harness.dataDir);
  const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
  const socket = keeper?.endpoint.socket ?? "";
  expect(await modeOf(socket)).toBe(0o600);
  expect(await modeOf(dirname(socket))).toBe(0o700);
  expect(await modeOf(join(harness.dataDir, "keeper", "token"))).toBe(0o600);
  expect(await modeOf(join(harness.dataDir, "sessions", bystander.sessionId))).toBe(0o700);
});

test("another user's program does not even reach the socket", async (context) => {
  if (process.getuid?.() !== 0) {
    process.stderr.write("SKIPPED: only root can start a program as another user\n");
    return context.skip("needs root");
  }
  const [keeper] = await listRunningKeepers(harness.dataDir);
  const token = join(harness.dataDir, "keeper", "token");
  const nobody = `
    process.setgroups([]); process.setgid(65534); process.setuid(65534);
    const said = (error) => console.log(error.code);
    require("node:fs").readFile(${JSON.stringify(token)}, (error) => said(error ?? { code: "READ" }));
    require("node:net").connect(${JSON.stringify(keeper?.endpoint.socket)}, () => process.exit(1)).on("error", said);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", nobody]);
  expect(stdout).toBe("EACCES\nEACCES\n");
});

test("a session whose log's place is a link is refused", async () => {
  const request = shellRequest("echo written");
  const elsewhere = await mkdtemp(join(await realpath(tmpdir()), "signalbox-elsewhere-"));
  await symlink(elsewhere, join(harness.dataDir, "sessions", request.sessionId));
  expect(await host.spawn(request)).toMatchObject({
    ok: false,
    error: { code: "spawn_failed", message: expect.stringContaining("is a link; remove it") },
  });
  expect(await readdir(elsewhere)).toEqual([]);
  await rm(elsewhere, { recursive: true });
});

test("a socket directory that is a link or open to others is refused", async () => {
  const dir = await mkdtemp(join(await realpath(tmpdir()), "signalbox-dir-"));
  await symlink(dir, `${dir}.link`);
  await expect(makeSocketDirectory(`${dir}.link`)).rejects.toThrow("not a directory");
  await chmod(dir, 0o755);
  await expect(makeSocketDirectory(dir)).rejects.toThrow("open to other users");
  await rm(`${dir}.link`);
  await rm(dir, { recursive: true });
});

test("what cannot be started is refused with a sentence, and nothing is left behind", async () => {
  const refusals: readonly (readonly [Partial<SpawnRequest>, string, string])[] = [
    [{ file: "no-such-command-xyz" }, "spawn_failed", "no-such-command-xyz was not found"],
    [{ file: "/etc/passwd" }, "spawn_failed", "may not be executed"],
    [{ cwd: "/no/such/folder" }, "spawn_failed", "The folder /no/such/folder does not exist"],
    [{ args: ["a\0b"] }, "bad_request", "NUL"],
    [{ file: "" }, "bad_request", "empty"],
    [{ sessionId: bystander.sessionId }, "already_present", bystander.sessionId],
  ];
  for (const [wrong, code, sentence] of refusals) {
    const answer = await host.spawn(shellRequest("true", wrong));
    expect(answer).toMatchObject({ ok: false, error: { code, message: expect.stringContaining(sentence) } });
  }
  const listed = await host.list();
  expect(listed.ok && listed.value.map(({ sessionId }) => sessionId)).toEqual([bystander.sessionId]);
});

test("requests for a session that does not exist, or not any more, are refused", async () => {
  const sessionId = randomUUID();
  expect(await host.write(sessionId, Buffer.from("x"))).toMatchObject({ ok: false, error: { code: "not_found" } });
  expect(await host.stop({ sessionId, graceMs: 0 })).toMatchObject({ ok: false, error: { code: "not_found" } });
  const request = shellRequest("exit 0");
  await (await run(host, request)).untilExit();
  expect(await host.write(request.sessionId, Buffer.from("x"))).toMatchObject({
    ok: false,
    error: { code: "not_running" },
  });
  expect(await host.forget(bystander.sessionId)).toMatchObject({ ok: false, error: { code: "running" } });
  await host.forget(request.sessionId);
});
