/**
 * The machines slice: this machine announces its tree on the bus, and knows those of the others. They are seen here and
 * steered where they are.
 */
import { MACHINE_ROOT, MACHINE_STREAM, labelOf } from "#shared/model/machine.ts";
import type { Machine, MachineFacts } from "#shared/model/machine.ts";
import { hearAs } from "#shared/model/catalogue/message.ts";
import type { MessageData } from "#shared/model/catalogue/catalogue.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Rejection, Result } from "#shared/model/result.ts";
import type { BusMessage } from "#shared/model/bus.ts";
import type { BusLink } from "#core/ports/busLink.ts";
import type { BusSubscription } from "#core/ports/messageBus.ts";
import { Announcer, askSubject } from "./announcer.ts";
import type { AnnouncerDeps } from "./announcer.ts";
import { MOST_MACHINES } from "./lease.ts";
import { Roster } from "./roster.ts";
import type { MachinesItem } from "./roster.ts";

export interface MachinesDeps extends Omit<AnnouncerDeps, "link"> {
  readonly link: BusLink;
}

type MachineMessage = "machine.announced" | "machine.changed" | "machine.heartbeat" | "machine.left";

const LOOK_EVERY_MS = 1_000;
const ASK_TIMEOUT_MS = 3_000;
/** Nothing older is of use: whoever comes new asks. */
const KEPT_MS = 60_000;

export class Machines {
  readonly #deps: MachinesDeps;
  readonly #announcer: Announcer;
  readonly #roster: Roster;
  readonly #listeners = new Set<(item: MachinesItem) => void>();
  readonly #asking = new Set<string>();
  readonly #ends: (() => void)[] = [];
  #heard: BusSubscription | undefined;
  #stopLooking: () => void = () => {};
  #saidTooMany = false;
  #hasTwin = false;
  #isClosed = false;

  constructor(deps: MachinesDeps) {
    this.#deps = deps;
    this.#announcer = new Announcer(deps);
    this.#roster = new Roster({
      clock: deps.clock,
      self: deps.facts,
      onUnknown: (id) => void this.#ask(id),
      onTooMany: () => this.#tooMany(),
      tell: (item) => this.#listeners.forEach((listener) => listener(item)),
    });
  }

  get self(): MachineFacts {
    return this.#deps.facts;
  }

  /** One sentence when something about the machines is wrong. */
  get notice(): string | undefined {
    return this.#hasTwin
      ? "Another machine on this NATS server has this one's identity: its data directory was copied. Delete the file machine-id in one of the two data directories, and restart Signalbox there."
      : undefined;
  }

  /** Errors: those of the bus. */
  async open(): Promise<Result<void>> {
    const { bus, link } = this.#deps;
    const made = await bus.ensureStream({
      name: MACHINE_STREAM,
      subjects: [`${MACHINE_ROOT}.>`],
      about: "Which machines there are, and what their trees show",
      maxAgeMs: KEPT_MS,
      dedupeWindowMs: KEPT_MS,
    });
    if (!made.ok) return made;
    this.#heard = bus.listen(`${MACHINE_ROOT}.>`, (message) => this.#take(message));
    this.#ends.push(link.watch(() => this.#roster.linked(link.state === "connected")));
    this.#announcer.open();
    this.#look();
    return ok(undefined);
  }

  list(): readonly Machine[] {
    return this.#roster.list();
  }

  /** The returned function ends it. */
  watch(listener: (item: MachinesItem) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Why this machine does not do what is asked about a node or fleet of another one; nothing for what no machine has. */
  refusal(ref: string): Rejection | undefined {
    const label = labelOf(ref);
    const machine = label === undefined ? this.#roster.whoHas(ref) : this.list().find((one) => one.label === label);
    if (machine === undefined) return undefined;
    const path = label === undefined ? ref : ref.slice(label.length + 1);
    return fail(
      "forbidden",
      `${path} is on the machine ${machine.label} and can only be seen from here. Steer it there: run signalbox on ${machine.name}.`,
    ).error;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const end of this.#ends.splice(0)) end();
    this.#stopLooking();
    this.#heard?.close();
    await this.#announcer.close();
  }

  #look(): void {
    if (this.#isClosed) return;
    this.#roster.look();
    this.#stopLooking = this.#deps.clock.after(LOOK_EVERY_MS, () => this.#look());
  }

  #take(message: BusMessage): void {
    const [, id, verb] = message.subject.split(".");
    if (id === this.#deps.facts.id) return this.#takeOwn(message, verb);
    const roster = this.#roster;
    if (verb === "heartbeat") this.#read("machine.heartbeat", message, (said) => roster.heartbeat(said));
    if (verb === "changed") this.#read("machine.changed", message, (said) => roster.changed(said));
    if (verb === "left") this.#read("machine.left", message, (said) => roster.left(said));
  }

  /** Ours, unless a copy of this data directory runs elsewhere. */
  #takeOwn(message: BusMessage, verb: string | undefined): void {
    if (verb !== "heartbeat" || this.#hasTwin) return;
    this.#read("machine.heartbeat", message, ({ machine }) => {
      if (machine.boot === this.#deps.facts.boot) return;
      this.#hasTwin = true;
      this.#deps.logger.error("Another machine has this one's identity.", { id: machine.id });
    });
  }

  async #ask(id: string): Promise<void> {
    if (this.#asking.has(id) || this.#isClosed) return;
    this.#asking.add(id);
    const answer = await this.#deps.bus.request(askSubject(id), "", { timeoutMs: ASK_TIMEOUT_MS });
    this.#asking.delete(id);
    if (this.#isClosed) return;
    // The next heartbeat finds it still unknown, and asks again.
    if (answer.ok)
      this.#read("machine.announced", { data: answer.value.data, subject: askSubject(id) }, (said) =>
        this.#roster.announced(said),
      );
    else this.#deps.logger.warn("A machine did not tell its tree.", { id, error: answer.error.message });
  }

  /** What does not parse, or speaks in another machine's name, is not believed. */
  #read<N extends MachineMessage>(
    type: N,
    { data, subject }: Pick<BusMessage, "data" | "subject">,
    then: (said: MessageData<N>) => void,
  ): void {
    const heard = hearAs(type, data);
    if (heard.ok && heard.value.envelope.source === `/machines/${subject.split(".")[1] ?? ""}`)
      return then(heard.value.data);
    const error = heard.ok ? `It says it comes from ${heard.value.envelope.source}.` : heard.error.message;
    this.#deps.logger.warn("A machine's message was not believed.", { subject, error });
  }

  #tooMany(): void {
    if (this.#saidTooMany) return;
    this.#saidTooMany = true;
    this.#deps.logger.warn("More machines than are shown announce themselves.", { most: MOST_MACHINES });
  }
}
