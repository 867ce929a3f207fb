/** What `import … from "electron"` gets in the main process. A part that is missing throws with its name. */
import { app } from "./app.ts";
import { BrowserWindow } from "./browserWindow.ts";
import { dialog, Menu, nativeImage, nativeTheme, Notification, screen, shell, Tray } from "./desktopParts.ts";
import { ipcMain } from "./ipc.ts";
import { protocol } from "./schemes.ts";

const defaultSession = strict("session", {
  protocol,
  setPermissionRequestHandler: () => {},
  setPermissionCheckHandler: () => {},
  setDevicePermissionHandler: () => {},
});

export const electron = {
  app: strict("app", app),
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeImage,
  nativeTheme,
  Notification,
  protocol,
  screen,
  session: { defaultSession },
  shell,
  Tray,
};

function strict<T extends object>(name: string, target: T): T {
  return new Proxy(target, {
    get(object, key) {
      if (!(key in object) && typeof key === "string" && key !== "then")
        throw new Error(`the Electron double has no ${name}.${key}`);
      const value: unknown = Reflect.get(object, key, object);
      return typeof value === "function" ? value.bind(object) : value;
    },
  });
}
