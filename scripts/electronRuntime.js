/** Finds Electron's runtime, or fetches it within a bounded wait; never a reason for the app not to start. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, readJson, root, say, since, writeJson } from "./project.js";

const packageDir = join(root, "node_modules", "electron");
const failureFile = join(cacheDir, "electron-download.json");
/** The runtime is 110 MB: three minutes do on 5 Mbit/s, and nobody waits longer for a window that may not come. */
const DOWNLOAD_MS = Number(process.env.SIGNALBOX_ELECTRON_WAIT_S ?? 180) * 1000;
/** A server that answers does so well within this. */
const PROBE_MS = 6_000;
/** After a failed download the next starts do not wait for another. */
const RETRY_AFTER_MS = 6 * 3_600_000;

const EXECUTABLE =
  { darwin: "Electron.app/Contents/MacOS/Electron", win32: "electron.exe" }[process.platform] ?? "electron";

/** Path of a runtime that is there, or undefined. */
export function findElectron() {
  const { ELECTRON_PATH, ELECTRON_OVERRIDE_DIST_PATH } = process.env;
  const candidates = [
    ELECTRON_PATH,
    ELECTRON_OVERRIDE_DIST_PATH && join(ELECTRON_OVERRIDE_DIST_PATH, EXECUTABLE),
    installedElectron(),
  ];
  return candidates.find((file) => file && existsSync(file));
}

function installedElectron() {
  const version = readJson(join(packageDir, "package.json"))?.version;
  try {
    const installed = readFileSync(join(packageDir, "dist", "version"), "utf8")
      .trim()
      .replace(/^v/, "");
    return installed === version ? join(packageDir, "dist", EXECUTABLE) : undefined;
  } catch {
    return undefined;
  }
}

/** Path of the runtime, fetched if need be; or `{ why }` in the words of half a sentence. */
export async function ensureElectron() {
  const found = findElectron();
  if (found !== undefined) return { file: found };
  const failedAt = readJson(failureFile)?.at ?? 0;
  if (Date.now() - failedAt < RETRY_AFTER_MS)
    return { why: `Electron's runtime could not be downloaded earlier (remove ${failureFile} to try again now)` };
  const why = (await unreachable()) ?? (await download());
  if (why === undefined) return { file: findElectron() };
  writeJson(failureFile, { at: Date.now(), why });
  return { why };
}

/** Half a sentence when the server cannot be had, so that an offline start does not sit through the whole wait. */
async function unreachable() {
  const { ELECTRON_MIRROR, ELECTRON_GET_USE_PROXY, npm_config_electron_mirror } = process.env;
  if (ELECTRON_MIRROR || npm_config_electron_mirror || ELECTRON_GET_USE_PROXY) return undefined;
  try {
    await fetch("https://github.com/electron/electron/releases", {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(PROBE_MS),
    });
    return undefined;
  } catch {
    return "Electron's runtime is not installed and github.com, where it comes from, cannot be reached";
  }
}

async function download() {
  const startedAt = performance.now();
  say("fetching Electron's runtime (about 110 MB, once)…");
  const child = spawn(process.execPath, [join(packageDir, "install.js")], { stdio: "ignore", windowsHide: true });
  const code = await new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      resolve("late");
    }, DOWNLOAD_MS);
    const settle = (value) => {
      clearTimeout(timer);
      resolve(value);
    };
    child.once("error", () => settle("failed"));
    child.once("exit", settle);
  });
  if (code === "late") return `Electron's runtime did not arrive within ${DOWNLOAD_MS / 1000} s`;
  if (code !== 0 || findElectron() === undefined) return "Electron's runtime could not be downloaded";
  say(`Electron's runtime fetched in ${since(startedAt)}.`);
  return undefined;
}
