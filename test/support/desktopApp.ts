/** The desktop app for tests: the built bundle on a fresh data directory, ended with everything it started. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, type ElectronApplication, type Page } from "@playwright/test";
import { electronRuntime } from "./electronRuntime.ts";
import { endKeepers } from "./endKeepers.ts";

export const runtime = electronRuntime();
const root = join(import.meta.dirname, "..", "..");

export interface DesktopApp {
  readonly electron: ElectronApplication;
  readonly page: Page;
}

export class DesktopBench {
  readonly dataDir = realpathSync(mkdtempSync(join(tmpdir(), "signalbox-desktop-")));
  #running: ElectronApplication | undefined;

  /** Starts the app and waits until its page is connected. A running one must have been quit. */
  async start(...args: readonly string[]): Promise<DesktopApp> {
    const env: Record<string, string> = { HOME: this.dataDir, SIGNALBOX_NODE: process.execPath };
    for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] ??= value;
    // Playwright asks the electron package, in this process, where the executable is.
    if (runtime.distDir !== undefined) process.env["ELECTRON_OVERRIDE_DIST_PATH"] = runtime.distDir;
    const sandbox = process.platform === "linux" && process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const electron = await _electron.launch({
      args: [...sandbox, root, "--data", this.dataDir, ...args],
      env,
      ...(runtime.executablePath === undefined ? {} : { executablePath: runtime.executablePath }),
    });
    this.#running = electron;
    const page = await electron.firstWindow();
    await page.waitForLoadState("load");
    return { electron, page };
  }

  /** Writes a fleet file of harmless commands; answers its path. */
  fleet(name: string, children: readonly string[]): string {
    const file = join(this.dataDir, `${name}.yaml`);
    writeFileSync(
      file,
      [`version: 1`, `name: ${name}`, `children:`, ...children.map((child) => `  - ${child}`), ""].join("\n"),
    );
    return file;
  }

  async end(): Promise<void> {
    this.#running?.process().kill("SIGKILL");
    await endKeepers(this.dataDir);
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
