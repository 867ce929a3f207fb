/**
 * Mailboxes: a message to an agent is committed on the bus, then waits in its receiver's mailbox until the receiver can
 * take it. Accepted means it is delivered once, or its end has a name: expired, dropped, cancelled.
 */
import { systemSubject } from "#shared/lib/eventSubjects.ts";
import { parseTime, toIsoTime } from "#shared/lib/isoTime.ts";
import { makeEnvelope, parseEnvelope } from "#shared/model/catalogue/envelope.ts";
import type { BusMessage } from "#shared/model/bus.ts";
import { isAgentName, isWaiting, MAIL_SLIP_HEADER, MAX_MAIL_TEXT, PERSON } from "#shared/model/mail.ts";
import type { Mail } from "#shared/model/mail.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { RefusalTally } from "#core/kernel/index.ts";
import type { BusSubscription, Delivery } from "#core/ports/messageBus.ts";
import { resolveAddress } from "./addressing.ts";
import type { Address } from "./addressing.ts";
import type { MailboxesDeps } from "./deps.ts";
import { FloodGate } from "./floodGate.ts";
import { mailWords } from "./mailWords.ts";
import { MailPump } from "./mailPump.ts";
import { MailStore } from "./mailStore.ts";
import type { MailFilter } from "./mailStore.ts";
import { readMail, slipOf, ttlOf } from "./post.ts";
import type { Post, Posted } from "./post.ts";
import { Undelivered } from "./undelivered.ts";
import { untold } from "./untold.ts";

const STREAM = "MESSAGES";
const CONSUMER = "mailboxes";
/** More than an agent reads in an hour of turns; what is sent beyond it would be old when it is read. */
const CAPACITY = 200;
/** Until the bus has brought a message back to us; it takes milliseconds. */
const ARRIVAL_MS = 5_000;
const NAK_MS = 500;

export type MailListener = (mail: Mail) => void;

export class Mailboxes {
  readonly #deps: MailboxesDeps;
  readonly #store: MailStore;
  readonly #flood: FloodGate;
  readonly #refusals: RefusalTally<string>;
  readonly #undelivered: Undelivered;
  readonly #pump: MailPump;
  readonly #listeners = new Set<MailListener>();
  /** Posts that wait for their message to come back from the bus, by its id. */
  readonly #arrivals = new Map<string, () => void>();
  #subscription: BusSubscription | undefined;
  #cancelExpiry: () => void = () => {};

  constructor(deps: MailboxesDeps) {
    this.#deps = deps;
    this.#store = new MailStore(deps);
    this.#flood = new FloodGate(deps.clock);
    this.#refusals = new RefusalTally({ ...deps, record: (from, count) => this.#recordFlood(from, count) });
    this.#undelivered = new Undelivered({ ...deps, post: (post) => this.post(post) });
    this.#pump = new MailPump({ ...deps, mail: this.#store, onChange: (mail) => this.#tell(mail) });
  }

  /** Takes up what waited when the last core ended. After the fleets are known. */
  async open(): Promise<Result<void>> {
    for (const mail of untold(this.#deps.store, this.#store)) this.#undelivered.add(mail);
    this.#store.takeBack();
    this.#store.prune();
    const { bus } = this.#deps;
    const made = await bus.ensureConsumer(STREAM, {
      name: CONSUMER,
      about: "What waits for agents",
      filters: ["msg.>"],
    });
    if (!made.ok) return made;
    this.#subscription = bus.consume(STREAM, CONSUMER, (delivery) => this.#arrived(delivery));
    this.#pump.open(this.#store.receivers());
    this.#scheduleExpiry();
    return ok(undefined);
  }

  close(): void {
    this.#subscription?.close();
    this.#cancelExpiry();
    this.#refusals.close();
    this.#undelivered.close();
    this.#pump.close();
  }

  /** Resolves when it is committed and its receivers were looked at. Errors: what the address, the sender or a mailbox refuse. */
  async post(post: Post): Promise<Result<Posted>> {
    const refused = refuseText(post.text);
    if (refused !== undefined) return refused;
    const found = this.#resolve(post);
    if (!found.ok) return found;
    const address = this.#takers(found.value, post);
    if (!address.ok) return address;
    const flooded = this.#admit(post.from, address.value.members.length);
    if (flooded !== undefined) return flooded;
    return this.#publish(post, address.value);
  }

  /** Those who can be reached: a mailbox that is full, or a receiver that is down and is not to be waited for, refuses. */
  #takers(address: Address, post: Post): Result<Address> {
    const { hold = address.addressed !== "all", priority = 2 } = post;
    const problems: string[] = [];
    const members = address.members.filter((member) => {
      const isFull =
        this.#store.waitingCount(member.path) >= CAPACITY && this.#victim(member.path, priority) === undefined;
      if (isFull)
        problems.push(`The mailbox of ${member.id} is full (${CAPACITY} messages). Try again when it has read some.`);
      else if (!hold && !member.isUp) problems.push(`${member.path} does not run. Start it first.`);
      else return true;
      return false;
    });
    const [problem] = problems;
    if (members.length > 0 || problem === undefined) return ok({ ...address, members });
    return fail(problem.includes("full") ? "throttled" : "not_running", problem);
  }

  #admit(from: string, receivers: number): Result<never> | undefined {
    const waitMs = isAgentName(from) ? this.#flood.admit(from, receivers) : 0;
    if (waitMs === 0) return undefined;
    this.#refusals.add(from, from);
    return flooding(waitMs);
  }

