/** Hands the page one end of a MessageChannel and nothing else: no Electron, no Node, no IPC reaches the page. */
import { ipcRenderer } from "electron";
import { CONNECT_ANSWER, CONNECT_CHANNEL, CONNECT_REQUEST } from "#shared/rpc/desktopPort.ts";

window.addEventListener("message", (event) => {
  if (event.source !== window || event.data !== CONNECT_REQUEST) return;
  const { port1, port2 } = new MessageChannel();
  ipcRenderer.postMessage(CONNECT_CHANNEL, null, [port2]);
  window.postMessage(CONNECT_ANSWER, window.location.origin, [port1]);
});
