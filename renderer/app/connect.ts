/** Picks the wire: the desktop window's port where a preload answers, else a WebSocket with this browser's token. */
import { createStore, type StoreApi } from "zustand/vanilla";
import { browserToken, checkBrowserToken, forgetBrowserToken } from "#renderer/rpc/browserAuth.ts";
import { messagePortWire } from "#renderer/rpc/messagePortWire.ts";
import { connectWebSocket } from "#renderer/rpc/webSocketWire.ts";
import { CONNECT_ANSWER, CONNECT_REQUEST, PAGE_ORIGIN } from "#shared/rpc/desktopPort.ts";
import type { ClientWire } from "#shared/rpc/protocol.ts";

/** Why this browser may not come in; one sentence. Undefined while it may. */
export type Gate = StoreApi<{ readonly refusal: string | undefined }>;

export interface Connector {
  readonly kind: "window" | "browser";
  readonly connect: () => Promise<ClientWire>;
  readonly gate: Gate;
}

export function createConnector(): Connector {
  const gate: Gate = createStore(() => ({ refusal: undefined }));
  if (location.origin === PAGE_ORIGIN) return { kind: "window", connect: connectWindow, gate };
  return { kind: "browser", connect: () => connectBrowser(gate), gate };
}

const ANSWER_MS = 5_000;

function connectWindow(): Promise<ClientWire> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      window.removeEventListener("message", onMessage);
    };
    const onMessage = (event: MessageEvent<unknown>) => {
      const port = event.ports[0];
      if (event.source !== window || event.data !== CONNECT_ANSWER || port === undefined) return;
      stop();
      resolve(messagePortWire(port));
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error("The app does not answer its window."));
    }, ANSWER_MS);
    window.addEventListener("message", onMessage);
    window.postMessage(CONNECT_REQUEST, location.origin);
  });
}

async function connectBrowser(gate: Gate): Promise<ClientWire> {
  const token = await browserToken();
  if (!token.ok) {
    if (token.error.code === "unauthorized") return shut(gate, token.error.message);
    throw new Error(token.error.message);
  }
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  try {
    const wire = await connectWebSocket({ url: `${scheme}//${location.host}/rpc`, token: token.value });
    gate.setState({ refusal: undefined });
    return wire;
  } catch (error) {
    if ((await checkBrowserToken(token.value)) !== "refused") throw error;
    forgetBrowserToken();
    return shut(gate, "Signalbox no longer knows this browser.");
  }
}

/** Never settles: trying again with nothing new would only be refused again. A new link reloads the page. */
function shut(gate: Gate, refusal: string): Promise<ClientWire> {
  gate.setState({ refusal });
  return new Promise(() => {});
}
