/** The desktop app for tests: the built bundle on a fresh data directory, ended with everything it started. */
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, type ElectronApplication, type Page } from "@playwright/test";
import { electronRuntime } from "./electronRuntime.ts";
import { within } from "./deadline.ts";
import { endKeepers } from "./endKeepers.ts";

export const runtime = electronRuntime();
const root = join(import.meta.dirname, "..", "..");

const END_MS = 15_000;

export interface DesktopApp {
  readonly electron: ElectronApplication;
  readonly page: Page;
}

export class DesktopBench {
  readonly dataDir = realpathSync(mkdtempSync(join(tmpdir(), "signalbox-desktop-")));
  #running: { readonly electron: ElectronApplication; readonly process: ChildProcess } | undefined;

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
    this.#running = { electron, process: electron.process() };
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
    if (this.#running !== undefined) await ended(this.#running);
    await endKeepers(this.dataDir);
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** By the app's own way out; killed where that takes too long. */
async function ended({
  electron,
  process,
}: {
  readonly electron: ElectronApplication;
  readonly process: ChildProcess;
}): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  await within("the app ends", electron.close(), END_MS).catch(() => process.kill("SIGKILL"));
}
