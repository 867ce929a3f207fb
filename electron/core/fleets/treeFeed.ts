/** What watchers of the tree are told: whole fleets when their shape changes, patches of nodes otherwise. */
import type { NodePatch, StreamItem } from "#shared/contract/index.ts";
import type { Fleet } from "#shared/model/node.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { TreeState } from "./treeState.ts";

export type TreeListener = (item: StreamItem<"tree">) => void;

/** Patches of one burst travel together. */
const BATCH_MS = 8;

export interface TreeFeedDeps {
  readonly clock: Clock;
  readonly view: (fleet: string) => Fleet | undefined;
  readonly tree: (fleet: string) => TreeState | undefined;
}

export class TreeFeed {
  readonly #deps: TreeFeedDeps;
  readonly #listeners = new Set<TreeListener>();
  readonly #dirty = new Map<string, Set<string>>();
  #isScheduled = false;

  constructor(deps: TreeFeedDeps) {
    this.#deps = deps;
  }

  /** The returned function ends it. */
  watch(listener: TreeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
  }

  /** The fleet's shape, status or file changed. */
  announce(name: string): void {
    const fleet = this.#deps.view(name);
    this.#dirty.delete(name);
    if (fleet !== undefined) this.#tell({ type: "fleet", fleet });
  }

  removed(name: string): void {
    this.#dirty.delete(name);
    this.#tell({ type: "fleet_removed", name });
  }

  /** These nodes show something else now; what is above them may, too. */
  mark(name: string, ids: readonly string[]): void {
    const dirty = this.#dirty.get(name) ?? new Set<string>();
    for (const id of ids) dirty.add(id);
    this.#dirty.set(name, dirty);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#deps.clock.after(BATCH_MS, () => this.#flush());
  }

  #flush(): void {
    this.#isScheduled = false;
    for (const [name, ids] of this.#dirty) {
      const tree = this.#deps.tree(name);
      this.#dirty.delete(name);
      if (tree === undefined || this.#listeners.size === 0) continue;
      const all = new Set(ids);
      for (const id of ids) for (const above of tree.ancestors(id)) all.add(above);
      const nodes: NodePatch[] = [...all].filter((id) => tree.records.has(id)).map((id) => tree.patch(id));
      this.#tell({ type: "nodes", nodes });
    }
  }

  #tell(item: StreamItem<"tree">): void {
    for (const listener of this.#listeners) listener(item);
  }
}
