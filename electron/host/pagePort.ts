/** Turns the port a page sends into a wire for the core; ports from anything but our own page's main frame are dropped. */
import { ipcMain } from "electron";
import { CONNECT_CHANNEL } from "#shared/rpc/desktopPort.ts";
import type { ServerMessage, ServerWire } from "#shared/rpc/protocol.ts";
import { portWire } from "#shared/rpc/wires.ts";
import { isOwnPage } from "./addresses.ts";

export function acceptPagePorts(onWire: (wire: ServerWire) => void): void {
  ipcMain.on(CONNECT_CHANNEL, (event) => {
    const [port] = event.ports;
    const frame = event.senderFrame;
    if (port === undefined) return;
    if (frame === null || frame.parent !== null || !isOwnPage(frame.url)) {
      port.close();
      return;
    }
    const end = portWire<ServerMessage>({ post: (value) => port.postMessage(value), close: () => port.close() });
    port.on("message", (message) => end.deliver(message.data));
    port.on("close", () => end.closed());
    onWire(end.wire);
    port.start();
  });
}
