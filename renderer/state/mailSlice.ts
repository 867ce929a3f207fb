/** Messages to agents, as the core's stream tells them. */
import type { StreamItem } from "#shared/contract/index.ts";
import { isWaiting, type Mail } from "#shared/model/mail.ts";

export interface MailSlice {
  /** By message and receiver. */
  readonly mail: ReadonlyMap<string, Mail>;
  readonly hasMail: boolean;
}

export const EMPTY_MAIL: MailSlice = { mail: new Map(), hasMail: false };

/** A page shows the newest; what is older is in the events and in `signalbox msg ls`. */
const MOST = 2000;

export function mailKey({ id, to }: Pick<Mail, "id" | "to">): string {
  return `${id} ${to}`;
}

export function applyMailItem(slice: MailSlice, item: StreamItem<"messages">): Partial<MailSlice> {
  if (item.type === "snapshot")
    return { mail: new Map(item.messages.map((mail) => [mailKey(mail), mail])), hasMail: true };
  const mail = new Map(slice.mail);
  mail.set(mailKey(item.message), item.message);
  for (const [key, one] of mail) {
    if (mail.size <= MOST) break;
    if (!isWaiting(one)) mail.delete(key);
  }
  return { mail };
}

const counts = new WeakMap<MailSlice["mail"], ReadonlyMap<string, number>>();

/** How many wait for each agent. */
export function waitingByPath(mail: MailSlice["mail"]): ReadonlyMap<string, number> {
  const known = counts.get(mail);
  if (known !== undefined) return known;
  const found = new Map<string, number>();
  for (const one of mail.values()) if (isWaiting(one)) found.set(one.to, (found.get(one.to) ?? 0) + 1);
  counts.set(mail, found);
  return found;
}
