/**
 * Joins fleets, the bus, mailboxes and workflows: what a fleet file says under `on:` happens when a message fits, while
 * the fleet is up. Each handler is a durable consumer of its own: one that fails hurts neither who published nor anybody
 * else who hears it, and what it cannot do becomes a dead letter. A message does its work once, also after a crash.
 */
import type { Bus } from "#core/bus/index.ts";
import type { Mailboxes } from "#core/mailboxes/index.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { BusSubscription, Delivery, MessageBus } from "#core/ports/messageBus.ts";
import type { Workflows } from "#core/workflows/index.ts";
import { bind } from "#shared/model/bindings.ts";
import type { BusMessage, ConsumerConfig } from "#shared/model/bus.ts";
import { parseEnvelope } from "#shared/model/catalogue/envelope.ts";
import type { Envelope } from "#shared/model/catalogue/envelope.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { HandlerSpec } from "#shared/model/handlerFile.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { ErrorCode, Result } from "#shared/model/result.ts";

export interface EventHandlersDeps {
  readonly bus: MessageBus;
  /** Of committed events. */
  readonly events: Pick<Bus, "subscribe">;
  readonly isUp: (fleet: string) => boolean;
  readonly mailboxes: () => Pick<Mailboxes, "post">;
  readonly workflows: () => Pick<Workflows, "start">;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Active {
  readonly spec: HandlerSpec;
  readonly subscription: BusSubscription;
}

const MINUTE_MS = 60_000;
/** A person reads a message in two seconds at best; a run costs more. What is beyond waits, then is a dead letter. */
const MOST_A_MINUTE = { send: 30, run: 6 } as const;
/** Five minutes of what a full minute pushes on. */
const MOST_ATTEMPTS = 5;
/** Trying again does not help: the file or the message is wrong. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "bad_request",
  "not_found",
  "ambiguous",
  "forbidden",
  "too_large",
]);
const DOWN = new Set(["fleet.down", "fleet.gave_up"]);

export class EventHandlers {
  readonly #deps: EventHandlersDeps;
  readonly #specs = new Map<string, readonly HandlerSpec[]>();
  readonly #up = new Set<string>();
  readonly #active = new Map<string, Active>();
  /** When each handler acted, within the last minute. */
  readonly #acted = new Map<string, readonly number[]>();
  /** Changes of what is listened to, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #isOpen = false;

  constructor(deps: EventHandlersDeps) {
    this.#deps = deps;
    const onEvents = (events: readonly StoredEvent[]): void => events.forEach((event) => this.#follow(event));
    deps.events.subscribe({ label: "handlers follow fleets", pattern: "ws.*.fleet.*", onEvents });
  }

  /**
   * Once mailboxes and workflows listen: handlers of fleets that are up go on where they were; `isHeld`: those of fleets
   * that a person brings up from here on.
   */
  async open({ isHeld = false }: { readonly isHeld?: boolean } = {}): Promise<void> {
    this.#isOpen = true;
    this.#queue("Handlers of fleets that are gone could not be removed.", () => this.#removeStrays());
    for (const fleet of this.#specs.keys()) {
      if (!isHeld && this.#deps.isUp(fleet)) this.#up.add(fleet);
      this.#settle(fleet);
    }
    await this.#work;
  }

  close(): void {
    this.#isOpen = false;
    for (const { subscription } of this.#active.values()) subscription.close();
    this.#active.clear();
  }

  /** A fleet as its file stands now; none when it was forgotten. */
  define(fleet: string, specs: readonly HandlerSpec[]): void {
    this.#specs.set(fleet, specs);
    this.#settle(fleet);
  }

  /** Everything asked so far is done. */
  idle(): Promise<void> {
    return this.#work;
  }

  #follow({ type, subject }: StoredEvent): void {
    const [, fleet = ""] = subject.split(".");
    if (type === "fleet.up") this.#up.add(fleet);
    else if (DOWN.has(type) && !this.#deps.isUp(fleet)) this.#up.delete(fleet);
    else return;
    this.#settle(fleet);
  }

  #settle(fleet: string): void {
    if (this.#isOpen) this.#queue(`Handlers of ${fleet} could not be brought up.`, () => this.#bring(fleet));
  }

  #queue(failure: string, work: () => Promise<void>): void {
    this.#work = this.#work
      .then(work)
      .catch((error: unknown) => this.#deps.logger.error(failure, { error: String(error) }));
  }

  /** Fleets were forgotten, or their files changed, while no core ran: what nobody consumes is held for nobody. */
  async #removeStrays(): Promise<void> {
    const { bus } = this.#deps;
    const streams = await bus.streams();
    const places = [...this.#specs].flatMap(([fleet, specs]) =>
      specs.map((one) => `${one.stream} ${nameOf(fleet, one)}`),
    );
    const kept = new Set(places);
    for (const { name: stream } of streams.ok ? streams.value : []) {
      const consumers = await bus.consumers(stream);
      for (const { name, config } of consumers.ok ? consumers.value : [])
        if (isHandler(name, config) && !kept.has(`${stream} ${name}`)) await bus.deleteConsumer(stream, name);
    }
  }

  /** Listens to what the fleet's file says while it is up; with the fleet a handler's place in the stream goes. */
  async #bring(fleet: string): Promise<void> {
    if (!this.#isOpen) return;
    const wanted = this.#up.has(fleet) ? (this.#specs.get(fleet) ?? []) : [];
    const wantedNames = new Set(wanted.map((spec) => nameOf(fleet, spec)));
    for (const [name, { spec, subscription }] of this.#active) {
      if (!name.startsWith(`on-${fleet}-`) || wantedNames.has(name)) continue;
      subscription.close();
      this.#active.delete(name);
      await this.#deps.bus.deleteConsumer(spec.stream, name);
    }
    for (const spec of wanted) await this.#listen(fleet, spec);
  }

  async #listen(fleet: string, spec: HandlerSpec): Promise<void> {
    const name = nameOf(fleet, spec);
    const known = this.#active.get(name);
    if (known !== undefined && JSON.stringify(known.spec) === JSON.stringify(spec)) return;
    known?.subscription.close();
    const { bus, logger } = this.#deps;
    if (known !== undefined && known.spec.stream !== spec.stream) await bus.deleteConsumer(known.spec.stream, name);
    const made = await bus.ensureConsumer(spec.stream, configOf(fleet, name, spec));
    if (!made.ok)
      return logger.warn("A handler of a fleet file hears nothing.", { handler: name, error: made.error.message });
    const subscription = bus.consume(spec.stream, name, (delivery) => this.#handle(fleet, spec, delivery));
    this.#active.set(name, { spec, subscription });
  }

  async #handle(fleet: string, spec: HandlerSpec, delivery: Delivery): Promise<void> {
    const { message } = delivery;
    const heard = parseEnvelope(message.data);
    if (!heard.ok) return delivery.term(`It is no message of the catalogue: ${heard.error.message}`);
    if (isItsOwn(heard.value, fleet, spec)) return void (await delivery.ack());
    const waitMs = this.#waitFor(nameOf(fleet, spec), MOST_A_MINUTE[spec.act.kind]);
    if (waitMs > 0)
      return delivery.nak({
        delayMs: waitMs,
        reason: `Rate limit: ${spec.id} acts at most ${MOST_A_MINUTE[spec.act.kind]} times a minute.`,
      });
    const done = await this.#act(fleet, spec, { message, envelope: heard.value });
    if (done.ok) return void (await delivery.ack());
    const { code, message: why } = done.error;
    if (HOPELESS.has(code)) return delivery.term(`The handler ${spec.id} of ${fleet}: ${why}`);
    throw Object.assign(new Error(why), { code });
  }

