/**
 * The page's half, run before the page's own scripts; answers the preload's `require`. Sent as source: it refers to
 * nothing outside itself. It carries messages and MessagePorts between the preload and the main process.
 */
import type { Codec } from "./codec.ts";

/** Names known to both halves. */
export const BINDING = "__electronDoubleSend";
export const RECEIVER = "__electronDoubleReceive";

export function pageSide(codec: Codec, names: { binding: string; receiver: string }): (module: string) => unknown {
  const page = globalThis as any;
  const send = page[names.binding] as (text: string) => void;
  delete page[names.binding];
  const ports = new Map<number, MessagePort>();
  let nextPort = 1;

  const adopt = (port: MessagePort) => {
    const id = nextPort++;
    ports.set(id, port);
    port.addEventListener("message", ({ data }) => send(codec.encode({ port: id, data })));
    port.addEventListener("close", () => send(codec.encode({ port: id, closed: true })));
    return id;
  };
  Object.defineProperty(page, names.receiver, {
    value: (text: string) => {
      const message = codec.decode(text) as any;
      const port = ports.get(message.port);
      if (message.start) port?.start();
      else if (message.close) port?.close();
      else port?.postMessage(message.data);
    },
  });
  // No popup ever opens: what Electron's window-open handler denies, Chromium is not even asked for.
  page.open = (url: string) => {
    send(codec.encode({ open: new URL(url, location.href).href }));
    return null;
  };
  const ipcRenderer = {
    postMessage: (channel: string, message: unknown, transfer: MessagePort[] = []) =>
      send(codec.encode({ channel, message, ports: transfer.map(adopt) })),
  };
  return (name) => {
    if (name === "electron") return { ipcRenderer };
    throw new Error(`module not found: ${name}`);
  };
}
