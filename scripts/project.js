/**
 * Where things lie, and how this folder's programs speak. Everything in scripts/ that can run before the dependencies
 * are there (all but build.js, check.js and test.js) uses nothing but Node 20's own modules.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const cacheDir = join(root, ".cache");
export const outDir = join(root, "out");
export const isWindows = process.platform === "win32";

/** A failure the person can do something about: printed as it stands, without a stack. */
export class Advice extends Error {}

/** One calm line. On stderr, because the standard output of `npx signalbox …` belongs to the command. */
export function say(line) {
  process.stderr.write(`signalbox: ${line}\n`);
}

/** "4.2 s", for progress lines. */
export function since(startedAtMs) {
  return `${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`;
}

/** Runs an entry program; an Advice is printed as one sentence, anything else is a bug and keeps its stack. */
export function main(run) {
  run().catch((error) => {
    if (error instanceof Advice) say(error.message);
    else process.stderr.write(`${error?.stack ?? error}\n`);
    process.exit(1);
  });
}

/** Parsed JSON, or undefined where the file is missing or half written. */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Whole or not at all: another process may read the file at any moment. */
export function writeJson(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(value));
  renameSync(draft, file);
}

export function sha256(content) {
  return createHash("sha256").update(content).digest("hex");
}
