/** Which Electron the desktop suite runs on: a real runtime where there is one, else the double, and it says so. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");
const EXECUTABLE =
  process.platform === "darwin"
    ? "Electron.app/Contents/MacOS/Electron"
    : process.platform === "win32"
      ? "electron.exe"
      : "electron";

export interface ElectronRuntime {
  readonly isDouble: boolean;
  /** For the report. */
  readonly name: string;
  /** Set where the executable is named directly; otherwise `distDir` tells Playwright's loader. */
  readonly executablePath?: string;
  readonly distDir?: string;
}

export function electronRuntime(): ElectronRuntime {
  const { ELECTRON_PATH, ELECTRON_OVERRIDE_DIST_PATH } = process.env;
  if (ELECTRON_PATH !== undefined && existsSync(ELECTRON_PATH))
    return { isDouble: false, name: `real Electron at ${ELECTRON_PATH}`, executablePath: ELECTRON_PATH };
  const distDir = [ELECTRON_OVERRIDE_DIST_PATH, join(root, "node_modules", "electron", "dist")].find(
    (dir) => dir !== undefined && existsSync(join(dir, EXECUTABLE)),
  );
  if (distDir !== undefined) return { isDouble: false, name: `real Electron ${versionOf(distDir)}`, distDir };
  return {
    isDouble: true,
    name: "THE TEST DOUBLE, not Electron: no evidence about sandbox, permissions, native menus or packaging",
    distDir: join(root, "test", "support", "electronDouble"),
  };
}

function versionOf(distDir: string): string {
  try {
    return readFileSync(join(distDir, "version"), "utf8").trim();
  } catch {
    return distDir;
  }
}
