/** Electron's security checklist for whatever web contents ever exist: no navigation, no windows, no permissions. */
import { app, dialog, type Session, shell, type WebContents } from "electron";
import { isOwnPage, outsideAddress } from "./addresses.ts";

/** What the page may ask the system for: copying text after a gesture, and nothing else. */
const ALLOWED_PERMISSIONS: ReadonlySet<string> = new Set(["clipboard-sanitized-write", "notifications"]);

export function guardAllContents(): void {
  app.on("web-contents-created", (_event, contents) => guardContents(contents));
}

function guardContents(contents: WebContents): void {
  const stay = (event: { preventDefault(): void }, address: string) => {
    if (!isOwnPage(address)) event.preventDefault();
  };
  contents.on("will-navigate", (event) => stay(event, event.url));
  contents.on("will-frame-navigate", (event) => stay(event, event.url));
  contents.on("will-redirect", (event) => stay(event, event.url));
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    void openOutside(url);
    return { action: "deny" };
  });
}

/** Links come from agents' output: the person sees the whole address before a browser does. */
async function openOutside(address: string): Promise<void> {
  const url = outsideAddress(address);
  if (url === undefined) return;
  const { response } = await dialog.showMessageBox({
    type: "question",
    message: "Open this link in your browser?",
    detail: url,
    buttons: ["Open link", "Cancel"],
    defaultId: 1,
    cancelId: 1,
    noLink: true,
  });
  if (response === 0) await shell.openExternal(url);
}

export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, answer) =>
    answer(isAllowed(permission, contents.getURL())),
  );
  session.setPermissionCheckHandler((_contents, permission, origin) => isAllowed(permission, `${origin}/`));
  session.setDevicePermissionHandler(() => false);
}

function isAllowed(permission: string, address: string): boolean {
  return ALLOWED_PERMISSIONS.has(permission) && isOwnPage(address);
}
