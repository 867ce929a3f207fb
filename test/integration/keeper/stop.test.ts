import { afterAll, beforeAll, expect, test } from "vitest";
import type { KeeperHost } from "#platform/keeperHost.ts";
import {
  processesWith,
  run,
  shellRequest,
  startHarness,
  until,
  type KeeperHarness,
} from "#test/support/keeperHarness.ts";

let harness: KeeperHarness;
let host: KeeperHost;
const stopped = { ok: true, value: undefined };

beforeAll(async () => {
  harness = await startHarness();
  host = await harness.newHost();
});
afterAll(() => harness.dispose());

const trees: Readonly<Record<string, string>> = {
  "five shells deep": 'sh -c \'sh -c "sh -c \\"sh -c \\\\\\"sleep 600; :\\\\\\"; :\\"; :"; :\' & echo ready; wait',
  "setsid and nohup": "setsid sh -c 'sleep 601; :' & nohup sh -c 'sleep 602; :' >/dev/null 2>&1 & echo ready; wait",
  "deaf to TERM and HUP": "trap '' TERM HUP INT; sh -c 'sleep 603; :' & echo ready; while :; do sleep 604; done",
  "a double fork that left the session": "(setsid sh -c 'sleep 605; :' &) ; echo ready; sleep 606",
  "a double fork whose parents are gone":
    "(setsid sh -c '(setsid sleep 607 >/dev/null 2>&1 &)' &) ; echo ready; sleep 608",
  "an environment cleared on the way": "env -i setsid /bin/sh -c '/bin/sleep 609; :' & echo ready; wait",
  "a shell that spawns all the time": "trap '' TERM; echo ready; while :; do (sleep 610 &) ; sleep 0.02; done",
};

for (const [name, script] of Object.entries(trees)) {
  test(`stop leaves nobody: ${name}`, async () => {
    const request = shellRequest(script);
    const recorder = await run(host, request);
    await recorder.untilText("ready");
    expect(await host.stop({ sessionId: request.sessionId, graceMs: 200 })).toEqual(stopped);
    expect(await recorder.untilExit()).toMatchObject({ requested: true, outOfMemory: false });
    expect(await processesWith(request.sessionId)).toEqual([]);
    expect(await processesWith("sleep\u0000609")).toEqual([]);
  });
}

test("SIGTERM comes first, and the code of its handler is the exit", async () => {
  const request = shellRequest("trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.05; done");
  const recorder = await run(host, request);
  await recorder.untilText("ready");
  expect(await host.stop({ sessionId: request.sessionId, graceMs: 10_000 })).toEqual(stopped);
  expect(await recorder.untilExit()).toMatchObject({ code: 9, signal: null, requested: true });
  expect(recorder.text).toContain("bye");
});

test("no hang-up and no keystroke precede SIGTERM", async () => {
  const request = shellRequest(
    "stty raw -echo; trap 'echo HUP' HUP; trap 'echo INT' INT; trap 'echo TERM; exit 0' TERM; echo ready; while :; do sleep 0.05; done",
  );
  const recorder = await run(host, request);
  await recorder.untilText("ready");
  await host.stop({ sessionId: request.sessionId, graceMs: 10_000 });
  await recorder.untilExit();
  expect(recorder.text).toContain("TERM");
  expect(recorder.text).not.toMatch(/HUP|INT|\^C/);
});

test("a program that saves its work after its shell has died gets the whole grace", async () => {
  const script =
    'sh -c \'trap "" HUP; trap "sleep 0.5; echo saved; exit 0" TERM; echo ready; while :; do sleep 0.05; done\'; :';
  const request = shellRequest(script);
  const recorder = await run(host, request);
  await recorder.untilText("ready");
  expect(await host.stop({ sessionId: request.sessionId, graceMs: 10_000 })).toEqual(stopped);
  await recorder.untilText("saved");
});

