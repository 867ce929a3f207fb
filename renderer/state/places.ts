/** Places of the page as the desktop shell writes them: `/`, `/inbox/ITEM`, `/tree/FLEET/ID`, `/sessions`. */
import type { BusTab, Route } from "./navigation.ts";

/** The route a place means; undefined for what is no place, a one-time code for example. */
export function routeOfPlace(place: string): Route | undefined {
  if (!place.startsWith("/")) return undefined;
  const [page = "", ...rest] = place.slice(1).split("/");
  return MAKERS[page]?.(decode(rest.join("/")));
}

const MAKERS: Readonly<Record<string, (tail: string) => Route>> = {
  "": () => ({ page: "home" }),
  inbox: (tail) => (tail === "" ? { page: "inbox" } : { page: "inbox", id: tail }),
  tree: (tail) => (tail === "" ? { page: "tree" } : { page: "tree", path: tail }),
  terminals: (tail) => (tail === "" ? { page: "terminals" } : { page: "terminals", path: tail }),
  session: (tail) => (tail === "" ? { page: "sessions" } : { page: "session", path: tail }),
  sessions: () => ({ page: "sessions" }),
  budgets: (tail) => (tail === "" ? { page: "budgets" } : { page: "budgets", scope: tail }),
  workflows: (tail) => (tail === "" ? { page: "workflows" } : { page: "workflows", run: tail }),
  memory: (tail) => ({
    page: "memory",
    tab: tail === "" ? "memories" : "contexts",
    ...(tail === "" || tail === "contexts" ? {} : { context: tail }),
  }),
  messages: (tail) => (tail === "" ? { page: "messages" } : { page: "messages", between: tail }),
  events: () => ({ page: "events" }),
  bus: (tail) => {
    const tab = BUS_TABS.find((one) => one === tail);
    return tab === undefined ? { page: "bus" } : { page: "bus", tab };
  },
  registry: (tail) => {
    if (tail === "calls" || tail === "templates") return { page: "registry", tab: tail };
    return tail === "" ? { page: "registry" } : { page: "registry", tab: "servers", server: tail };
  },
  search: (tail) => (tail === "" ? { page: "search" } : { page: "search", text: tail }),
  settings: () => ({ page: "settings" }),
};

const BUS_TABS = ["streams", "live", "dead", "catalogue"] as const satisfies readonly BusTab[];

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
