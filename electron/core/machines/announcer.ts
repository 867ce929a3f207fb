/**
 * Tells the other machines what this one's tree shows: a heartbeat, changes a few times a second, the whole on request.
 * One message is under way at a time; while the connection is lost nothing waits: afterwards the numbers differ, and
 * whoever listens asks for the whole.
 */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { encodeEnvelope, dedupeKey } from "#shared/model/catalogue/envelope.ts";
import type { FlatFleet, MachineChange } from "#shared/model/catalogue/machines.ts";
import { compose } from "#shared/model/catalogue/message.ts";
import type { MessageParts } from "#shared/model/catalogue/message.ts";
import { MACHINE_ROOT } from "#shared/model/machine.ts";
import type { MachineFacts } from "#shared/model/machine.ts";
import type { Fleet } from "#shared/model/node.ts";
import type { NodePatch, StreamItem } from "#shared/contract/index.ts";
import type { Result } from "#shared/model/result.ts";
import { ok } from "#shared/model/result.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { BusLink } from "#core/ports/busLink.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { BusSubscription, MessageBus } from "#core/ports/messageBus.ts";
import { flatFleet, flatNode } from "./flatTree.ts";
import { HEARTBEAT_MS } from "./lease.ts";

export interface OwnTree {
  views(): readonly Fleet[];
  /** The returned function ends it. */
  watch(listener: (item: StreamItem<"tree">) => void): () => void;
}

export interface AnnouncerDeps {
  readonly bus: MessageBus;
  readonly link: Pick<BusLink, "state">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly facts: MachineFacts;
  readonly tree: OwnTree;
}

type Said = "machine.changed" | "machine.heartbeat" | "machine.left";

/** Others look at the tree; nobody there needs it faster. */
const CHANGES_EVERY_MS = 250;
/** Under the 1 MiB of a message, with room for the envelope. */
const MOST_CHARS = 900_000;

export class Announcer {
  readonly #deps: AnnouncerDeps;
  readonly #patches = new Map<string, NodePatch>();
  readonly #fleets = new Map<string, MachineChange>();
  #unwatch: () => void = () => {};
  #stopBeat: () => void = () => {};
  #asked: BusSubscription | undefined;
  #seq = 0;
  #isScheduled = false;
  #isSaying = false;
  #isClosed = false;

  constructor(deps: AnnouncerDeps) {
    this.#deps = deps;
  }

  open(): void {
    const { bus, tree, facts } = this.#deps;
    this.#unwatch = tree.watch((item) => this.#changed(item));
    this.#asked = bus.respond(askSubject(facts.id), async () => this.whole());
    this.#beat();
  }

  /** Says so, then nothing more. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unwatch();
    this.#stopBeat();
    this.#asked?.close();
    const { id, boot } = this.#deps.facts;
    if (this.#deps.link.state === "connected") await this.#say("machine.left", { id, boot });
  }

  /** The whole tree as a message; agents are left out from the end where it would be too large. */
  whole(): string {
    const fleets = this.#deps.tree.views().map(flatFleet);
    const { kept, cut } = cutToFit(fleets);
    const data = { machine: this.#deps.facts, seq: this.#seq, fleets: kept, cut };
    const made = this.#envelope("machine.announced", { data });
    if (!made.ok) throw new Error(made.error.message);
    return made.value.text;
  }

  #beat(): void {
    if (this.#isClosed) return;
    if (this.#deps.link.state === "connected")
      void this.#say("machine.heartbeat", { machine: this.#deps.facts, seq: this.#seq });
    this.#stopBeat = this.#deps.clock.after(HEARTBEAT_MS, () => this.#beat());
  }

  #changed(item: StreamItem<"tree">): void {
    if (item.type === "snapshot" || this.#isClosed) return;
    if (item.type === "nodes") for (const node of item.nodes) this.#patches.set(node.path, node);
    if (item.type === "fleet") this.#fleets.set(item.fleet.name, { type: "fleet", fleet: flatFleet(item.fleet) });
    if (item.type === "fleet_removed") this.#fleets.set(item.name, { type: "fleet_removed", name: item.name });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    this.#deps.clock.after(CHANGES_EVERY_MS, () => {
      this.#isScheduled = false;
      void this.#tellChanges();
    });
  }

  async #tellChanges(): Promise<void> {
    if (this.#isClosed) return;
    if (this.#isSaying) return this.#schedule();
    // A fleet told as a whole holds its nodes already.
    const nodes = [...this.#patches.values()].filter(({ path }) => !this.#fleets.has(path.split("/")[0] ?? ""));
    const changes: MachineChange[] = [...this.#fleets.values()];
    if (nodes.length > 0) changes.push({ type: "nodes", nodes: nodes.map((node) => flatNode(node)) });
    this.#patches.clear();
    this.#fleets.clear();
    if (changes.length === 0) return;
    this.#seq += 1;
    if (this.#deps.link.state !== "connected") return;
    this.#isSaying = true;
    const { id, boot } = this.#deps.facts;
    await this.#say("machine.changed", { id, boot, seq: this.#seq, changes });
    this.#isSaying = false;
  }

  async #say<N extends Said>(type: N, data: MessageParts<N>["data"]): Promise<void> {
    const { bus, facts, logger } = this.#deps;
    const made = this.#envelope(type, { data });
    const told = made.ok
      ? await bus.publish({
          subject: `${MACHINE_ROOT}.${facts.id}.${type.slice(MACHINE_ROOT.length + 1)}`,
          data: made.value.text,
          msgId: made.value.key,
        })
      : made;
    // Not said is not lost: the next heartbeat's number shows it, and the others ask.
    if (!told.ok) logger.warn("Other machines were not told.", { type, error: told.error.message });
  }

  #envelope<N extends Said | "machine.announced">(
    type: N,
    { data }: { readonly data: MessageParts<N>["data"] },
  ): Result<{ text: string; key: string }> {
    const { newId, facts, clock } = this.#deps;
    const parts: MessageParts<N> = {
      id: newId(),
      source: `/machines/${facts.id}`,
      time: toIsoTime(clock.wallNow()),
      data,
    };
    const envelope = compose(type, parts);
    if (!envelope.ok) return envelope;
    const text = encodeEnvelope(envelope.value);
    return text.ok ? ok({ text: text.value, key: dedupeKey(envelope.value) }) : text;
  }
}

/** Where a machine's whole tree is asked for. */
export function askSubject(id: string): string {
  return `${MACHINE_ROOT}.${id}.tree`;
}

function cutToFit(fleets: readonly FlatFleet[]): { kept: FlatFleet[]; cut: number } {
  let left = MOST_CHARS;
  let cut = 0;
  const kept = fleets.map((fleet) => {
    const nodes = fleet.nodes.filter((node, index) => {
      left -= JSON.stringify(node).length + 1;
      // The top node stays: it says that there is a fleet.
      const fits = left > 0 || index === 0;
      if (!fits && node.kind === "agent") cut += 1;
      return fits;
    });
    return { ...fleet, nodes };
  });
  return { kept, cut };
}
