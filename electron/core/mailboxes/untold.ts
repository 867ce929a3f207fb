/**
 * What ended without a word to its sender because the core ended first. Read from the log: a message that waited and then
 * expired or was dropped in the last moments of the core before, and no notice to its sender after that.
 */
import { agentSubject } from "#shared/lib/eventSubjects.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import type { Mail } from "#shared/model/mail.ts";
import type { Store } from "#core/store/index.ts";
import type { MailStore } from "./mailStore.ts";
import { GATHER_MS } from "./undelivered.ts";

/** The gathering, and a disk and a bus that take their time over the notice. */
const LAST_MOMENTS_MS = GATHER_MS + 10_000;
/** More that end in one moment are a flood, whose sender knows. */
const MOST = 200;

/** Oldest first. */
export function untold(store: Pick<Store, "events">, mail: MailStore): readonly Mail[] {
  const lastMs = lastSignMs(store);
  if (lastMs === undefined) return [];
  const ended = store.events
    .read({ types: ["message.expired", "message.dropped"], order: "desc", limit: MOST })
    .filter(({ time }) => parseTime(time) >= lastMs - LAST_MOMENTS_MS)
    .toReversed();
  return ended.flatMap(({ seq, data }) => {
    const found = mail.get(String(data["id"]), String(data["path"]));
    return found === undefined || !waited(store, found, seq) || wasTold(store, found, seq) ? [] : [found];
  });
}

/** Of the core before this one. */
function lastSignMs({ events }: Pick<Store, "events">): number | undefined {
  const [started] = events.read({ types: ["system.started"], order: "desc", limit: 1 });
  const before = started === undefined ? {} : { to: started.seq - 1 };
  const [last] = events.read({ ...before, order: "desc", limit: 1 });
  return last === undefined ? undefined : parseTime(last.time);
}

/** What was refused when it came was never in the mailbox; its sender had the refusal as the answer. */
function waited({ events }: Pick<Store, "events">, { id, to }: Mail, before: number): boolean {
  const subject = agentSubject(to, "message_posted");
  return events.read({ subject, to: before, order: "desc", limit: 1000 }).some(({ data }) => data["id"] === id);
}

function wasTold({ events }: Pick<Store, "events">, { from }: Mail, after: number): boolean {
  const subject = agentSubject(from, "message_posted");
  return events.read({ subject, from: after, limit: 1000 }).some(({ data }) => data["kind"] === "notice");
}
