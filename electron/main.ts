/** The desktop app: the core in Electron's main process, its window, its tray. Start to end as a list of steps. */
import { randomUUID } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { app, dialog, nativeTheme, session } from "electron";
import { startDesktop } from "#host/desktop.ts";
import { guardAllContents, guardSession } from "#host/guards.ts";
import { jsonFile } from "#host/jsonFile.ts";
import { createLifecycle, isOnlyInstance } from "#host/lifecycle.ts";
import { acceptPagePorts } from "#host/pagePort.ts";
import { registerPageScheme, servePage } from "#host/pageProtocol.ts";
import { createMainWindow } from "#host/window.ts";
import { messagePortWire } from "#rpc/transports/messagePort.ts";
import { dataDirOf } from "#shared/lib/dataDir.ts";
import { fail, type Rejection } from "#shared/model/result.ts";
import { type Settings, settingsSchema } from "#shared/model/settings.ts";
import { createRpcClient, type RpcClient } from "#shared/rpc/client.ts";
import { createMemoryPair } from "#shared/rpc/memoryPair.ts";
import { appVersion, type RunningCore, startCore } from "./compose.ts";

/** The start was refused with a sentence; `npm start` then does not try the browser. */
const REFUSED = 75;

const { values: options } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: { data: { type: "string" }, fleet: { type: "string" }, "no-start": { type: "boolean" } },
});
const flag = typeof options.data === "string" ? options.data : undefined;
const dataDir = resolve(dataDirOf({ platform: process.platform, homeDir: homedir(), env: process.env, flag }));

// What Electron wants settled before it is ready. Its own files lie in the data directory: one app per directory.
app.enableSandbox();
app.setPath("userData", join(dataDir, "electron"));
registerPageScheme();
guardAllContents();
if (isOnlyInstance()) void app.whenReady().then(start);
else app.exit(0);

async function start(): Promise<void> {
  let running: RunningCore | undefined;
  let settings: Settings = settingsSchema.parse({});

  const lifecycle = createLifecycle({
    onSecondStart: () => window.open(),
    staysWithoutWindow: () => process.platform === "darwin" || settings.closeToTray,
    onEnd: async () => running?.close(),
  });
  const window = createMainWindow({
    preload: join(import.meta.dirname, "preload.cjs"),
    icon: join(app.getAppPath(), "resources", "icons", "512x512.png"),
    memory: jsonFile(join(dataDir, "electron", "window.json")),
    staysInTray: () => settings.closeToTray && !lifecycle.isQuitting,
  });

  const started = await startCore({
    dataDir,
    host: "desktop",
    noStart: options["no-start"] === true,
    nats: undefined,
    version: appVersion(new URL("../package.json", import.meta.url)),
    controls: {
      quit: () => void lifecycle.quit(),
      mint: async () =>
        fail(
          "unsupported",
          "The desktop app serves no browser. Run `signalbox serve` on another data directory for that.",
        ),
    },
  });
  if (!started.ok) return refuse(started.error);
  const core = started.value;
  running = core;

  guardSession(session.defaultSession);
  servePage(session.defaultSession, join(import.meta.dirname, "renderer"));
  acceptPagePorts((port) => core.connect(messagePortWire(port)));

  const client = ownClient(core);
  startDesktop({
    core: client,
    window,
    lifecycle,
    iconDir: join(app.getAppPath(), "resources", "tray"),
    onSettings: (changed) => {
      settings = changed;
      nativeTheme.themeSource = changed.theme;
    },
  });
  window.open();
  await bringUp(client, options.fleet);
}

/** The shell speaks to the core as every client does. */
function ownClient(running: RunningCore): RpcClient {
  const pair = createMemoryPair();
  running.connect(pair.server);
  return createRpcClient(pair.client, { client: "window", newId: randomUUID });
}

async function bringUp(core: RpcClient, file: unknown): Promise<void> {
  if (typeof file !== "string" || options["no-start"] === true) return;
  const up = await core.command("fleet.up", { file: resolve(file) });
  if (!up.ok) dialog.showErrorBox("The fleet was not started", up.error.message);
}

function refuse({ message }: Rejection): void {
  dialog.showErrorBox("Signalbox cannot start", message);
  app.exit(REFUSED);
}
