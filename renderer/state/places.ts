/** Places of the page as the desktop shell writes them: `/`, `/inbox/ITEM`, `/tree/FLEET/ID`, `/sessions`. */
import type { Route } from "./navigation.ts";

/** The route a place means; undefined for what is no place, a one-time code for example. */
export function routeOfPlace(place: string): Route | undefined {
  if (!place.startsWith("/")) return undefined;
  const [page = "", ...rest] = place.slice(1).split("/");
  const tail = decode(rest.join("/"));
  switch (page) {
    case "":
      return { page: "home" };
    case "inbox":
      return tail === "" ? { page: "inbox" } : { page: "inbox", id: tail };
    case "tree":
      return tail === "" ? { page: "tree" } : { page: "tree", path: tail };
    case "terminals":
      return tail === "" ? { page: "terminals" } : { page: "terminals", path: tail };
    case "session":
      return tail === "" ? { page: "sessions" } : { page: "session", path: tail };
    case "sessions":
    case "events":
    case "search":
    case "settings":
      return { page };
    default:
      return undefined;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
