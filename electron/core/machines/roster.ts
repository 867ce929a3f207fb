/**
 * The other machines as this one knows them. A machine whose numbers have a gap, or that began anew, is asked for its whole
 * tree; one that is silent for longer than its lease is away, and after a time no longer shown. While this machine's own
 * connection is lost nothing is known of any, and nobody is declared away.
 */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { MachineChange } from "#shared/model/catalogue/machines.ts";
import type { MessageData } from "#shared/model/catalogue/catalogue.ts";
import type { Machine, MachineFacts, MachineState, MachineStatus } from "#shared/model/machine.ts";
import type { Fleet, TreeNode } from "#shared/model/node.ts";
import type { NodePatch, StreamItem } from "#shared/contract/index.ts";
import type { Clock } from "#core/ports/clock.ts";
import { deepFleet, labelled, labelledNode } from "./flatTree.ts";
import { AWAY_SHOWN_MS, LEASE_MS, LEFT_SHOWN_MS, MOST_MACHINES } from "./lease.ts";

export type MachinesItem = StreamItem<"machines">;

interface Known {
  facts: MachineFacts;
  readonly label: string;
  state: MachineState;
  sinceMs: number;
  /** Monotonic. */
  heardAt: number;
  /** Number of the last change that is in the tree; undefined: the tree has to be asked for. */
  seq: number | undefined;
  cut: number;
  readonly fleets: Map<string, Fleet>;
}

export interface RosterDeps {
  readonly clock: Clock;
  readonly self: MachineFacts;
  /** The tree of this machine is not known, or not any more. */
  readonly onUnknown: (id: string) => void;
  readonly onTooMany: () => void;
  readonly tell: (item: MachinesItem) => void;
}

export class Roster {
  readonly #deps: RosterDeps;
  readonly #known = new Map<string, Known>();
  #isLinked = true;

  constructor(deps: RosterDeps) {
    this.#deps = deps;
  }

  list(): readonly Machine[] {
    return [...this.#known.values()].map(viewOf).toSorted((a, b) => a.label.localeCompare(b.label));
  }

  heartbeat({ machine, seq }: MessageData<"machine.heartbeat">): void {
    const known = this.#heard(machine);
    if (known !== undefined && known.seq !== seq) this.#ask(known);
  }

  announced({ machine, seq, fleets, cut }: MessageData<"machine.announced">): void {
    const known = this.#heard(machine);
    if (known === undefined) return;
    known.seq = seq;
    known.cut = cut;
    known.fleets.clear();
    for (const flat of fleets) {
      const fleet = deepFleet(known.label, flat);
      if (fleet !== undefined) known.fleets.set(flat.name, fleet);
    }
    this.#deps.tell({ type: "machine", machine: viewOf(known) });
  }

  changed({ id, boot, seq, changes }: MessageData<"machine.changed">): void {
    const known = this.#known.get(id);
    if (known?.facts.boot !== boot || known.seq === undefined) return;
    if (seq <= known.seq) return;
    if (seq !== known.seq + 1) return this.#ask(known);
    known.seq = seq;
    this.#alive(known);
    for (const change of changes) this.#apply(known, change);
  }

  left({ id, boot }: MessageData<"machine.left">): void {
    const known = this.#known.get(id);
    if (known?.facts.boot === boot) this.#become(known, "left");
  }

  /** This machine's own connection to the others. */
  linked(isLinked: boolean): void {
    if (this.#isLinked === isLinked) return;
    this.#isLinked = isLinked;
    for (const known of this.#known.values()) {
      // Back again, everyone has a whole lease to be heard in.
      known.heardAt = this.#deps.clock.now();
      if (!isLinked && known.state === "online") this.#become(known, "unknown");
    }
  }

  /** Leases run out here; called about once a second. */
  look(): void {
    if (!this.#isLinked) return;
    const now = this.#deps.clock.now();
    for (const known of this.#known.values()) {
      const silentMs = now - known.heardAt;
      if (isThere(known.state) && silentMs > LEASE_MS) this.#become(known, "away");
      else if (known.state === "away" && silentMs > AWAY_SHOWN_MS) this.#remove(known);
      else if (known.state === "left" && silentMs > LEFT_SHOWN_MS) this.#remove(known);
    }
  }

  #heard(facts: MachineFacts): Known | undefined {
    const known = this.#known.get(facts.id) ?? this.#add(facts);
    if (known === undefined) return undefined;
    if (known.facts.boot !== facts.boot) known.seq = undefined;
    known.facts = facts;
    this.#alive(known);
    return known;
  }

  #add(facts: MachineFacts): Known | undefined {
    const { clock, onTooMany } = this.#deps;
    if (this.#known.size >= MOST_MACHINES) {
      onTooMany();
      return undefined;
    }
    const known: Known = {
      facts,
      label: this.#label(facts),
      state: "online",
      sinceMs: clock.wallNow(),
      heardAt: clock.now(),
      seq: undefined,
      cut: 0,
      fleets: new Map(),
    };
    this.#known.set(facts.id, known);
    return known;
  }

  /** Its name; where another one here has it too, with the beginning of its id. */
  #label({ name, id }: MachineFacts): string {
    const plain = name.replaceAll(/[^\p{L}\p{N}._-]/gu, "-");
    const taken = [this.#deps.self.name, ...[...this.#known.values()].map(({ label }) => label)];
    return taken.includes(plain) || plain === "" ? `${plain}-${id.slice(0, 4)}` : plain;
  }

  #alive(known: Known): void {
    known.heardAt = this.#deps.clock.now();
    if (known.state !== "online") this.#become(known, "online");
  }

