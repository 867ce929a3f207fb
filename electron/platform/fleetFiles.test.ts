import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createFleetFiles } from "./fleetFiles.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-fleet-files-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(process.platform === "win32")("written fleet files", () => {
  it("are private when new and keep the mode a person gave them", async () => {
    const files = createFleetFiles();
    const fresh = join(folder, "new.yaml");
    expect(await files.write(fresh, "one")).toMatchObject({ ok: true });
    expect(statSync(fresh).mode & 0o777).toBe(0o600);
    const known = join(folder, "known.yaml");
    writeFileSync(known, "one");
    chmodSync(known, 0o664);
    expect(await files.write(known, "two")).toMatchObject({ ok: true });
    expect(statSync(known).mode & 0o777).toBe(0o664);
    expect(readFileSync(known, "utf8")).toBe("two");
  });
});
