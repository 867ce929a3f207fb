/** `npm start`: the app in its window; where there can be none, the same app in the browser. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { bootstrap } from "./bootstrap.js";
import { ensureElectron } from "./electronRuntime.js";
import { Advice, isWindows, outDir, root, say } from "./project.js";
import { projectEnv, run } from "./toolchain.js";

/** An Electron that ends with an error sooner than this never showed a window. */
const SETTLED_MS = 8_000;

/** The app's own code for a start it refused with a sentence (electron/main.ts). */
const REFUSED = 75;

/** Arguments are the app's own (`--data DIR`, `--fleet FILE`, `--no-start`, `--port N`); `--browser` skips the window. */
export async function start(args) {
  await bootstrap();
  const appArgs = args.filter((arg) => arg !== "--browser");
  const why = args.includes("--browser") ? "as asked" : await inWindow(appArgs);
  if (why === undefined) return;
  say(`no window: ${why}. Serving the app to the browser.`);
  await inBrowser(appArgs);
}

/** Undefined after the window's app has ended; otherwise why there is none. */
async function inWindow(args) {
  if (!hasDisplay()) return "this session has no display";
  const electron = await ensureElectron();
  if (electron.file === undefined) return electron.why;
  const startedAt = performance.now();
  const sandbox = process.platform === "linux" && process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const code = await run(electron.file, [...sandbox, root, ...args], {
    cwd: root,
    stdio: "inherit",
    env: projectEnv(process.execPath),
  }).catch(() => 127);
  if (code === 0) return undefined;
  if (code === REFUSED) throw new Advice("the app could not start; it has said why.");
  if (performance.now() - startedAt < SETTLED_MS) return `Electron ended at once with code ${code}`;
  throw new Advice(`the app ended with code ${code}. The agents go on; \`npm start\` takes them up again.`);
}

function hasDisplay() {
  if (process.platform !== "linux") return true;
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

async function inBrowser(args) {
  const child = spawn(process.execPath, [join(outDir, "headless.js"), ...args], {
    cwd: root,
    stdio: ["inherit", "pipe", "inherit"],
    env: projectEnv(process.execPath),
  });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // Ctrl-C reaches the child by itself; staying alive lets it say its last words.
  process.on("SIGINT", () => {});
  createInterface({ input: child.stdout }).on("line", (line) => announce(line));
  const [code, signal] = await new Promise((resolve) => child.once("exit", (...ending) => resolve(ending)));
  process.exitCode = signal === null ? code : 0;
}

function announce(line) {
  const url = readyUrl(line);
  if (url === undefined) {
    process.stdout.write(`${line}\n`);
    return;
  }
  process.stdout.write(`Signalbox is ready at ${url}\n`);
  say("the link works once; `npx signalbox open` gives another. Ctrl-C ends the app, the agents go on.");
  openBrowser(url);
}

function readyUrl(line) {
  try {
    return JSON.parse(line).url;
  } catch {
    return undefined;
  }
}

/** Best effort: the address is on the screen already. */
function openBrowser(url) {
  if (!hasDisplay() || process.env.CI) return;
  const [file, args] = isWindows
    ? ["rundll32", ["url.dll,FileProtocolHandler", url]]
    : process.platform === "darwin"
      ? ["open", [url]]
      : ["xdg-open", [url]];
  const opener = spawn(file, args, { stdio: "ignore", detached: true });
  opener.once("error", () => {});
  opener.unref();
}
