/** Windows: state kept here, content in a page of Chromium. */
import { EventEmitter } from "node:events";
import type { Chromium } from "./chromium.ts";
import { WebContents } from "./webContents.ts";

/** Set by boot.ts before the app is ready. */
export const browser = Promise.withResolvers<Chromium>();
export const windowEvents = new EventEmitter();

let nextId = 1;
const open = new Set<BrowserWindow>();

export class BrowserWindow extends EventEmitter {
  static getAllWindows = () => [...open];
  static getFocusedWindow = () => [...open].find((window) => window.isFocused()) ?? null;
  static fromWebContents = (contents: WebContents) =>
    [...open].find((window) => window.webContents === contents) ?? null;

  readonly id = nextId++;
  readonly webContents: WebContents;
  readonly options: any;
  #bounds: { x: number; y: number; width: number; height: number };
  #isVisible: boolean;
  #isFocused = false;
  #isMinimized = false;
  #isMaximized = false;
  #isDestroyed = false;

  constructor(options: any) {
    super();
    this.options = options;
    const { x = 0, y = 0, width = 800, height = 600, show = true, webPreferences } = options;
    this.#bounds = { x, y, width, height };
    this.#isVisible = show;
    this.webContents = new WebContents(browser.promise, { width, height, preload: webPreferences?.preload });
    open.add(this);
    this.webContents.once("did-finish-load", () => this.emit("ready-to-show"));
    windowEvents.emit("created", this.webContents);
  }

  loadURL = (url: string) => this.webContents.loadURL(url);
  show() {
    this.#isVisible = true;
    this.emit("show");
  }
  hide() {
    this.#isVisible = this.#isFocused = false;
    this.emit("hide");
  }
  focus() {
    this.#isFocused = true;
    this.emit("focus");
  }
  blur() {
    this.#isFocused = false;
    this.emit("blur");
  }
  minimize() {
    this.#isMinimized = true;
  }
  restore() {
    this.#isMinimized = false;
  }
  maximize() {
    this.#isMaximized = true;
  }
  isVisible = () => this.#isVisible;
  isFocused = () => this.#isFocused;
  isMinimized = () => this.#isMinimized;
  isMaximized = () => this.#isMaximized;
  isDestroyed = () => this.#isDestroyed;
  getBounds = () => ({ ...this.#bounds });
  getNormalBounds = () => ({ ...this.#bounds });
  setBounds(bounds: Partial<typeof this.extent>) {
    this.#bounds = { ...this.#bounds, ...bounds };
  }
  get extent() {
    return this.#bounds;
  }
  close() {
    let isPrevented = false;
    this.emit("close", { preventDefault: () => (isPrevented = true) });
    if (!isPrevented) this.destroy();
  }
  destroy() {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    open.delete(this);
    void this.webContents.closeTarget().catch(() => {});
    this.emit("closed");
    if (open.size === 0) windowEvents.emit("all-closed");
  }
}
