import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createOutputLogReader } from "#platform/outputLogReader.ts";
import { run, sha256, shellRequest, startHarness, until } from "#test/support/keeperHarness.ts";

const runFile = promisify(execFile);

/** A file system of `megabytes`, or undefined with the reason printed: only root may mount here. */
async function smallDisk(megabytes: number): Promise<string | undefined> {
  const dir = await mkdtemp(join(await realpath(tmpdir()), "signalbox-small-"));
  try {
    await runFile("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=700`, "tmpfs", dir]);
    return dir;
  } catch (error) {
    process.stderr.write(`SKIPPED: no small file system can be mounted: ${String(error)}\n`);
    await rm(dir, { recursive: true });
    return undefined;
  }
}

test("a full disk pauses the agent, says so, and loses nothing once there is room", async (context) => {
  const dataDir = await smallDisk(2);
  if (dataDir === undefined) return context.skip("needs the right to mount");
  const ballast = join(dataDir, "ballast");
  const harness = await startHarness({ dataDir });
  try {
    const host = await harness.newHost();
    const small = shellRequest("echo ready; read line; echo fine");
    const other = await run(host, small);
    await other.untilText("ready");
    await mkdir(join(dataDir, "sessions"), { recursive: true });
    await writeFile(ballast, Buffer.alloc(1024 * 1024));
    const request = shellRequest("stty -opost; head -c 1500000 /dev/zero | tr '\\0' x; echo end");
    const recorder = await run(host, request);
    const troubleOf = async (): Promise<string | undefined> => {
      const listed = await host.list();
      return listed.ok ? listed.value.find(({ sessionId }) => sessionId === request.sessionId)?.trouble : undefined;
    };
    await until(async () => (await troubleOf()) === "ENOSPC", "the trouble to be told");
    const fullAt = recorder.length;
    expect(fullAt).toBeLessThan(1_500_000);
    expect(recorder.exited).toBeUndefined();
    await rm(ballast);
    expect(await recorder.untilExit()).toMatchObject({ code: 0 });
    expect(await troubleOf()).toBeUndefined();
    const expected = sha256(Buffer.from(`${"x".repeat(1_500_000)}end\n`));
    expect(recorder.sha256).toBe(expected);
    const log = createOutputLogReader(dataDir);
    expect(sha256((await log.read(request.sessionId, 0, 2e6)).bytes)).toBe(expected);
    await host.write(small.sessionId, Buffer.from("\n"));
    await other.untilText("fine");
  } finally {
    await rm(ballast, { force: true });
    await harness.dispose().catch(() => undefined);
    await runFile("umount", ["-l", dataDir]);
    await rm(dataDir, { recursive: true, force: true });
  }
});
