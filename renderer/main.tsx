/** The page's entry: theme, wire, app. */
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/controls.css";
import { createRoot } from "react-dom/client";
import { createReconnectingClient } from "#shared/rpc/reconnectingClient.ts";
import { AppRoot } from "./app/AppRoot.tsx";
import { createConnector } from "./app/connect.ts";
import { applyTheme, rememberedTheme } from "./app/theme.ts";
import { createApp } from "./state/AppContext.tsx";

applyTheme(rememberedTheme());
const connector = createConnector();
const client = createReconnectingClient(connector.connect, {
  client: connector.kind,
  newId: () => crypto.randomUUID(),
  timers: {
    wallNow: () => Date.now(),
    after(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  },
});
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(<AppRoot app={createApp(client, { history: window })} gate={connector.gate} />);
