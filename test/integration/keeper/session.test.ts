import { afterAll, beforeAll, expect, test } from "vitest";
import type { KeeperHost } from "#platform/keeperHost.ts";
import { createOutputLogReader } from "#platform/outputLogReader.ts";
import { Recorder, run, shellRequest, startHarness, type KeeperHarness } from "#test/support/keeperHarness.ts";

let harness: KeeperHarness;
let host: KeeperHost;

beforeAll(async () => {
  harness = await startHarness();
  host = await harness.newHost();
});
afterAll(() => harness.dispose());

test("a session is spawned, recorded, watched and its exit told", async () => {
  const request = shellRequest("printf 'hello '; printf world; exit 7");
  const recorder = await run(host, request);
  const exit = await recorder.untilExit();
  expect(recorder.text).toBe("hello world");
  expect(exit).toEqual({ code: 7, signal: null, outOfMemory: false, requested: false, at: exit.at });
  const log = createOutputLogReader(harness.dataDir);
  expect(Buffer.from((await log.read(request.sessionId, 0, 100)).bytes).toString()).toBe("hello world");
  expect(await log.size(request.sessionId)).toBe(11);
  expect((await log.timing(request.sessionId, 1)).resizes).toMatchObject([{ offset: 0, cols: 80, rows: 24 }]);
  const listed = await host.list();
  expect(listed.ok && listed.value.find(({ sessionId }) => sessionId === request.sessionId)).toMatchObject({
    tag: request.tag,
    outputBytes: 11,
    exit: { code: 7 },
  });
  expect(await host.forget(request.sessionId)).toEqual({ ok: true, value: undefined });
  expect(await log.size(request.sessionId)).toBe(11);
});

test("a core that comes back attaches from its offset and misses nothing", async () => {
  const request = shellRequest("echo one; read line; echo two $line; read line; echo three");
  const first = await run(host, request);
  await first.untilText("one");
  const again = await harness.newHost();
  const second = new Recorder(first.length);
  again.attach(request.sessionId, first.length, second);
  await again.write(request.sessionId, Buffer.from("x\n"));
  await second.untilText("two x");
  await first.untilText("two x");
  await host.write(request.sessionId, Buffer.from("\n"));
  await second.untilExit();
  await first.untilExit();
  expect(first.text).toContain(second.text);
});
