/**
 * Bundles each program into out/: one file per Node entry and one for each part that it loads when first used, the page
 * by vite. A target whose inputs have the same content as at its last build is left alone. Run it by `npm run build`.
 */
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { withLock } from "./lock.js";
import { Advice, cacheDir, outDir, readJson, root, say, sha256, since, writeJson } from "./project.js";

const stampDir = join(cacheDir, "build");
const isSource = (name) => !/\.(test|spec)\.tsx?$/.test(name);

/** Source folders and files whose content decides whether a target is built again. */
const COMMON = ["shared", "package.json", "package-lock.json", "scripts/build.js"];
const NODE_INPUTS = ["electron", ...COMMON];
const PAGE_INPUTS = ["renderer", "vite.config.ts", ...COMMON];

function targets() {
  const node = (name, entry) => ({ name, entry, output: `${name}.js`, inputs: NODE_INPUTS, make: bundleNode });
  const workers = [...list(join(root, "electron", "platform")), join(root, "electron", "transcriptWorker.ts")]
    .filter((file) => file.endsWith("Worker.ts"))
    .map((file) => node(basename(file, ".ts"), relative(root, file).split(sep).join("/")));
  return [
    node("main", "electron/main.ts"),
    node("headless", "electron/headless.ts"),
    node("cli", "electron/cli.ts"),
    node("keeper", "electron/keeper/main.ts"),
    ...workers,
    {
      name: "preload",
      entry: "electron/preload.ts",
      output: "preload.cjs",
      inputs: ["electron/preload.ts", ...COMMON],
      make: bundlePreload,
    },
    {
      name: "workflows",
      entry: "resources/workflows/appraisal/appraisal.yaml",
      output: "workflows/appraisal/appraisal.yaml",
      inputs: ["resources/workflows", ...COMMON],
      make: bundleExample,
    },
    {
      name: "renderer",
      entry: "renderer/index.html",
      output: "renderer/index.html",
      inputs: PAGE_INPUTS,
      make: bundlePage,
    },
  ];
}

/** True when the named outputs (all by default) are there, fresh or not. */
export function isBuilt(names) {
  return targets()
    .filter((target) => (names === undefined ? existsSync(join(root, target.entry)) : names.includes(target.name)))
    .every((target) => existsSync(join(outDir, target.output)));
}

/** True when every target was built from what lies here now. A few milliseconds while no file was touched. */
export function isFresh() {
  const scan = newScan();
  return targets().every((target) => !existsSync(join(root, target.entry)) || targetIsFresh(target, scan));
}

/** Builds what changed; throws an Advice naming what failed after trying all. */
export async function build() {
  if (isFresh()) return;
  await withLock("build", async () => {
    const scan = newScan();
    const failed = [];
    for (const target of targets()) {
      if (!existsSync(join(root, target.entry))) say(`build: ${target.entry} is not there; skipped.`);
      else if (!targetIsFresh(target, scan))
        await buildTarget(target, scan).catch((error) => failed.push(report(target, error)));
    }
    if (failed.length > 0)
      throw new Advice(`the build of ${failed.join(", ")} failed; what is wrong is printed above.`);
  });
}

async function buildTarget(target, scan) {
  const startedAt = performance.now();
  const stamp = { signature: scan.signature(target.inputs), hash: scan.hash(target.inputs) };
  await target.make(target);
  writeJson(join(stampDir, `${target.name}.json`), stamp);
  say(`built ${target.output} in ${since(startedAt)}.`);
}

function report(target, error) {
  process.stderr.write(`${error?.message ?? error}\n`);
  return target.name;
}

/** Times and sizes first; only where those differ (a fresh checkout, a touched file) the content is read. */
function targetIsFresh(target, scan) {
  const file = join(stampDir, `${target.name}.json`);
  const stamp = readJson(file);
  if (stamp === undefined || !existsSync(join(outDir, target.output))) return false;
  const signature = scan.signature(target.inputs);
  if (stamp.signature === signature) return true;
  if (stamp.hash !== scan.hash(target.inputs)) return false;
  writeJson(file, { ...stamp, signature });
  return true;
}

/** Reads each input folder once per build, however many targets share it. */
function newScan() {
  const files = new Map();
  const listed = (input) => {
    const known = files.get(input) ?? list(join(root, input)).sort();
    files.set(input, known);
    return known;
  };
  const memo = (describe) => {
    const known = new Map();
    const of = (input) => {
      if (!known.has(input))
        known.set(
          input,
          sha256(
            listed(input)
              .map((file) => `${relative(root, file).split(sep).join("/")} ${describe(file)}`)
              .join("\n"),
          ),
        );
      return known.get(input);
    };
    return (inputs) => sha256(inputs.map(of).join(" "));
  };
  return {
    signature: memo((file) => {
      const { mtimeMs, size } = statSync(file);
      return `${mtimeMs} ${size}`;
    }),
    hash: memo((file) => sha256(readFileSync(file))),
  };
}

