/** One Chromium without a window of its own, and the DevTools connection to it. */
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemBrowser } from "../systemBrowser.ts";

export interface Chromium {
  /** `sessionId`: the page it is about; none for the browser itself. */
  send(method: string, params?: object, sessionId?: string): Promise<any>;
  /** Events of one page, or of the browser for undefined. */
  onEvent(sessionId: string | undefined, listener: (method: string, params: any) => void): void;
  kill(): void;
}

const SWITCHES = [
  "--remote-debugging-port=0",
  "--no-startup-window",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-background-networking",
  "--disable-component-update",
  "--password-store=basic",
  "--no-sandbox",
];

/** Its standard input ends with this process, however that ends; then the browser and its profile go too. */
const GUARD = '"$@" & browser=$!; cat > /dev/null; kill -9 $browser; wait; rm -rf "$0"';

export async function launchChromium(onExit: () => void): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), "electron-double-"));
  const headless = process.env["DISPLAY"] === undefined ? ["--headless=new"] : [];
  const args = [systemBrowser() ?? "chromium", ...SWITCHES, ...headless, `--user-data-dir=${profile}`];
  const child = spawn("sh", ["-c", GUARD, profile, ...args], { stdio: ["pipe", "ignore", "pipe"] });
  const kill = () => child.stdin.destroy();
  process.on("exit", kill);
  child.on("exit", onExit);
  const address = await new Promise<string>((resolve, reject) => {
    let said = "";
    child.once("error", reject);
    child.stderr.on("data", (chunk) => {
      const found = /^DevTools listening on (ws:\S+)$/m.exec((said += chunk));
      if (found?.[1] !== undefined) resolve(found[1]);
    });
  });
  const connection = await connect(address);
  // The line Playwright waits for.
  process.stderr.write(`DevTools listening on ${address}\n`);
  return { ...connection, kill };
}

async function connect(address: string): Promise<Omit<Chromium, "kill">> {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  const calls = new Map<number, { resolve: (value: any) => void; reject: (error: Error) => void }>();
  const listeners = new Map<string | undefined, (method: string, params: any) => void>();
  let nextId = 1;
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data));
    if (message.id === undefined) return listeners.get(message.sessionId)?.(message.method, message.params);
    const call = calls.get(message.id);
    calls.delete(message.id);
    if (message.error === undefined) call?.resolve(message.result);
    else call?.reject(new Error(message.error.message));
  });
  return {
    onEvent: (sessionId, listener) => void listeners.set(sessionId, listener),
    send: (method, params = {}, sessionId) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        calls.set(id, { resolve, reject });
        socket.send(JSON.stringify({ id, method, params, sessionId }));
      }),
  };
}
