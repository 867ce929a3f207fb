import { copyFile, mkdtemp, readdir, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureKeeper, listRunningKeepers } from "#platform/keeperLaunch.ts";
import { findPtyBindingDir } from "#platform/nodePty.ts";
import { run, shellRequest, startHarness } from "#test/support/keeperHarness.ts";

let app: string;

beforeAll(async () => {
  app = await mkdtemp(join(await realpath(tmpdir()), "signalbox-app-"));
  const build = await rolldown({
    input: join(import.meta.dirname, "../../../electron/keeper/main.ts"),
    platform: "node",
  });
  await build.write({ file: join(app, "keeper.js"), format: "esm" });
  await build.close();
  await copyFile(join(findPtyBindingDir(), "pty.node"), join(app, "pty.node"));
});
afterAll(() => rm(app, { recursive: true, force: true }));

test("the built keeper runs from its own copy and survives the removal of the app", async () => {
  const harness = await startHarness({ bundle: join(app, "keeper.js"), nativeDir: app, version: "1.2.3" });
  try {
    const host = await harness.newHost();
    await (await run(host, shellRequest("true"))).untilExit();
    const [keeper] = await listRunningKeepers(harness.dataDir);
    const version = keeper?.endpoint.version ?? "";
    expect(version).toMatch(/^1\.2\.3-[0-9a-f]{12}$/);
    const home = join(harness.dataDir, "keeper", version);
    expect((await readdir(home)).toSorted()).toEqual(["keeper.mjs", "native", "node"]);
    expect((await stat(join(home, "node"))).mode & 0o111).not.toBe(0);
    expect(await ensureKeeper(harness.options)).toEqual({ ok: true, value: keeper });
    await rm(app, { recursive: true });
    const recorder = await run(host, shellRequest("echo still here"));
    await recorder.untilExit();
    expect(recorder.text).toBe("still here\r\n");
  } finally {
    await harness.dispose();
  }
});

test("a keeper that cannot start is told with its own words, within a bound", async () => {
  const harness = await startHarness({ nativeDir: "/no/such/binding" });
  const host = await harness.newHost();
  const refused = await host.spawn(shellRequest("true"));
  expect(refused).toMatchObject({ ok: false, error: { code: "keeper_unavailable" } });
  expect(refused.ok ? "" : refused.error.message).toContain("/no/such/binding");
  await harness.dispose();
});

test("a missing runtime is told as such", async () => {
  const harness = await startHarness({ nodePath: "/no/such/node" });
  const refused = await ensureKeeper(harness.options);
  expect(refused).toMatchObject({ ok: false, error: { code: "keeper_unavailable" } });
  expect(refused.ok ? "" : refused.error.message).toContain("/no/such/node");
  await harness.dispose();
});
