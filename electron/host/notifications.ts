/** Shows what the policy decides through the system's notifications; a click leads to the place. */
import { Notification } from "electron";
import { newNotices, noticesOf, type NotifySettings } from "./notificationPolicy.ts";
import type { Overview } from "./overview.ts";

export interface NotifierDeps {
  readonly settings: () => NotifySettings;
  /** The person looks at the window: it shows the same, without a banner. */
  readonly isWatching: () => boolean;
  readonly onOpen: (place: string) => void;
}

export interface DesktopNotifier {
  /** Called with every change; cheap. */
  update(overview: Overview): void;
}

export function createDesktopNotifier(deps: NotifierDeps): DesktopNotifier {
  let known: ReadonlySet<string> = new Set();
  // A shown notification loses its click when it is garbage-collected.
  const shown = new Set<Notification>();
  return {
    update(overview) {
      const told = newNotices(noticesOf(overview), known, { settings: deps.settings(), isWatching: deps.isWatching() });
      known = told.known;
      if (!Notification.isSupported()) return;
      for (const { title, body, kind, place } of told.show) {
        const notification = new Notification({ title, body, silent: kind === "broke" });
        shown.add(notification);
        notification.on("click", () => deps.onOpen(place));
        notification.on("close", () => shown.delete(notification));
        notification.show();
      }
    },
  };
}
