/** Opening what an agent printed as a link: the web at once, anything else only after a person agreed to it. */
import type { App } from "#renderer/state/AppContext.tsx";
import { openOverlay } from "#renderer/state/overlays.ts";

export function openLink({ store }: Pick<App, "store">, uri: string): void {
  const open = () => void window.open(uri, "_blank", "noopener,noreferrer");
  if (/^https?:\/\//i.test(uri)) return open();
  openOverlay(store, {
    kind: "confirm",
    question: {
      title: "Open this link?",
      body: `The agent printed ${uri}. It is no web page, so another program may open it.`,
      action: "Open",
      isDangerous: true,
      run: open,
    },
  });
}
