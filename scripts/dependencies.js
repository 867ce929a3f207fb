/** node_modules as package-lock.json says, with native parts that load. Install scripts of packages never run. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.js";
import { Advice, cacheDir, isWindows, readJson, root, say, sha256, since, writeJson } from "./project.js";
import { headersDir, projectEnv, run, runLogged, runNpm } from "./toolchain.js";

const stampFile = join(cacheDir, "dependencies.json");
const modules = join(root, "node_modules");
const nodePty = join(modules, "node-pty");

/** True where nothing is to do: the lock file is the one the stamp was written for. Cheap enough for every start. */
export function dependenciesAreInstalled() {
  return readJson(stampFile)?.key === stampKey() && existsSync(join(modules, ".package-lock.json"));
}

/** Installs what is missing. Must run on the project's Node. */
export async function ensureDependencies() {
  if (dependenciesAreInstalled()) return;
  await withLock("install", async () => {
    if (dependenciesAreInstalled()) return;
    rmSync(stampFile, { force: true });
    if (!installedMatchesLock()) await installFromLock();
    await ensureNative();
    linkLauncher();
    writeJson(stampFile, { key: stampKey() });
  });
}

function stampKey() {
  return sha256(`${process.platform}-${process.arch} ${sha256(readFileSync(join(root, "package-lock.json")))}`);
}

async function installFromLock() {
  const startedAt = performance.now();
  say("installing dependencies (half a minute on a good line)…");
  const flags = ["--ignore-scripts", "--include=dev", "--no-audit", "--no-fund"];
  const options = { log: "npm-ci.log", env: projectEnv(process.execPath), doing: "installing dependencies" };
  await runNpm(["ci", ...flags], options).catch(async (error) => {
    // This npm reads the lock file differently than the one that wrote it: its versions still hold where they can.
    if (!/package-lock\.json .*in sync/.test(readFileSync(join(cacheDir, "npm-ci.log"), "utf8"))) throw error;
    await runNpm(["install", "--no-save", ...flags], options);
  });
  say(`dependencies installed in ${since(startedAt)}.`);
}

/** npm keeps a copy of what it installed; comparing it spares a reinstall after somebody's own `npm install`. */
function installedMatchesLock() {
  const wanted = readJson(join(root, "package-lock.json"))?.packages ?? {};
  const installed = readJson(join(modules, ".package-lock.json"))?.packages ?? {};
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === "" ||
      installed[path]?.version === entry.version ||
      (entry.optional === true && installed[path] === undefined),
  );
}

/** Both packages bring a Node-API binary for the usual systems; where none loads, node-pty is compiled. */
async function ensureNative() {
  makeSpawnHelperExecutable();
  if (!(await loads("node-pty"))) await compileNodePty();
  for (const name of ["node-pty", "better-sqlite3"]) {
    if (!(await loads(name)))
      throw new Advice(
        `${name} is installed but does not load on ${process.platform}-${process.arch}. Delete node_modules and try again; if it stays, report it with .cache/node-gyp.log.`,
      );
  }
}

async function loads(name) {
  return (
    (await run(process.execPath, ["-e", `require(${JSON.stringify(name)})`], { cwd: root, stdio: "ignore" })) === 0
  );
}

async function compileNodePty() {
  const startedAt = performance.now();
  say("compiling the terminal module…");
  const headers = headersDir();
  const args = [
    join(modules, "node-gyp", "bin", "node-gyp.js"),
    "rebuild",
    ...(headers === undefined ? [] : [`--nodedir=${headers}`]),
  ];
  try {
    await runLogged(process.execPath, args, {
      log: "node-gyp.log",
      cwd: nodePty,
      env: projectEnv(process.execPath),
      doing: "compiling node-pty",
    });
  } catch (error) {
    throw new Advice(
      `${error.message}\nIt needs Python 3, make and a C++ compiler (Debian and Ubuntu: apt-get install -y python3 make g++; macOS: xcode-select --install).`,
    );
  }
  say(`terminal module compiled in ${since(startedAt)}.`);
}

/** npm drops the executable bit of macOS's helper, without which every spawn fails. */
function makeSpawnHelperExecutable() {
  const prebuilds = join(nodePty, "prebuilds");
  if (!existsSync(prebuilds)) return;
  for (const name of readdirSync(prebuilds)) {
    const helper = join(prebuilds, name, "spawn-helper");
    if (existsSync(helper)) chmodSync(helper, 0o755);
  }
}

/** `npx signalbox` looks in node_modules/.bin, where npm links only other packages' programs. */
function linkLauncher() {
  const bin = join(modules, ".bin");
  mkdirSync(bin, { recursive: true });
  if (isWindows) {
    writeFileSync(join(bin, "signalbox.cmd"), '@node "%~dp0\\..\\..\\scripts\\signalbox.js" %*\r\n');
    return;
  }
  chmodSync(join(root, "scripts", "signalbox.js"), 0o755);
  rmSync(join(bin, "signalbox"), { force: true });
  symlinkSync("../../scripts/signalbox.js", join(bin, "signalbox"));
}