  /** 0: now, and it is counted. */
  #waitFor(name: string, most: number): number {
    const now = this.#deps.clock.now();
    const recent = (this.#acted.get(name) ?? []).filter((at) => at > now - MINUTE_MS);
    const [first = now] = recent;
    if (recent.length >= most) return Math.max(1, first + MINUTE_MS - now);
    this.#acted.set(name, [...recent, now]);
    return 0;
  }

  async #act(fleet: string, spec: HandlerSpec, heard: Heard): Promise<Result<unknown>> {
    const { act } = spec;
    const { message, envelope } = heard;
    const { type, source, time, data } = envelope;
    const scope = { subject: message.subject, type, source, time, data };
    const bound = bind(act.kind === "send" ? act.text : act.with, scope);
    if (!bound.ok) return bound;
    // The same message has the same id, so that heard twice it does its work once.
    const id = `${fleet}-${spec.id}-${message.stream}-${message.seq}`;
    if (act.kind === "run")
      return this.#deps.workflows().start({
        workflow: `${fleet}/${act.workflow}`,
        input: isRecord(bound.value) ? bound.value : {},
        actor: `handler/${fleet}/${spec.id}`,
        once: id,
      });
    const text = typeof bound.value === "string" ? bound.value : JSON.stringify(bound.value);
    if (text.trim() === "") return fail("bad_request", "The text it would send is empty.");
    const { contextid: contextId, correlationid: correlationId } = envelope;
    const from = `handler/${fleet}/${spec.id}`;
    const posted = await this.#deps.mailboxes().post({ from, fleet, to: act.to, text, contextId, correlationId, id });
    return posted.ok ? ok(undefined) : posted;
  }
}

interface Heard {
  readonly message: BusMessage;
  readonly envelope: Envelope;
}

function nameOf(fleet: string, { id }: HandlerSpec): string {
  return `on-${fleet}-${id}`;
}

const ABOUT = "on: ";

function isHandler(name: string, { about }: Pick<ConsumerConfig, "about">): boolean {
  return name.startsWith("on-") && about?.startsWith(ABOUT) === true;
}

function configOf(fleet: string, name: string, { id, subject }: HandlerSpec): ConsumerConfig {
  return {
    name,
    about: `${ABOUT}${id} of the fleet ${fleet}`,
    filters: [subject],
    deliver: "new",
    // Waits of 100 ms, doubled: a store that is busy or a mailbox that is full is tried for seconds, then is a dead letter.
    maxDeliver: MOST_ATTEMPTS,
    maxAckPending: 8,
  };
}

/** What it caused itself: its own message, the run it started, or that it failed. Else it would go on for ever. */
function isItsOwn({ source, data }: Envelope, fleet: string, spec: HandlerSpec): boolean {
  if (source === `/handler/${fleet}/${spec.id}`) return true;
  if (source.startsWith(`/workflows/${fleet}/`) && source.includes(`-${fleet}-${spec.id}-`)) return true;
  return isRecord(data) && data["consumer"] === nameOf(fleet, spec);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
