/** Draws the tray model and runs what is chosen in it. */
import { join } from "node:path";
import { Menu, type MenuItemConstructorOptions, type NativeImage, nativeImage, Tray } from "electron";
import type { TrayAction, TrayIcon, TrayModel, TrayRow } from "./trayModel.ts";

export interface TrayDeps {
  readonly iconDir: string;
  readonly platform: NodeJS.Platform;
  readonly onAction: (action: TrayAction) => void;
}

export interface TrayView {
  draw(model: TrayModel): void;
  dispose(): void;
}

/** Points of the silhouette: macOS and Windows draw 16, Linux panels 22. */
const SIZE_LINUX = 22;
const SIZE = 16;

export function createTray(deps: TrayDeps): TrayView {
  const images = new Map<TrayIcon, NativeImage>();
  const imageOf = (icon: TrayIcon) => {
    const known = images.get(icon) ?? loadImage(icon, deps);
    images.set(icon, known);
    return known;
  };
  const tray = new Tray(imageOf("calm"));
  let drawn = "";
  tray.on("click", () => deps.onAction({ type: "open" }));
  return {
    draw(model) {
      // Rebuilding an open menu closes it on Linux, so nothing is touched while nothing changed.
      const signature = JSON.stringify(model);
      if (signature === drawn) return;
      drawn = signature;
      tray.setImage(imageOf(model.icon));
      tray.setToolTip(model.tooltip);
      tray.setContextMenu(Menu.buildFromTemplate(model.rows.map((row) => menuItem(row, deps))));
    },
    dispose: () => tray.destroy(),
  };
}

function loadImage(icon: TrayIcon, { iconDir, platform }: TrayDeps): NativeImage {
  const size = platform === "linux" ? SIZE_LINUX : SIZE;
  const image = nativeImage.createFromPath(join(iconDir, `tray-${icon}-${size}.png`));
  image.addRepresentation({
    scaleFactor: 2,
    dataURL: nativeImage.createFromPath(join(iconDir, `tray-${icon}-${size * 2}.png`)).toDataURL(),
  });
  // One colour: macOS tints it to fit its menu bar.
  image.setTemplateImage(true);
  return image;
}

function menuItem(row: TrayRow, deps: TrayDeps): MenuItemConstructorOptions {
  switch (row.kind) {
    case "separator":
      return { type: "separator" };
    case "text":
      return { label: row.label, enabled: false };
    case "action":
      return {
        label: row.label,
        click: () => deps.onAction(row.action),
        ...(row.accelerator === undefined ? {} : { accelerator: row.accelerator, registerAccelerator: false }),
        ...(row.checked === undefined ? {} : { type: "checkbox", checked: row.checked }),
      };
  }
}
