/** Inbox items in words, and answering them; Home, Inbox and the palette do both alike. */
import { useMemo } from "react";
import type { InboxItem } from "#shared/model/inbox.ts";
import type { NodeState } from "#shared/model/states.ts";
import type { App } from "./AppContext.tsx";
import { useApp } from "./AppContext.tsx";
import { showToast } from "./overlays.ts";

type Option = InboxItem["options"][number];

/** "test-writer": the id of who waits. */
export function waiterOf(item: Pick<InboxItem, "path">): string {
  return item.path.split("/").at(-1) ?? item.path;
}

const LAMPS: Readonly<Record<InboxItem["kind"], NodeState>> = {
  permission: "waiting_permission",
  question: "waiting_answer",
  gave_up: "gave_up",
  escalated: "escalated",
  needs_login: "needs_login",
  rate_limited: "rate_limited",
  over_limit: "busy",
  budget: "paused",
  dead_letter: "gave_up",
  refused: "waiting_permission",
};

export function lampOf(item: Pick<InboxItem, "kind" | "status" | "answer">): NodeState {
  if (item.status === "withdrawn") return "stopped";
  return item.status === "answered" ? "done" : LAMPS[item.kind];
}

/** Titles of requests that read as something the agent wants to do. */
const WANTED = /^(run|use|edit|write|read|fetch|search|create|delete|open|make|start|leave|exit|apply|change|trust)\b/i;

/** What goes after the name: "wants to run a command", "has a question", "gave up". */
export function wishOf(item: Pick<InboxItem, "kind" | "title" | "path">): string {
  const who = waiterOf(item);
  for (const name of [item.path, who]) if (item.title.startsWith(`${name} `)) return item.title.slice(name.length + 1);
  switch (item.kind) {
    case "permission":
      return WANTED.test(item.title)
        ? `wants to ${item.title.charAt(0).toLowerCase()}${item.title.slice(1)}`
        : "asks for permission";
    case "question":
      return WANTED.test(item.title) ? `asks: ${item.title.toLowerCase()}` : "has a question";
    default:
      return WISHES[item.kind];
  }
}

const WISHES = {
  gave_up: "gave up",
  escalated: "escalated",
  needs_login: "needs you to sign in",
  rate_limited: "is rate-limited",
  over_limit: "uses more memory than its limit",
  budget: "is paused at its budget",
  dead_letter: "could not be healed",
  refused: "was refused",
} as const;

/** Enter never runs what cannot be undone: of such a request only refusals. */
export function isEnterSafe(item: Pick<InboxItem, "irreversible">, option: Option): boolean {
  return !item.irreversible || option.takesText || option.id.startsWith("deny") || option.id === "dismiss";
}

/** The option Enter would take when the item is opened; none for what cannot be undone. */
export function markedAtFirst(item: InboxItem): string | undefined {
  return item.irreversible ? undefined : item.options.find((option) => !option.takesText)?.id;
}

export interface InboxActions {
  /** Resolves to true when the answer was taken. */
  readonly answer: (item: InboxItem, option: Option, text?: string) => Promise<boolean>;
  readonly snooze: (item: InboxItem, minutes?: number) => void;
  readonly wake: (item: InboxItem) => void;
}

export const SNOOZE_MINUTES = 30;

export function useInboxActions(): InboxActions {
  const app = useApp();
  return useMemo(() => inboxActions(app), [app]);
}

function inboxActions({ client, store }: App): InboxActions {
  const refused = (text: string) => showToast(store, { kind: "error", text });
  const wake = async (id: string) => {
    const woken = await client.command("inbox.wake", { id });
    if (!woken.ok) refused(woken.error.message);
  };
  return {
    async answer(item, option, text) {
      const result = await client.command("inbox.answer", {
        id: item.id,
        option: option.id,
        ...(text === undefined ? {} : { text }),
      });
      if (!result.ok) refused(result.error.message);
      return result.ok;
    },
    snooze(item, minutes = SNOOZE_MINUTES) {
      void client.command("inbox.snooze", { id: item.id, minutes }).then((result) => {
        if (!result.ok) return refused(result.error.message);
        showToast(store, {
          kind: "undo",
          text: `Snoozed ${waiterOf(item)} for ${minutes} minutes.`,
          undo: () => void wake(item.id),
        });
      });
    },
    wake: (item) => void wake(item.id),
  };
}