/** Every source file at or below a path; nothing for a path that is not there. */
function list(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const child = join(path, entry.name);
    if (entry.isDirectory()) return list(child);
    return isSource(entry.name) ? [child] : [];
  });
}

const EXTERNAL = ["electron", "better-sqlite3", "node-pty", "sqlite-vec"];

async function bundleNode(target) {
  await bundle(target, { format: "esm", external: [...EXTERNAL, /^node:/], platform: "node" });
}

/** A sandboxed preload can load neither ESM nor any module but `electron`. */
async function bundlePreload(target) {
  await bundle(target, { format: "cjs", external: ["electron"], platform: "browser" });
}

function onLog(level, log, defaultHandler) {
  // Packages' own oddities are not ours to mend; an import nobody can resolve is.
  if (log.code === "UNRESOLVED_IMPORT") throw new Error(log.message);
  if (level === "warn" && log.id?.includes("node_modules")) return;
  if (log.code === "EVAL" || log.code === "CIRCULAR_DEPENDENCY") return;
  defaultHandler(level, log);
}

async function bundle(target, { format, external, platform }) {
  const { rolldown } = await import("rolldown");
  const bundled = await rolldown({
    input: join(root, target.entry),
    cwd: root,
    platform,
    external,
    logLevel: "warn",
    tsconfig: false,
    treeshake: true,
    onLog,
  });
  // Written aside and renamed: a program may be starting from the old file right now.
  const draft = join(outDir, `.draft-${target.name}`);
  rmSync(draft, { recursive: true, force: true });
  try {
    const names = { entryFileNames: target.output, chunkFileNames: `${target.name}-[name]-[hash].js` };
    await bundled.write({ dir: draft, format, ...names, codeSplitting: format === "esm", sourcemap: true });
    const files = readdirSync(draft);
    for (const file of files) renameSync(join(draft, file), join(outDir, file));
    removeOldChunks(target, files);
  } finally {
    await bundled.close();
    rmSync(draft, { recursive: true, force: true });
  }
}

/** A program that started from the build before may still load its parts; those go a day later. */
function removeOldChunks({ name }, files) {
  for (const file of readdirSync(outDir)) {
    if (!file.startsWith(`${name}-`) || files.includes(file)) continue;
    const path = join(outDir, file);
    if (Date.now() - statSync(path).mtimeMs > 24 * 60 * 60 * 1000) rmSync(path, { force: true });
  }
}

/** The example with servers that need no node_modules: people run it from a folder of their own. */
async function bundleExample() {
  const { rolldown } = await import("rolldown");
  const source = join(root, "resources", "workflows", "appraisal");
  const servers = join(source, "servers");
  const draft = join(outDir, ".draft-workflows");
  const folder = join(draft, "appraisal");
  rmSync(draft, { recursive: true, force: true });
  const isStart = (file) => /^await serve\(|^createServer\(/m.test(readFileSync(join(servers, file), "utf8"));
  const input = readdirSync(servers)
    .filter(isStart)
    .map((file) => join(servers, file));
  const bundled = await rolldown({ input, cwd: root, platform: "node", external: [/^node:/], logLevel: "warn", onLog });
  await bundled.write({ dir: join(folder, "servers"), format: "esm", entryFileNames: "[name].js" });
  await bundled.close();
  cpSync(source, folder, { recursive: true, filter: (path) => path !== servers });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  replaceFolder("workflows", draft);
}

async function bundlePage() {
  const vite = await import("vite");
  const draft = join(outDir, ".draft-renderer");
  await vite.build({
    configFile: join(root, "vite.config.ts"),
    // Absolute: the launcher builds too, from whatever folder a person stands in.
    root: join(root, "renderer"),
    logLevel: "warn",
    build: { outDir: draft, emptyOutDir: true },
  });
  replaceFolder("renderer", draft);
}

/** A program may be reading from the old one right now: it is moved aside whole. */
function replaceFolder(name, draft) {
  const old = join(outDir, `.old-${name}`);
  rmSync(old, { recursive: true, force: true });
  if (existsSync(join(outDir, name))) renameSync(join(outDir, name), old);
  renameSync(draft, join(outDir, name));
  rmSync(old, { recursive: true, force: true });
}
