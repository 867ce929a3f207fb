/** Starts an app as Electron's default app does: electron [-r module] [flags] <folder> [arguments]. */
import { createRequire, registerHooks } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { app } from "./app.ts";
import { browser } from "./browserWindow.ts";
import { launchChromium } from "./chromium.ts";
import { electron } from "./electronModule.ts";

const MODULE = "electron-double:main";
(globalThis as any).electronDoubleModule = electron;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "electron" || specifier === "electron/main"
      ? { url: MODULE, format: "commonjs", shortCircuit: true }
      : next(specifier, context),
  load: (url, context, next) =>
    url === MODULE
      ? {
          format: "commonjs",
          shortCircuit: true,
          source: `module.exports = globalThis.electronDoubleModule; 0 && (module.exports = { ${Object.keys(electron).join(", ")} });`,
        }
      : next(url, context),
});

const given = process.argv.slice(2);
const preloads = given.flatMap((argument, index) => (given[index - 1] === "-r" ? [argument] : []));
const folder = given.find((argument, index) => !argument.startsWith("-") && given[index - 1] !== "-r");
if (folder === undefined) throw new Error("usage: electron [-r module] [flags] <folder> [arguments]");

const main = app.load(resolve(folder));
Object.defineProperty(process, "versions", { value: { ...process.versions, electron: "0.0.0-double" } });
Object.assign(process, { type: "browser", defaultApp: true, resourcesPath: join(resolve(folder), "resources") });
process.argv = [join(import.meta.dirname, "electron"), ...given];
process.stderr.write("THIS IS A TEST DOUBLE FOR ELECTRON, not Electron.\n");

const require = createRequire(import.meta.url);
for (const file of preloads) require(file);
await import(pathToFileURL(main).href);
browser.resolve(await launchChromium(() => process.exit(1)));
app.becomeReady();
