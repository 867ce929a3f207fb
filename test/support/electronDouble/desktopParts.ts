/** Tray, menu, notifications, dialogs, shell and screen: recorded, never shown. */
import { EventEmitter } from "node:events";
import { existsSync } from "node:fs";
import { record } from "./record.ts";

export class NativeImage {
  readonly path: string;
  isTemplate = false;
  constructor(path: string) {
    this.path = path;
  }
  isEmpty = () => !existsSync(this.path);
  toDataURL = () => "data:image/png;base64,";
  addRepresentation = () => {};
  setTemplateImage = (isTemplate: boolean) => {
    this.isTemplate = isTemplate;
  };
}

export class Tray extends EventEmitter {
  icon: string;
  tooltip = "";
  menu: Menu | undefined;
  constructor(image: NativeImage) {
    super();
    if (image.isEmpty()) throw new Error(`the tray's image is not there: ${image.path}`);
    this.icon = image.path;
    record.trays.push(this);
  }
  setImage(image: NativeImage) {
    if (image.isEmpty()) throw new Error(`the tray's image is not there: ${image.path}`);
    this.icon = image.path;
  }
  setToolTip(text: string) {
    this.tooltip = text;
  }
  setContextMenu(menu: Menu) {
    this.menu = menu;
  }
  destroy() {
    record.trays.splice(record.trays.indexOf(this), 1);
  }
}

export class Menu {
  static #application: Menu | null = null;
  static setApplicationMenu(menu: Menu | null) {
    Menu.#application = menu;
  }
  static getApplicationMenu() {
    return Menu.#application;
  }
  static buildFromTemplate(template: any[]): Menu {
    const menu = new Menu();
    menu.items = template.map((item) => ({
      enabled: true,
      visible: true,
      ...item,
      submenu: Array.isArray(item.submenu) ? Menu.buildFromTemplate(item.submenu) : item.submenu,
    }));
    return menu;
  }
  items: any[] = [];
  getMenuItemById(id: string): any {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found) return found;
    }
    return null;
  }
}

export class Notification extends EventEmitter {
  static isSupported = () => true;
  readonly title: string;
  readonly body: string;
  constructor(options: { title: string; body: string }) {
    super();
    this.title = options.title;
    this.body = options.body;
  }
  show() {
    record.notifications.push(this);
  }
  close() {
    this.emit("close");
  }
}

export const dialog = {
  showMessageBox: async (...args: any[]) => {
    const options = args.at(-1);
    record.dialogs.push({ message: options.message, detail: options.detail, buttons: options.buttons ?? [] });
    return { response: record.nextAnswers.shift() ?? options.cancelId ?? 0, checkboxChecked: false };
  },
  showErrorBox: (title: string, content: string) => {
    record.errorBoxes.push({ title, content });
    process.stderr.write(`error box: ${title}: ${content}\n`);
  },
};

export const shell = { openExternal: async (url: string) => void record.openedOutside.push(url) };

const display = { id: 1, scaleFactor: 1, workArea: { x: 0, y: 0, width: 1600, height: 1000 } };
export const screen = Object.assign(new EventEmitter(), {
  getPrimaryDisplay: () => display,
  getAllDisplays: () => [display],
});
export const nativeTheme = Object.assign(new EventEmitter(), { themeSource: "system", shouldUseDarkColors: true });
export const nativeImage = { createFromPath: (path: string) => new NativeImage(path) };
