/** The app object: names, paths, start and the way out. */
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { windowEvents } from "./browserWindow.ts";

const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  main: z.string(),
  productName: z.string().optional(),
});

class App extends EventEmitter {
  readonly isPackaged = false;
  readonly commandLine = { appendSwitch: () => {}, hasSwitch: () => false, getSwitchValue: () => "" };
  readonly dock = undefined;
  readonly #ready = Promise.withResolvers<void>();
  readonly #paths = new Map<string, string>();
  #folder = "";
  #package: z.infer<typeof packageSchema> | undefined;
  #loginItem = { openAtLogin: false };
  #isReady = false;

  /** Reads the app's package.json; answers the file of its main process. */
  load(folder: string): string {
    this.#folder = folder;
    this.#package = packageSchema.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
    return join(folder, this.#package.main);
  }
  becomeReady(): void {
    this.#isReady = true;
    this.emit("ready", {}, {});
    this.#ready.resolve();
  }
  whenReady = () => this.#ready.promise;
  isReady = () => this.#isReady;
  getAppPath = () => this.#folder;
  getVersion = () => this.#package?.version ?? "0.0.0";
  getName = () => this.#package?.productName ?? this.#package?.name ?? "Electron";
  get name() {
    return this.getName();
  }
  setName = () => {};
  setAppUserModelId = () => {};
  setAboutPanelOptions = () => {};
  enableSandbox = () => {
    if (this.#isReady) throw new Error("enableSandbox must be called before the app is ready");
  };
  getLocale = () => "en-US";
  getPath = (name: string) =>
    this.#paths.get(name) ?? { home: homedir(), temp: tmpdir() }[name] ?? join(homedir(), ".config", name);
  setPath = (name: string, path: string) => void this.#paths.set(name, path);
  /** Two processes with one user data folder: not told apart here. */
  requestSingleInstanceLock = () => true;
  getLoginItemSettings = () => this.#loginItem;
  setLoginItemSettings = (settings: { openAtLogin: boolean }) => {
    this.#loginItem = settings;
  };
  quit = () => {
    let isPrevented = false;
    this.emit("before-quit", { preventDefault: () => (isPrevented = true) });
    if (!isPrevented) this.exit(0);
  };
  exit = (code = 0) => process.exit(code);
}

export const app = new App();
windowEvents.on("created", (contents) => app.emit("web-contents-created", {}, contents));
windowEvents.on("all-closed", () => {
  if (app.listenerCount("window-all-closed") > 0) app.emit("window-all-closed");
  else app.quit();
});
