/** Where the app keeps everything: a folder that cannot be made ends the start with a sentence, a public one is made private. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { within } from "#test/support/deadline.ts";
import { liveSuite } from "#test/support/liveSuite.ts";

const live = liveSuite();
const HEADLESS = join(import.meta.dirname, "../../../out/headless.js");
const START_MS = 30_000;

async function refusal(dataDir: string): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [HEADLESS, "--data", dataDir, "--port", "0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  live.defer(() => child.kill("SIGKILL"));
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await within("the start to be refused", once(child, "close"), START_MS);
  return { code: child.exitCode, said };
}

describe("a data directory", () => {
  it("that cannot be made is refused at once, with what to do", async () => {
    await writeFile(join(live.dir, "file"), "");
    const places = [join(live.dir, "file", "data"), join(live.dir, "file")];
    if (process.platform === "linux") places.push("/proc/nope/data");
    for (const place of places) {
      const { code, said } = await refusal(place);
      expect({ place, code }).toEqual({ place, code: 1 });
      expect(said).toMatch(/store_unavailable: The data directory .* cannot be used: .*Choose another with --data/);
    }
  });

  it("that others can read is made private, and the log says so", async () => {
    await chmod(live.dir, 0o755);
    await live.serve();
    expect((await stat(live.dir)).mode & 0o777).toBe(0o700);
    const logs = join(live.dir, "logs");
    const texts = await Promise.all((await readdir(logs)).map((name) => readFile(join(logs, name), "utf8")));
    expect(texts.join("")).toContain("Other users could look into");
  });

  it("is made with the folders above it, private", async () => {
    const deep = join(live.dir, "some", "where");
    await mkdir(join(live.dir, "some"));
    const child = spawn(process.execPath, [HEADLESS, "--data", deep, "--port", "0"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    live.defer(() => child.kill("SIGKILL"));
    await within("the app", once(child.stdout, "data"), START_MS);
    expect((await stat(deep)).mode & 0o777).toBe(0o700);
  });
});

describe("two apps on one data directory", () => {
  it("the second leaves with the first one's pid; what kill -9 left behind is no lock", async () => {
    const first = await live.serve();
    const { code, said } = await refusal(live.dir);
    expect(code).toBe(1);
    expect(said).toContain(`locked: Another Signalbox (process ${first.pid}) uses ${live.dir}`);
    expect((await first.cli("ps")).code).toBe(0);
    await first.kill("SIGKILL");
    const next = await live.serve();
    expect((await next.cli("doctor", "--json")).stdout).toMatch(/"store","status":"ok"/);
  });
});
