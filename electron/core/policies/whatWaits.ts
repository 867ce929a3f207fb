/** Joins agents, supervisors and the inbox: what an agent asks and what gave up waits there, and leaves when it is settled. */
import type { NewEvent } from "#shared/model/event.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { Inbox, NewItem } from "#core/inbox/index.ts";
import type { AskListener } from "#core/sessions/index.ts";

const ACTIONS: NewItem["options"] = [
  { id: "restart", label: "Restart", hint: "Starts it again with a fresh count", key: "R", takesText: false },
  { id: "dismiss", label: "Leave it down", key: "D", takesText: false },
];

/** Asks of a session are items `<sessionId>:<askId>`. */
export function askItemId(sessionId: string, askId: string): string {
  return `${sessionId}:${askId}`;
}

export function splitAskItemId(id: string): { sessionId: string; askId: string } | undefined {
  const colon = id.indexOf(":");
  return colon < 0 ? undefined : { sessionId: id.slice(0, colon), askId: id.slice(colon + 1) };
}

export function askPolicy(inbox: () => Inbox): AskListener {
  return {
    asked: (path, sessionId, ask) =>
      inbox().open({
        id: askItemId(sessionId, ask.id),
        kind: ask.kind,
        path,
        title: ask.title,
        body: ask.body,
        irreversible: ask.irreversible,
        options: ask.options.map((option) => ({ ...option })),
        via: ask.via,
        ...(ask.reason === undefined ? {} : { reason: ask.reason }),
      }),
    ended: (sessionId, askId, { how, answer }) => {
      const id = askItemId(sessionId, askId);
      if (how === "answered") inbox().answered(id, answer ?? "Answered in the terminal");
      else inbox().withdraw(id);
    },
    lifeEnded: (sessionId) => inbox().withdrawAll(`${sessionId}:`, "The agent went on or ended"),
  };
}

/** A supervisor that gave up or escalated waits for a person. */
export function troublePolicy(inbox: Inbox): (event: NewEvent) => void {
  return (event) => {
    const { path, child, reason, intensity } = event.data;
    const kind =
      event.type === "supervisor.gave_up" ? "gave_up" : event.type === "supervisor.escalated" ? "escalated" : undefined;
    if (kind === undefined || typeof path !== "string") return;
    inbox.open({
      id: `trouble-${path}`,
      kind,
      path,
      title: kind === "gave_up" ? `${path} gave up` : `${path} escalated`,
      body: `${String(child)}: ${String(reason)}. More than ${String(intensity)} restart${intensity === 1 ? "" : "s"} in ${Math.round(Number(event.data["periodMs"]) / 1000)} s.`,
      irreversible: false,
      options: ACTIONS,
      via: "action",
    });
  };
}

/** Started again, taken down or forgotten: nothing waits any more. Agents that lost their login or hit a limit wait too. */
export function settleTrouble(inbox: Inbox): (events: readonly StoredEvent[]) => void {
  return (events) => {
    for (const { type, data } of events) {
      const { fleet, path } = data;
      if ((type === "fleet.up" || type === "fleet.down" || type === "fleet.forgotten") && typeof fleet === "string") {
        inbox.withdraw(`trouble-${fleet}`);
        inbox.withdrawAll(`trouble-${fleet}/`);
      }
      if (type === "supervisor.started" && typeof path === "string") inbox.withdraw(`trouble-${path}`);
    }
  };
}