  #become(known: Known, state: MachineState): void {
    if (known.state === state) return;
    known.state = state;
    known.sinceMs = this.#deps.clock.wallNow();
    this.#deps.tell({ type: "machine_status", machine: statusOf(known) });
  }

  #remove(known: Known): void {
    this.#known.delete(known.facts.id);
    this.#deps.tell({ type: "machine_removed", label: known.label });
  }

  #ask(known: Known): void {
    known.seq = undefined;
    this.#deps.onUnknown(known.facts.id);
  }

  #apply(known: Known, change: MachineChange): void {
    if (change.type === "fleet_removed") known.fleets.delete(change.name);
    if (change.type === "fleet") {
      const fleet = deepFleet(known.label, change.fleet);
      if (fleet !== undefined) known.fleets.set(change.fleet.name, fleet);
    }
    if (change.type !== "nodes") return this.#deps.tell({ type: "machine", machine: viewOf(known) });
    const nodes = change.nodes.map((node) => labelledNode(known.label, node));
    const byPath = new Map(nodes.map((node) => [node.path, node]));
    for (const [name, fleet] of known.fleets) known.fleets.set(name, { ...fleet, root: patched(fleet.root, byPath) });
    this.#deps.tell({ type: "nodes", nodes });
  }

  /** The machine that shows this path of its own tree, if one does. */
  whoHas(path: string): Machine | undefined {
    return this.list().find(({ label, fleets }) =>
      fleets.some(({ root }) => hasNode(root, path) || hasNode(root, labelled(label, path))),
    );
  }
}

function isThere(state: MachineState): boolean {
  return state === "online" || state === "unknown";
}

function patched(node: TreeNode, patches: ReadonlyMap<string, NodePatch>): TreeNode {
  const patch = patches.get(node.path);
  const children = node.children.map((child) => patched(child, patches));
  return patch === undefined ? { ...node, children } : { ...patch, children };
}

function hasNode(node: TreeNode, path: string): boolean {
  return node.path === path || node.children.some((child) => hasNode(child, path));
}

function statusOf({ facts, label, state, sinceMs, cut }: Known): MachineStatus {
  const { boot: _, ...told } = facts;
  return { ...told, label, state, since: toIsoTime(sinceMs), cut };
}

function viewOf(known: Known): Machine {
  const fleets = [...known.fleets.values()].toSorted((a, b) => a.name.localeCompare(b.name));
  return { ...statusOf(known), fleets };
}
