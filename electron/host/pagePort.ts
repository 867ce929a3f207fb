/** Takes the ports our page sends; a port from anything but its main frame is closed unread. */
import { ipcMain, type MessagePortMain } from "electron";
import { CONNECT_CHANNEL } from "#shared/rpc/desktopPort.ts";
import { isOwnPage } from "./addresses.ts";

export function acceptPagePorts(onPort: (port: MessagePortMain) => void): void {
  ipcMain.on(CONNECT_CHANNEL, (event) => {
    const [port] = event.ports;
    const frame = event.senderFrame;
    if (port === undefined) return;
    if (frame !== null && frame.parent === null && isOwnPage(frame.url)) onPort(port);
    else port.close();
  });
}
