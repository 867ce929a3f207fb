/** Messages as conversations: what two of them said to each other, the one that spoke last first. */
import { isWaiting, PERSON, type Mail } from "#shared/model/mail.ts";

export interface Conversation {
  /** Of both, whoever began. */
  readonly key: string;
  /** The person first, then by name. */
  readonly parties: readonly [string, string];
  /** Oldest first. */
  readonly mails: readonly Mail[];
  readonly last: Mail;
  readonly waiting: number;
}

export function conversationsOf(all: Iterable<Mail>): readonly Conversation[] {
  const groups = new Map<string, Mail[]>();
  for (const mail of all) {
    const key = keyOf(mail);
    groups.set(key, [...(groups.get(key) ?? []), mail]);
  }
  const found = [...groups].flatMap(([key, mails]) => {
    const sorted = mails.toSorted((a, b) => a.seq - b.seq);
    const last = sorted.at(-1);
    if (last === undefined) return [];
    return [{ key, parties: partiesOf(last), mails: sorted, last, waiting: sorted.filter(isWaiting).length }];
  });
  return found.toSorted((a, b) => b.last.seq - a.last.seq);
}

function keyOf(mail: Mail): string {
  return partiesOf(mail).join(" ");
}

function partiesOf({ from, to }: Mail): readonly [string, string] {
  const isFirst = from === PERSON || (to !== PERSON && from.localeCompare(to) <= 0);
  return isFirst ? [from, to] : [to, from];
}

export function partyName(party: string): string {
  if (party === PERSON) return "You";
  return party.startsWith("workflow/") ? party : (party.split("/").at(-1) ?? party);
}

/** "Waits: it is busy", "Delivered", "Expired: it was busy". */
export function fateWords({ state, detail }: Pick<Mail, "state" | "detail">): string {
  const words = FATES[state];
  return detail === undefined || detail === "" ? words : `${words}: ${detail}`;
}

const FATES: Readonly<Record<Mail["state"], string>> = {
  waiting: "Waits",
  delivering: "Being typed",
  delivered: "Delivered",
  expired: "Expired",
  dropped: "Dropped",
  cancelled: "Cancelled",
};
