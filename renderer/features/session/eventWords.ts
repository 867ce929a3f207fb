/** The gist of an event's data in one line: what a person would look for first. Pure. */
import type { StoredEvent } from "#shared/model/event.ts";

const FIRST = ["detail", "state", "command", "text", "cause", "mode", "reason"];
/** Said elsewhere on the page. */
const HIDDEN = new Set(["path", "sessionId", "agent", "pid", "resumeBroken"]);

export function eventWords({ data }: Pick<StoredEvent, "data">): string {
  const keys = [
    ...FIRST.filter((key) => key in data),
    ...Object.keys(data).filter((key) => !FIRST.includes(key) && !HIDDEN.has(key)),
  ];
  return keys
    .flatMap((key) => {
      const value = data[key];
      if (value === null || value === "" || value === undefined) return [];
      return [
        FIRST.includes(key) && typeof value === "string"
          ? value
          : `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`,
      ];
    })
    .join(", ");
}
