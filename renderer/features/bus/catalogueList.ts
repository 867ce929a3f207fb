/** Which messages a search and a kind leave. Pure. */
import type { Entry, MessageKind } from "#shared/model/catalogue/entry.ts";

export interface ListedMessage {
  readonly name: string;
  readonly entry: Entry;
}

export type KindFilter = "all" | MessageKind;
export const KINDS: readonly { readonly value: KindFilter; readonly label: string }[] = [
  { value: "all", label: "All" },
  { value: "event", label: "Events" },
  { value: "command", label: "Commands" },
  { value: "query", label: "Queries" },
  { value: "reply", label: "Replies" },
];

export function matching(
  messages: readonly ListedMessage[],
  { text, kind }: { readonly text: string; readonly kind: KindFilter },
): readonly ListedMessage[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return messages.filter(({ name, entry }) => {
    if (kind !== "all" && entry.kind !== kind) return false;
    const hay = [name, entry.purpose, entry.family, ...entry.aliases].join(" ").toLowerCase();
    return words.every((word) => hay.includes(word));
  });
}

/** An order and the event it leads to can have the same name. */
export function messageKey({ name, entry }: ListedMessage): string {
  return `${entry.kind}:${name}`;
}
