/** A page of Chromium behind Electron's interface: preload, ports, the app's own scheme, denied windows. */
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import type { Chromium } from "./chromium.ts";
import { createCodec } from "./codec.ts";
import { ipcMain, MessagePortMain } from "./ipc.ts";
import { BINDING, pageSide, RECEIVER } from "./pageSide.ts";
import { answerRequest, fromChromium, schemeOrigins, toChromium } from "./schemes.ts";

const codec = createCodec();
let nextId = 1;

export interface PageOptions {
  readonly width: number;
  readonly height: number;
  readonly preload: string | undefined;
}

export class WebContents extends EventEmitter {
  readonly id = nextId++;
  readonly #ports = new Map<number, MessagePortMain>();
  readonly #opened: Promise<void>;
  #browser: Chromium | undefined;
  #sessionId: string | undefined;
  #targetId = "";
  #url = "";
  #windowOpen: ((details: { url: string }) => { action: string }) | undefined;

  constructor(chromium: Promise<Chromium>, options: PageOptions) {
    super();
    this.#opened = chromium.then((browser) => this.#open(browser, options));
  }

  async #open(browser: Chromium, { width, height, preload }: PageOptions): Promise<void> {
    this.#browser = browser;
    this.#targetId = (
      await browser.send("Target.createTarget", { url: "about:blank", newWindow: true, width, height })
    ).targetId;
    this.#sessionId = (
      await browser.send("Target.attachToTarget", { targetId: this.#targetId, flatten: true })
    ).sessionId;
    browser.onEvent(this.#sessionId, (method, params) => void this.#onEvent(method, params));
    const version = (await browser.send("Browser.getVersion")).userAgent;
    await Promise.all([
      this.#cdp("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false }),
      this.#cdp("Emulation.setUserAgentOverride", { userAgent: `${version} Electron/0.0.0-double` }),
      this.#cdp("Page.enable"),
      this.#cdp("Runtime.enable"),
      this.#cdp("Runtime.addBinding", { name: BINDING }),
      this.#cdp("Page.addScriptToEvaluateOnNewDocument", { source: preloadSource(preload) }),
      this.#cdp("Fetch.enable", { patterns: schemeOrigins().map((origin) => ({ urlPattern: `${origin}/*` })) }),
    ]);
  }

  #cdp(method: string, params: object = {}): Promise<any> {
    return this.#browser?.send(method, params, this.#sessionId) ?? Promise.reject(new Error("the page is not open"));
  }

  async #onEvent(method: string, params: any): Promise<void> {
    switch (method) {
      case "Runtime.bindingCalled":
        return this.#received(codec.decode(params.payload));
      case "Fetch.requestPaused":
        return this.#fulfil(params);
      case "Page.frameNavigated":
        if (params.frame.parentId === undefined) this.#navigated(fromChromium(params.frame.url));
        return;
      case "Page.loadEventFired":
        this.emit("did-finish-load");
        return;
    }
  }

  #received(message: any): void {
    if (message.open !== undefined) return this.#openWindow(fromChromium(message.open));
    if (message.port !== undefined) return this.#ports.get(message.port)?.arrived(message);
    const ports = message.ports.map((id: number) => {
      const port = new MessagePortMain((what) => this.#push({ port: id, ...what }));
      this.#ports.set(id, port);
      return port;
    });
    ipcMain.emit(
      message.channel,
      { sender: this, senderFrame: { url: this.#url, parent: null }, ports },
      message.message,
    );
  }

  #openWindow(url: string): void {
    const { action } = this.#windowOpen?.({ url }) ?? { action: "allow" };
    if (action !== "deny") throw new Error("the Electron double opens no second window");
  }

  #push(message: object): void {
    const text = JSON.stringify(codec.encode(message));
    void this.#cdp("Runtime.evaluate", { expression: `globalThis[${JSON.stringify(RECEIVER)}]?.(${text})` }).catch(
      () => {},
    );
  }

  /** A new document: the ports of the old one are gone, as Electron tells by their close event. */
  #navigated(url: string): void {
    this.#url = url;
    for (const port of this.#ports.values()) port.arrived({ closed: true });
    this.#ports.clear();
  }

  async #fulfil({ requestId, request }: any): Promise<void> {
    const answer = await answerRequest(request);
    await this.#cdp("Fetch.fulfillRequest", { requestId, ...answer }).catch(() => {});
  }

  async loadURL(url: string): Promise<void> {
    await this.#opened;
    const loaded = new Promise((resolve) => this.once("did-finish-load", resolve));
    const { errorText } = await this.#cdp("Page.navigate", { url: toChromium(url) });
    if (errorText !== undefined) throw new Error(`${errorText} loading '${url}'`);
    await loaded;
  }

  async executeJavaScript(expression: string): Promise<unknown> {
    await this.#opened;
    return (
      await this.#cdp("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true, userGesture: true })
    ).result.value;
  }

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.#windowOpen = handler;
  }

  getURL = () => this.#url;
  reload = () => void this.#cdp("Page.reload");

  async closeTarget(): Promise<void> {
    await this.#opened;
    await this.#browser?.send("Target.closeTarget", { targetId: this.#targetId });
  }
}

/** A block of its own, so that neither the preload nor its `require` is visible to the page. */
function preloadSource(file: string | undefined): string {
  const names = JSON.stringify({ binding: BINDING, receiver: RECEIVER });
  const preload = file === undefined ? "" : readFileSync(file, "utf8");
  return `{ const require = (${String(pageSide)})((${String(createCodec)})(), ${names}); (function (require, exports, module) {${preload}\n})(require, {}, { exports: {} }); }`;
}
