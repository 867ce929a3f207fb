/**
 * The real page over the fake core, for looking at screens; never part of the build.
 * `?fleet=sample|none|empty|200`, `&theme=dark`, `&place=/tree`, `&offline=1`, `&interrupted=shop`,
 * `&answers=never|refused`.
 */
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "../../../../renderer/ui/tokens.css";
import "../../../../renderer/ui/base.css";
import "../../../../renderer/ui/controls.css";
import { createRoot } from "react-dom/client";
import { createStore } from "zustand/vanilla";
import { AppRoot } from "#renderer/app/AppRoot.tsx";
import { applyTheme } from "#renderer/app/theme.ts";
import { createApp } from "#renderer/state/AppContext.tsx";
import { createDemoClient } from "../demoClient.ts";
import type { DemoOptions } from "../demoCore.ts";

const asked = new URLSearchParams(location.search);
const fleet = asked.get("fleet") ?? "sample";
const theme = asked.get("theme") === "light" ? "light" : "dark";
applyTheme(theme);
const demo = createDemoClient({
  fleet: (/^\d+$/.test(fleet) ? Number(fleet) : fleet) as NonNullable<DemoOptions["fleet"]>,
  settings: { theme },
  interrupted: asked.get("interrupted")?.split(",") ?? [],
  machines: asked.get("machines") !== null,
  ...answersOf(asked.get("answers")),
  network: networkOf(asked.get("machines")),
});

/** `machines=lost`: the server went five minutes ago. */
function networkOf(machines: string | null): DemoOptions["network"] {
  if (machines === null) return undefined;
  const server = "nats://lab:4222";
  const lostSince = new Date(Date.now() - 300_000).toISOString();
  return machines === "lost" ? { server, state: "reconnecting", lostSince } : { server, state: "connected" };
}

function answersOf(answers: string | null): Pick<DemoOptions, "answers"> {
  return answers === "never" || answers === "refused" ? { answers } : {};
}

const app = createApp(demo.client, { history: window });
const place = asked.get("place");
if (place !== null) location.hash = place;
if (asked.get("offline") !== null) setTimeout(() => demo.disconnect(), 400);
Object.assign(window, { demo, app });
const gate = createStore(() => ({ refusal: asked.get("refused") ?? undefined }));
const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<AppRoot app={app} gate={gate} />);
