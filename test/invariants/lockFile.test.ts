/**
 * The lock file holds every system's binaries. npm writes only those its registry could show it at the time, and then
 * `npm ci` refuses on another system, or with a fuller registry.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), optionalDependencies: z.record(z.string(), z.string()).optional() }),
  ),
});
const { packages } = lockSchema.parse(
  JSON.parse(readFileSync(join(dirname(dirname(import.meta.dirname)), "package-lock.json"), "utf8")),
);

test("every optional dependency of every package is in the lock file, at the exact version where one is asked for", () => {
  const missing = Object.entries(packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name, version]) => !isLocked(path, name, version))
      .map(([name, version]) => `${path} needs ${name}@${version}`),
  );
  expect(missing).toEqual([]);
});

function isLocked(path: string, name: string, version: string): boolean {
  const found = packages[`${path}/node_modules/${name}`] ?? packages[`node_modules/${name}`];
  return found !== undefined && (!/^\d/.test(version) || found.version === version);
}