test("a polite input is typed first and may end it", async () => {
  const request = shellRequest("trap 'exit 1' TERM; echo ready; read line; echo got $line; exit 5");
  const recorder = await run(host, request);
  await recorder.untilText("ready");
  const politeInput = Buffer.from("quit\n").toString("base64");
  expect(await host.stop({ sessionId: request.sessionId, graceMs: 5000, politeInput })).toEqual(stopped);
  expect(await recorder.untilExit()).toMatchObject({ code: 5 });
});

test("a stopped agent is continued and hears SIGTERM", async () => {
  const request = shellRequest("trap 'exit 11' TERM; echo ready; while :; do sleep 0.05; done");
  const recorder = await run(host, request);
  await recorder.untilText("ready");
  expect(await host.signal(request.sessionId, "SIGSTOP", "tree")).toEqual(stopped);
  expect(await host.stop({ sessionId: request.sessionId, graceMs: 10_000 })).toEqual(stopped);
  expect(await recorder.untilExit()).toMatchObject({ code: 11 });
});

test("stop of a session that ended by itself sweeps what it left", async () => {
  const request = shellRequest("trap '' HUP; setsid sleep 620 >/dev/null 2>&1 & echo ready");
  const recorder = await run(host, request);
  await recorder.untilExit();
  expect(await processesWith(request.sessionId)).toHaveLength(1);
  expect(await host.stop({ sessionId: request.sessionId, graceMs: 1000 })).toEqual(stopped);
  expect(await host.stop({ sessionId: request.sessionId, graceMs: 1000 })).toEqual(stopped);
  expect(await processesWith(request.sessionId)).toEqual([]);
});

test("a kill from outside is told as SIGKILL without out-of-memory evidence", async () => {
  const request = shellRequest("echo ready; exec sleep 630");
  const recorder = await run(host, request);
  await recorder.untilText("ready");
  const listed = await host.list();
  const pid = listed.ok ? listed.value.find(({ sessionId }) => sessionId === request.sessionId)?.pid : undefined;
  process.kill(pid ?? 0, "SIGKILL");
  expect(await recorder.untilExit()).toMatchObject({
    code: null,
    signal: "SIGKILL",
    requested: false,
    outOfMemory: false,
  });
});

test("ctrl-c goes to the foreground group of the terminal", async () => {
  const request = shellRequest("", { file: "bash", args: ["--norc", "-i"] });
  const recorder = await run(host, request);
  await host.write(request.sessionId, Buffer.from("echo ab''c; sleep 640\n"));
  await recorder.untilText("abc");
  await until(async () => (await processesWith("sleep\u0000640")).length > 0, "the sleep to run");
  expect(await host.signal(request.sessionId, "SIGINT", "group")).toEqual(stopped);
  await until(async () => (await processesWith("sleep\u0000640")).length === 0, "the sleep to end");
  await host.write(request.sessionId, Buffer.from("echo code $?\n"));
  await recorder.untilText("code 130");
  expect(await host.signal(request.sessionId, "SIGNOPE", "group")).toMatchObject({
    ok: false,
    error: { code: "bad_request" },
  });
  await host.stop({ sessionId: request.sessionId, graceMs: 0 });
});

test("the emergency stop ends 50 sessions and all they spawned within 2 s", async () => {
  const requests = Array.from({ length: 50 }, () =>
    shellRequest("trap '' TERM; (setsid sleep 650 &); sleep 651 & echo ready; wait"),
  );
  const recorders = await Promise.all(requests.map((request) => run(host, request)));
  await Promise.all(recorders.map((recorder) => recorder.untilText("ready")));
  const began = performance.now();
  const outcome = await host.killAll();
  const tookMs = performance.now() - began;
  expect(outcome.ok && outcome.value.killed).toBeGreaterThanOrEqual(150);
  expect((await Promise.all(requests.map(({ sessionId }) => processesWith(sessionId)))).flat()).toEqual([]);
  expect(tookMs).toBeLessThan(2000);
});
