/** What waits for a person. Items are rows; the newest word on each is what every window shows. */
import type { EventVerb } from "#shared/model/event.ts";
import { inboxItemSchema } from "#shared/model/inbox.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { parseTime, toIsoTime } from "#shared/lib/isoTime.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Recorder, Store } from "#core/store/index.ts";

/** Answered and withdrawn items stay visible this long after the fact. */
const RECENT_ITEMS = 50;

export type NewItem = Omit<InboxItem, "status" | "since" | "answer" | "until">;

export class Inbox {
  readonly #deps: { store: Store; recorder: Recorder; clock: Clock };
  readonly #open = new Map<string, InboxItem>();
  readonly #listeners = new Set<(item: InboxItem) => void>();
  readonly #wakers = new Map<string, () => void>();

  constructor(deps: { store: Store; recorder: Recorder; clock: Clock }) {
    this.#deps = deps;
    for (const row of deps.store.all("SELECT item FROM inbox WHERE status IN ('open', 'snoozed')")) {
      const parsed = inboxItemSchema.safeParse(JSON.parse(String(row["item"])));
      if (parsed.success) this.#open.set(parsed.data.id, parsed.data);
    }
    for (const item of this.#open.values()) this.#scheduleWake(item);
  }

  /** Opening the same id again refreshes what it says and keeps since when it waits. */
  open(item: NewItem): void {
    const known = this.#open.get(item.id);
    const since = known?.since ?? toIsoTime(this.#deps.clock.wallNow());
    this.#put({ ...item, status: known?.status ?? "open", since }, known === undefined ? "opened" : "changed");
  }

  withdraw(id: string, reason?: string): void {
    const item = this.#open.get(id);
    if (item !== undefined)
      this.#put({ ...item, status: "withdrawn", ...(reason === undefined ? {} : { answer: reason }) }, "withdrawn");
  }

  /** Every open item whose id begins so. */
  withdrawAll(prefix: string, reason?: string): void {
    for (const id of Array.from(this.#open.keys())) if (id.startsWith(prefix)) this.withdraw(id, reason);
  }

  answered(id: string, answer: string): void {
    const item = this.#open.get(id);
    if (item !== undefined) this.#put({ ...item, status: "answered", answer }, "answered");
  }

  get(id: string): InboxItem | undefined {
    return this.#open.get(id);
  }

  /** How many open and snoozed items begin so. */
  count(prefix: string): number {
    let found = 0;
    for (const id of this.#open.keys()) if (id.startsWith(prefix)) found += 1;
    return found;
  }

  snooze(id: string, minutes: number): Result<{ id: string }> {
    const item = this.#open.get(id);
    if (item === undefined) return fail("not_found", "This item is no longer open.");
    const until = toIsoTime(this.#deps.clock.wallNow() + minutes * 60_000);
    this.#put({ ...item, status: "snoozed", until }, "snoozed");
    return ok({ id });
  }

  wake(id: string): Result<{ id: string }> {
    const item = this.#open.get(id);
    if (item === undefined) return fail("not_found", "This item is no longer open.");
    const { until: _until, ...rest } = item;
    this.#put({ ...rest, status: "open" }, "woken");
    return ok({ id });
  }

  /** Open and snoozed first, oldest first; then what was answered or withdrawn lately. */
  list(): readonly InboxItem[] {
    this.#deps.recorder.flush();
    const closed = this.#deps.store
      .all("SELECT item FROM inbox WHERE status IN ('answered', 'withdrawn') ORDER BY since DESC LIMIT ?", [
        RECENT_ITEMS,
      ])
      .flatMap((row) => inboxItemSchema.safeParse(JSON.parse(String(row["item"]))).data ?? []);
    return [...[...this.#open.values()].toSorted((a, b) => a.since.localeCompare(b.since)), ...closed];
  }

  /** The returned function ends it. */
  watch(listener: (item: InboxItem) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #put(item: InboxItem, verb: EventVerb<"inbox">): void {
    if (item.status === "open" || item.status === "snoozed") this.#open.set(item.id, item);
    else this.#open.delete(item.id);
    this.#scheduleWake(item);
    const data = {
      id: item.id,
      path: item.path,
      kind: item.kind,
      title: item.title,
      ...(item.answer === undefined ? {} : { answer: item.answer }),
    };
    this.#deps.recorder.note({ subject: `sys.inbox.${verb}`, type: `inbox.${verb}`, actor: "system", data }, (tx) =>
      tx.run(
        "INSERT INTO inbox (id, path, status, item, since) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET status = excluded.status, item = excluded.item",
        [item.id, item.path, item.status, JSON.stringify(item), item.since],
      ),
    );
    for (const listener of this.#listeners) listener(item);
  }

  #scheduleWake(item: InboxItem): void {
    this.#wakers.get(item.id)?.();
    this.#wakers.delete(item.id);
    if (item.status !== "snoozed" || item.until === undefined) return;
    const delayMs = Math.max(0, parseTime(item.until) - this.#deps.clock.wallNow());
    this.#wakers.set(
      item.id,
      this.#deps.clock.after(delayMs, () => void this.wake(item.id)),
    );
  }
}