  #recordFlood(path: string, refused: number): void {
    const data = { path, refused, detail: "Sends more messages than it may" };
    const subject = systemSubject("mailboxes", "throttled");
    this.#deps.store.transact({
      actor: "system",
      work: (tx) => tx.append({ subject, type: "message.throttled", data }),
    });
  }

  async #publish(post: Post, address: Address): Promise<Result<Posted>> {
    const { bus, clock, newId } = this.#deps;
    const id = post.id ?? newId();
    const now = clock.wallNow();
    const slip = slipOf(post, address, now + (post.ttlMs ?? ttlOf(post, address)));
    const made = makeEnvelope({ ...envelopeOf(post, address), id, time: toIsoTime(now) });
    if (!made.ok) return made;
    const arrived = this.#arrival(id);
    const published = await bus.publish({
      subject: subjectOf(address),
      data: JSON.stringify(made.value),
      msgId: `${made.value.source} ${id}`,
      headers: { [MAIL_SLIP_HEADER]: [JSON.stringify(slip)] },
    });
    if (!published.ok) {
      this.#arrivals.delete(id);
      return published;
    }
    await arrived;
    const to = slip.to.flatMap((path) => this.#shown(this.#store.get(id, path)) ?? []);
    return ok({ id, seq: published.value.seq, fleet: address.fleet, to });
  }

  #arrival(id: string): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(ARRIVAL_MS, () => this.#arrivals.get(id)?.());
      this.#arrivals.set(id, () => {
        cancel();
        this.#arrivals.delete(id);
        resolve();
      });
    });
  }

  /** A message from the bus: into its receivers' mailboxes, once, however often it comes. */
  async #arrived(delivery: Delivery): Promise<void> {
    const { message } = delivery;
    const read = readMail(message, parseEnvelope(message.data));
    if (!read.ok) {
      this.#deps.logger.warn("A message on the bus is none that a mailbox can take.", {
        seq: message.seq,
        error: read.error.message,
      });
      return delivery.term(read.error.message);
    }
    const here = read.value.flatMap((mail) => this.#received(mail, message) ?? []);
    const inserted = this.#store.insert(here);
    if (!inserted.ok) return delivery.nak({ delayMs: NAK_MS, reason: inserted.error.message });
    await delivery.ack();
    for (const mail of inserted.value) this.#tell(mail);
    this.#scheduleExpiry();
    await Promise.all(inserted.value.map((mail) => this.#pump.turn(mail.to)));
    const [first] = read.value;
    if (first !== undefined) this.#arrivals.get(first.id)?.();
  }

  /** Undefined: a receiver on another machine. */
  #received(mail: Mail, message: BusMessage): Mail | undefined {
    const isKnown = this.#deps.team.find(mail.to).ok;
    if (!isKnown && this.#deps.bus.engine === "nats") return undefined;
    if (!isKnown) return this.#ended(mail, "There is no such agent any more");
    if (parseTime(mail.expiresAt) <= this.#deps.clock.wallNow() && this.#store.get(mail.id, mail.to) === undefined)
      return { ...this.#ended(mail, "It came too late"), state: "expired" };
    if (this.#store.waitingCount(mail.to) < CAPACITY) return mail;
    const victim = this.#victim(mail.to, mail.priority);
    if (victim === undefined) return this.#ended(mail, `The mailbox is full (message ${message.seq})`);
    this.#end(victim, { state: "dropped", detail: "The mailbox was full; something more important came" });
    return mail;
  }

  #ended(mail: Mail, detail: string): Mail {
    return { ...mail, state: "dropped", detail, endedAt: toIsoTime(this.#deps.clock.wallNow()) };
  }

  /** The oldest of the least important that are less important than this. */
  #victim(path: string, priority: number): Mail | undefined {
    const lower = this.#store.waiting(path).filter((mail) => mail.priority > priority && mail.state === "waiting");
    const least = Math.max(...lower.map((mail) => mail.priority));
    return lower.find((mail) => mail.priority === least);
  }

  #end(mail: Mail, change: Pick<Mail, "state" | "detail">, actor?: string): Result<Mail> {
    const changed = this.#store.change(mail, { ...change, endedAt: toIsoTime(this.#deps.clock.wallNow()) }, actor);
    if (!changed.ok) return changed;
    this.#tell(changed.value);
    if (change.state !== "cancelled") this.#undelivered.add(changed.value);
    return changed;
  }

  /** What waits for this agent, handed to it by its own tool; it counts as delivered. */
  take(path: string, limit: number): readonly Mail[] {
    const now = toIsoTime(this.#deps.clock.wallNow());
    const sessionId = this.#deps.receivers.sessionOf(path);
    const waiting = this.#store.waiting(path).filter(({ state }) => state === "waiting");
    return waiting.slice(0, limit).flatMap((mail) => {
      const read = { state: "delivered", detail: "Read from its inbox", endedAt: now, sessionId } as const;
      const changed = this.#store.change(mail, read);
      if (!changed.ok) return [];
      this.#tell(changed.value);
      return [changed.value];
    });
  }

  cancel(id: string, to: string | undefined, actor: string): Result<Mail> {
    const mail = this.#one(id, to);
    if (!mail.ok) return mail;
    if (mail.value.state !== "waiting")
      return fail("conflict", `This message is ${mail.value.state}; only one that waits can be cancelled.`);
    return this.#end(mail.value, { state: "cancelled", detail: "Cancelled by a person" }, actor);
  }

  /** Its sender does not want it delivered any more; what is delivered stays so. */
  withdraw(id: string, to: string, why: string): void {
    const mail = this.#store.get(id, to);
    if (mail?.state === "waiting") this.#end(mail, { state: "cancelled", detail: why });
  }

  /** Takes a cancellation back. */
  restore(id: string, to: string | undefined, actor: string): Result<Mail> {
    const mail = this.#one(id, to);
    if (!mail.ok) return mail;
    const { state, tokens, expiresAt } = mail.value;
    if (state !== "cancelled")
      return fail("conflict", `This message is ${state}; only a cancelled one can be taken back.`);
    if (tokens !== undefined) return fail("conflict", "Its tokens went back when it was cancelled. Send it again.");
    if (parseTime(expiresAt) <= this.#deps.clock.wallNow())
      return fail("conflict", "It has expired meanwhile. Send it again.");
    const { endedAt: _ended, detail: _detail, ...rest } = mail.value;
    const changed = this.#store.change({ ...rest, state }, { state: "waiting" }, actor);
    if (changed.ok) {
      this.#tell(changed.value);
      this.#scheduleExpiry();
      void this.#pump.turn(changed.value.to);
    }
    return changed;
  }

  /** A person wants it typed now, whatever the receiver does. */
  async deliverNow(id: string, to: string | undefined): Promise<Result<Mail>> {
    const mail = this.#one(id, to);
    if (!mail.ok) return mail;
    if (mail.value.state !== "waiting") return fail("conflict", `This message is ${mail.value.state} already.`);
    return this.#pump.deliver(mail.value);
  }

  #one(id: string, to: string | undefined): Result<Mail> {
    const copies = this.#store.copies(id).filter((mail) => to === undefined || mail.to === to);
    const [only] = copies;
    if (only === undefined) return fail("not_found", `There is no message ${id}.`);
    return copies.length === 1
      ? ok(only)
      : fail("ambiguous", `${id} went to ${copies.map((mail) => mail.to).join(", ")}. Say which.`);
  }

  list(filter: MailFilter): readonly Mail[] {
    return this.#store.list(filter).map((mail) => this.#shown(mail) ?? mail);
  }

  /** The newest, oldest of them first, and whatever waits beside them. */
  recent(limit: number): readonly Mail[] {
    const newest = this.list({ limit });
    const waiting = this.list({ isWaiting: true, limit }).filter((mail) => !newest.some((one) => isSame(one, mail)));
    return [...newest, ...waiting].toReversed();
  }

  waitingCount(path: string): number {
    return this.#store.waitingCount(path);
  }

  /** The agent an address means now, when it means one and a message to it would be taken. */
  receiverOf(post: Pick<Post, "to" | "fleet" | "from">): Result<string> {
    const found = this.#resolve(post);
    if (!found.ok) return found;
    const [only, second] = found.value.members;
    if (only === undefined || second !== undefined) return fail("bad_request", "Name one agent or role.");
    const taken = this.#takers(found.value, { ...post, text: "" });
    if (!taken.ok) return taken;
    const waitMs = isAgentName(post.from) ? this.#flood.waitMs(post.from, 1) : 0;
    if (waitMs === 0) return ok(only.path);
    this.#refusals.add(post.from, post.from);
    return flooding(waitMs);
  }

  #resolve({ to, fleet, from }: Pick<Post, "to" | "fleet" | "from">): Result<Address> {
    const load = (path: string): number => this.#store.waitingCount(path);
    return resolveAddress(this.#deps.team, { to, fleet, from, load });
  }

  wordsOf(mail: Mail): string {
    return mailWords({ ...mail, from: PERSON, kind: "message" });
  }

  copies(id: string): readonly Mail[] {
    return this.#store.copies(id).map((mail) => this.#shown(mail) ?? mail);
  }

  /** The returned function ends it. */
  watch(listener: MailListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** With why it waits, which is nobody's business tomorrow and so stands in no table. */
  #shown(mail: Mail | undefined): Mail | undefined {
    if (mail === undefined || !isWaiting(mail)) return mail;
    const why = this.#pump.whyWaits(mail.to);
    return why === undefined ? mail : { ...mail, detail: why };
  }

  #tell(mail: Mail): void {
    const shown = this.#shown(mail) ?? mail;
    for (const listener of this.#listeners) listener(shown);
  }

  #scheduleExpiry(): void {
    this.#cancelExpiry();
    const at = this.#store.nextExpiryMs();
    if (at === undefined) return;
    const inMs = Math.min(Math.max(at - this.#deps.clock.wallNow(), 0), 60_000);
    this.#cancelExpiry = this.#deps.clock.after(inMs, () => {
      for (const mail of this.#store.expired(this.#deps.clock.wallNow()))
        if (mail.state === "waiting") this.#end(mail, { state: "expired", detail: this.#pump.whyWaits(mail.to) });
      this.#scheduleExpiry();
    });
  }
}

function flooding(waitMs: number): Result<never> {
  return fail(
    "throttled",
    `Too many messages. Send the next one in ${Math.ceil(waitMs / 1000)} s, and say more in each.`,
  );
}

function isSame(a: Mail, b: Mail): boolean {
  return a.id === b.id && a.to === b.to;
}

function refuseText(text: string): Result<never> | undefined {
  if (text.trim() === "") return fail("bad_request", "The message is empty.");
  return text.length > MAX_MAIL_TEXT
    ? fail(
        "too_large",
        `The message has ${text.length} characters, ${MAX_MAIL_TEXT} is the limit. Put it into a file and name the file.`,
      )
    : undefined;
}

function subjectOf({ fleet, addressed, members }: Address): string {
  if (addressed === "all") return `msg.${fleet}.all`;
  return addressed === "agent"
    ? `msg.${fleet}.agent.${members[0]?.id ?? ""}`
    : `msg.${fleet}.role.${addressed.slice(5)}`;
}

function envelopeOf(post: Post, address: Address) {
  const name = isAgentName(post.from) ? `agents/${post.from}` : post.from;
  const source = post.from === PERSON ? "/people/person" : `/${name}`;
  const parts = {
    source,
    subject: address.members[0]?.path ?? address.fleet,
    version: 1,
    correlationid: post.correlationId,
  };
  return post.handover === undefined
    ? { ...parts, type: "agent.message", data: { text: post.text }, contextid: post.contextId }
    : { ...parts, type: "context.handed_over", data: post.handover, contextid: post.handover.context_id };
}
