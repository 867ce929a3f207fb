/** The mail table: the mailboxes and what became of every message. A change and its event are one commit. */
import { agentSubject } from "#shared/lib/eventSubjects.ts";
import { parseTime, toIsoTime } from "#shared/lib/isoTime.ts";
import { mailSchema, type Mail, type MailState } from "#shared/model/mail.ts";
import type { Result } from "#shared/model/result.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Row, SqlValue } from "#core/ports/database.ts";
import type { Store, StoreTx } from "#core/store/index.ts";

const WAITING = "state IN ('waiting', 'delivering')";
/** Long enough to look back at a project, short enough for a list; what is older is in the bus's stream and the events. */
const KEPT_MS = 30 * 24 * 3_600_000;
/** The event says what it was about; the whole text is the message's. */
const SUMMARY = 160;

export interface MailFilter {
  readonly fleet?: string | undefined;
  /** From or to this one. */
  readonly party?: string | undefined;
  readonly isWaiting?: boolean | undefined;
  readonly limit: number;
}

export class MailStore {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  get(id: string, to: string): Mail | undefined {
    return toMail(this.#store.get("SELECT mail FROM mail WHERE id = ? AND to_path = ?", [id, to]));
  }

  /** All receivers of one message. */
  copies(id: string): readonly Mail[] {
    return this.#all("WHERE id = ? ORDER BY to_path", [id]);
  }

  /** Most important first, then in the order of arrival. */
  next(to: string): Mail | undefined {
    return this.#all(`WHERE to_path = ? AND ${WAITING} ORDER BY priority, seq LIMIT 1`, [to])[0];
  }

  waiting(to: string): readonly Mail[] {
    return this.#all(`WHERE to_path = ? AND ${WAITING} ORDER BY priority, seq`, [to]);
  }

  waitingCount(to: string): number {
    return Number(this.#store.get(`SELECT count(*) AS n FROM mail WHERE to_path = ? AND ${WAITING}`, [to])?.["n"]);
  }

  receivers(): readonly string[] {
    return this.#store.all(`SELECT DISTINCT to_path FROM mail WHERE ${WAITING}`).map((row) => String(row["to_path"]));
  }

  expired(nowMs: number): readonly Mail[] {
    return this.#all(`WHERE ${WAITING} AND expires_at_ms <= ? ORDER BY seq`, [nowMs]);
  }

  nextExpiryMs(): number | undefined {
    const at = this.#store.get(`SELECT min(expires_at_ms) AS at FROM mail WHERE ${WAITING}`)?.["at"];
    return typeof at === "number" ? at : undefined;
  }

  /** Newest first. */
  list({ fleet, party, isWaiting, limit }: MailFilter): readonly Mail[] {
    const wheres = ["TRUE"];
    const params: SqlValue[] = [];
    if (fleet !== undefined) {
      wheres.push("fleet = ?");
      params.push(fleet);
    }
    if (party !== undefined) {
      wheres.push("(from_path = ? OR to_path = ?)");
      params.push(party, party);
    }
    if (isWaiting === true) wheres.push(WAITING);
    return this.#all(`WHERE ${wheres.join(" AND ")} ORDER BY posted_at DESC, seq DESC LIMIT ?`, [...params, limit]);
  }

  /** Said again it changes nothing; answers those that are new. */
  insert(mails: readonly Mail[]): Result<readonly Mail[]> {
    return this.#store.transact({
      actor: "system",
      work: (tx) =>
        mails.filter((mail) => {
          const { id, to, seq, fleet, from, priority, state, postedAt } = mail;
          const row = [id, to, seq, fleet, from, priority, state, parseTime(mail.expiresAt), postedAt];
          const { changes } = tx.run(
            `INSERT OR IGNORE INTO mail (id, to_path, seq, fleet, from_path, priority, state, expires_at_ms, posted_at, mail)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
            [...row, JSON.stringify(mail)],
          );
          if (changes > 0) note(tx, mail, state === "waiting" || state === "delivering" ? "posted" : state);
          return changes > 0;
        }),
    });
  }

  change(mail: Mail, change: Partial<Mail>, actor = "system"): Result<Mail> {
    const next: Mail = { ...mail, ...change };
    return this.#store.transact({
      actor,
      work: (tx) => {
        tx.run("UPDATE mail SET state = ?, mail = ? WHERE id = ? AND to_path = ?", [
          next.state,
          JSON.stringify(next),
          next.id,
          next.to,
        ]);
        if (mail.state !== next.state && next.state !== "delivering") note(tx, next, verbOf(next.state));
        return next;
      },
    });
  }

  /** What an earlier core was typing when it ended may have arrived: it waits again, and says so. */
  takeBack(): void {
    for (const mail of this.#all("WHERE state = 'delivering'", []))
      this.change(mail, { state: "waiting", isRepeated: true, detail: "An earlier start ended while it was typed" });
  }

  prune(): void {
    const before = toIsoTime(this.#clock.wallNow() - KEPT_MS);
    this.#store.transact({
      actor: "system",
      work: (tx) => tx.run(`DELETE FROM mail WHERE posted_at < ? AND NOT ${WAITING}`, [before]),
    });
  }

  #all(where: string, params: readonly SqlValue[]): readonly Mail[] {
    return this.#store.all(`SELECT mail FROM mail ${where}`, params).flatMap((row) => toMail(row) ?? []);
  }
}

function toMail(row: Row | undefined): Mail | undefined {
  return row === undefined ? undefined : mailSchema.safeParse(JSON.parse(String(row["mail"]))).data;
}

type Verb = "posted" | "requeued" | Exclude<MailState, "waiting" | "delivering">;

function verbOf(after: Exclude<MailState, "delivering">): Verb {
  return after === "waiting" ? "requeued" : after;
}

function note(tx: StoreTx, mail: Mail, verb: Verb): void {
  const { id, from, to, kind, priority, addressed, text } = mail;
  const summary = text.length > SUMMARY ? `${text.slice(0, SUMMARY)}…` : text;
  const detail = mail.detail === undefined ? {} : { detail: mail.detail };
  const data = { path: to, id, from, kind, priority, addressed, summary, isRepeated: mail.isRepeated, ...detail };
  tx.append({
    subject: agentSubject(to, `message_${verb}`),
    type: `message.${verb}`,
    actor: actorOf(mail, verb),
    data,
  });
}

function actorOf({ from }: Mail, verb: Verb): string {
  if (verb !== "posted") return "system";
  return from === "person" ? "person" : from.startsWith("workflow/") ? "system" : "agent";
}
