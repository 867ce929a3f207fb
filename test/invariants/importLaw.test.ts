/**
 * The import law and its canary. dependency-cruiser once passed silently because it could not read TypeScript, so a
 * green run counts only when it read the whole tree and when every rule catches a violation planted for it.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { LAWFUL, PLANTS } from "./importLaw.plants.ts";

const root = dirname(dirname(import.meta.dirname));
const require = createRequire(import.meta.url);
/** Fewer modules than this and the cruise did not see the product. */
const MODULES_AT_LEAST = 60;

const reportSchema = z.object({
  summary: z.object({
    totalCruised: z.number(),
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});
const configSchema = z.object({ forbidden: z.array(z.object({ name: z.string() })) });

async function cruise(cwd: string) {
  const program = join(root, "node_modules", "dependency-cruiser", "bin", "dependency-cruiser.mjs");
  const args = [
    program,
    "--config",
    ".dependency-cruiser.cjs",
    "--output-type",
    "json",
    "electron",
    "shared",
    "renderer",
  ];
  const run = promisify(execFile);
  // It exits with the number of violations; the report is what counts.
  const { stdout } = await run(process.execPath, args, { cwd, maxBuffer: 100_000_000 }).catch(
    (error: { stdout: string }) => error,
  );
  return reportSchema.parse(JSON.parse(stdout)).summary;
}

const scratch = mkdtempSync(join(tmpdir(), "signalbox-law-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function plantTree(): void {
  for (const name of [
    ".dependency-cruiser.cjs",
    "package.json",
    "tsconfig.json",
    "tsconfig.base.json",
    "tsconfig.test.json",
  ]) {
    cpSync(join(root, name), join(scratch, name));
  }
  for (const name of ["electron", "node-pty", "better-sqlite3"]) {
    write(
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, version: "1.0.0", main: "index.js", types: "index.d.ts" }),
    );
    write(`node_modules/${name}/index.js`, "module.exports = {};\n");
    write(`node_modules/${name}/index.d.ts`, "export declare const anything: number;\n");
  }
  for (const files of [...PLANTS.map((plant) => plant.files), LAWFUL]) {
    for (const [path, text] of Object.entries(files)) write(path, text);
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(scratch, path)), { recursive: true });
  writeFileSync(join(scratch, path), text);
}

test("every rule of the law catches the violation planted for it, and nothing lawful is caught", async () => {
  plantTree();
  const { violations } = await cruise(scratch);
  const caught = (rule: string, from: string) =>
    violations.some((violation) => violation.rule.name === rule && violation.from === from);
  expect(
    PLANTS.filter((plant) => !caught(plant.rule, Object.keys(plant.files)[0] ?? "")).map((plant) => plant.rule),
  ).toEqual([]);
  expect(violations.filter((violation) => violation.from in LAWFUL)).toEqual([]);
});

test("every rule of the law has a plant", () => {
  const config = configSchema.parse(require(join(root, ".dependency-cruiser.cjs")));
  const planted = new Set(PLANTS.map((plant) => plant.rule));
  expect(config.forbidden.map((rule) => rule.name).filter((name) => !planted.has(name))).toEqual([]);
});

test("the product keeps the law, and the cruise saw all of it", async () => {
  const { violations, totalCruised } = await cruise(root);
  expect(violations.map((violation) => `${violation.rule.name}: ${violation.from} → ${violation.to}`)).toEqual([]);
  expect(totalCruised).toBeGreaterThan(MODULES_AT_LEAST);
});
