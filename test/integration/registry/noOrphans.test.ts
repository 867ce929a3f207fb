import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { identifyProcess } from "#platform/processTree.ts";
import { sweepDataDir } from "#platform/processTreeLeftovers.ts";
import { eventually, within } from "#test/support/deadline.ts";
import { openRegistry, ROGUE, stdioSpec } from "#test/support/registryRig.ts";

const PATIENCE = 60_000;
const scratch = mkdtempSync(join(tmpdir(), "signalbox-orphans-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A server that heeds neither its closed input nor SIGTERM, and its child in a session of its own. */
const pidsOf = (file: string): number[] => readFileSync(file, "utf8").split(" ").map(Number);
const areGone = async (pids: readonly number[]): Promise<boolean> => {
  const found = await Promise.all(pids.map((pid) => identifyProcess(pid)));
  return found.every((one) => one === undefined);
};

describe.skipIf(process.platform === "win32")("no tool server is left behind", { timeout: PATIENCE }, () => {
  it("when the app is killed with kill -9, nor anything the server had started", async () => {
    const pidFile = join(scratch, "killed");
    const dataDir = mkdtempSync(join(scratch, "data-"));
    const app = spawn(process.execPath, [join(import.meta.dirname, "hostChild.ts"), dataDir, pidFile], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [first] = await within("the server is up", once(app.stdout, "data"), PATIENCE);
    expect(String(first)).toBe("up\n");
    const pids = pidsOf(pidFile);
    expect(await areGone(pids)).toBe(false);
    app.kill("SIGKILL");
    await eventually("the server and its child are gone", () => areGone(pids), 20_000);
  });

  it("when it is stopped, disabled, or the app closes", async () => {
    const rig = await openRegistry();
    const pidFile = join(scratch, "closed");
    rig.registry.servers.add(stdioSpec("stubborn", [ROGUE, "stubborn", pidFile]), "person");
    expect(await rig.registry.servers.verify("stubborn", "person")).toMatchObject({ ok: true });
    const pids = pidsOf(pidFile);
    await rig.close();
    expect(await areGone(pids)).toBe(true);
  });

  it("by the emergency stop, through the app or without it", async () => {
    const rig = await openRegistry();
    const start = async (name: string): Promise<number[]> => {
      const pidFile = join(scratch, name);
      rig.registry.servers.add(stdioSpec(name, [ROGUE, "stubborn", pidFile]), "person");
      expect(await rig.registry.servers.verify(name, "person")).toMatchObject({ ok: true });
      return pidsOf(pidFile);
    };
    const first = await start("through");
    expect(await rig.registry.servers.halt()).toBeGreaterThanOrEqual(2);
    expect(await areGone(first)).toBe(true);
    expect(rig.registry.servers.views()[0]).toMatchObject({ state: "offline" });

    const second = await start("without");
    const swept = await sweepDataDir(rig.dataDir, []);
    expect(swept.killed).toBeGreaterThanOrEqual(2);
    expect(await areGone(second)).toBe(true);
    await rig.close();
  });
});
