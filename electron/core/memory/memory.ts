/**
 * The memory slice: what agents and people remember and share. Memories live by their retention, contexts by their work,
 * snapshots for ever. Everything acknowledged is committed; nothing stored here is ever in an event, so it can be forgotten.
 */
import { snapshotUrl } from "#shared/model/memory.ts";
import type {
  ContextHead,
  MemoryItem,
  SharedContext,
  SnapshotData,
  SnapshotDiff,
  SnapshotHead,
} from "#shared/model/memory.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { listContexts, readContext } from "./contextRows.ts";
import { Contexts, noContext } from "./contexts.ts";
import type { ContextWritten } from "./contexts.ts";
import type { ContextWrite } from "./contextWrite.ts";
import type { By, MemoryDeps } from "./deps.ts";
import type { MemoryFilter } from "./filters.ts";
import { Forgetting } from "./forgetting.ts";
import type { Forgotten } from "./forgetting.ts";
import { hydrationText } from "./hydrate.ts";
import { Memories } from "./memories.ts";
import type { MemoryCounts, MemoryPage, NewMemory, StoredMemory } from "./memories.ts";
import { contextEvent } from "./memoryEvents.ts";
import { reindex } from "./reindex.ts";
import { restoreSnapshot } from "./restore.ts";
import type { Restored, Restoring } from "./restore.ts";
import { searchMemories } from "./search.ts";
import type { Found, MemorySearch } from "./search.ts";
import { diffSnapshots } from "./snapshotDiff.ts";
import {
  countSnapshots,
  findSnapshot,
  listSnapshots,
  readSnapshot,
  snapshotDataOf,
  takeSnapshot,
  toSnapshotHead,
} from "./snapshots.ts";
import { startSweeping } from "./sweep.ts";
import { exportMemories, importMemories } from "./transfer.ts";
import type { ExportPage, ImportedMemory, ImportOutcome } from "./transfer.ts";
import { Vectors } from "./vectors.ts";
import { withoutTrace } from "./withoutTrace.ts";

const SYSTEM: By = { actor: "system" };

export interface Hydrated {
  readonly id: string;
  readonly url: string;
  readonly data: SnapshotData;
  /** For who takes over, within a bound; what did not fit is named in it. */
  readonly text: string;
}

export interface MemoryStats extends MemoryCounts {
  readonly contexts: number;
  readonly snapshots: number;
  readonly nearness: Found["nearness"];
}

export class Memory {
  readonly #deps: MemoryDeps;
  readonly #vectors: Vectors;
  readonly #memories: Memories;
  readonly #forgetting: Forgetting;
  readonly #contexts: Contexts;
  #stopSweeping = (): void => {};

  constructor(deps: MemoryDeps) {
    this.#deps = deps;
    this.#vectors = new Vectors(deps);
    this.#memories = new Memories(deps, this.#vectors);
    this.#forgetting = new Forgetting(deps, this.#memories);
    this.#contexts = new Contexts(deps);
  }

  /** What the last core left: forgotten memories that are due, texts without words or vectors. */
  open(): void {
    reindex(this.#deps);
    this.#forgetting.open();
    this.#vectors.fill();
    this.#stopSweeping = startSweeping(this.#deps);
  }

  close(): void {
    this.#stopSweeping();
    this.#forgetting.close();
    this.#vectors.close();
  }

  storeMemory(memory: NewMemory, by: By): Promise<Result<StoredMemory>> {
    return this.#memories.store(memory, by);
  }

  /** The most important first. With `forAgent` they count as used. */
  getMemories(filter: MemoryFilter, { limit, forAgent = false }: Reading): readonly MemoryItem[] {
    const memories = this.#memories.most(filter, limit);
    if (forAgent) this.recordAccess(memories.map(({ id }) => id));
    return memories;
  }

  async searchHistory(
    question: MemorySearch,
    { forAgent = false }: Pick<Reading, "forAgent"> = {},
  ): Promise<Result<Found>> {
    const found = await searchMemories(this.#deps, this.#vectors, question);
    if (found.ok && forAgent) this.recordAccess(found.value.hits.map(({ memory }) => memory.id));
    return found;
  }

  recordAccess(ids: readonly string[]): void {
    if (ids.length > 0) this.#memories.recordAccess(ids);
  }

  getMemory(ref: string): Result<MemoryItem> {
    return this.#memories.get(ref);
  }

  listMemories(
    filter: MemoryFilter,
    page: { readonly limit: number; readonly before?: string | undefined },
  ): MemoryPage {
    return this.#memories.list(filter, page);
  }

  forget(refs: readonly string[], by: By): Result<Forgotten> {
    return this.#forgetting.forget(refs, by);
  }

  takeBack(refs: readonly string[], by: By): Result<{ readonly ids: string[] }> {
    return this.#forgetting.takeBack(refs, by);
  }

  export(filter: MemoryFilter, page: { readonly after: number; readonly limit: number }): ExportPage {
    return exportMemories(this.#deps, filter, page);
  }

  import(memories: readonly ImportedMemory[], by: By): Result<ImportOutcome> {
    return importMemories(this.#deps, this.#vectors, { memories, by });
  }

  stats(): MemoryStats {
    const { store } = this.#deps;
    const contexts = Number(store.get("SELECT count(*) AS n FROM contexts")?.["n"] ?? 0);
    return {
      ...this.#memories.stats(),
      contexts,
      snapshots: countSnapshots(store),
      nearness: this.#vectors.nearness(),
    };
  }

  upsertContext(write: ContextWrite, by: By): Result<ContextWritten> {
    return this.#contexts.upsert(write, by);
  }

  /** Error: not_found. An expired one is answered, and says that it is. */
  context(id: string): Result<SharedContext> {
    const context = readContext(this.#deps.store, id, this.#deps.clock.wallNow());
    return context === undefined ? noContext(id) : ok(context);
  }

  contexts(question: { readonly fleet?: string | undefined; readonly limit: number }): ContextHead[] {
    return listContexts(this.#deps.store, { ...question, nowMs: this.#deps.clock.wallNow() });
  }

  compressContext(id: string, by: By): Result<ContextWritten> {
    return this.#contexts.compress(id, by);
  }

  /** Errors: not_found, store_unavailable. */
  async snapshot(
    contextId: string,
    by: By = SYSTEM,
    reason = "asked for",
  ): Promise<Result<{ id: string; url: string }>> {
    const { store, clock } = this.#deps;
    const nowMs = clock.wallNow();
    const taken = store.transact({
      actor: by.actor,
      work: (tx): Result<string> => {
        const data = snapshotDataOf(tx, contextId, nowMs);
        return data === undefined ? noContext(contextId) : ok(takeSnapshot(tx, data, { by, nowMs, reason }));
      },
    });
    if (!taken.ok) return taken;
    return taken.value.ok ? ok({ id: taken.value.value, url: snapshotUrl(taken.value.value) }) : taken.value;
  }

  /** By id, hash or URL. Errors: not_found, store_unavailable (a damaged one, named). */
  async hydrate(ref: string, maxTokens?: number): Promise<Result<Hydrated>> {
    const read = readSnapshot(this.#deps.store, ref);
    if (!read.ok) return read;
    const { head, data } = read.value;
    return ok({ id: head.id, url: head.url, data, text: hydrationText(head.id, data, maxTokens) });
  }

  /** What `hydrate` answers, with who took it, when and why. */
  showSnapshot(ref: string): Result<{ head: SnapshotHead; data: SnapshotData; text: string }> {
    const read = readSnapshot(this.#deps.store, ref);
    if (!read.ok) return read;
    const { head, data } = read.value;
    return ok({ head, data, text: hydrationText(head.id, data) });
  }

  snapshots(question: { readonly contextId?: string | undefined; readonly limit: number }): SnapshotHead[] {
    return listSnapshots(this.#deps.store, question);
  }

  /** Without `to`: what became different since, in the context it was taken of. */
  diff(from: string, to?: string): Result<SnapshotDiff> {
    const before = readSnapshot(this.#deps.store, from);
    if (!before.ok) return before;
    const { head, data } = before.value;
    if (to !== undefined) {
      const after = readSnapshot(this.#deps.store, to);
      return after.ok
        ? ok(diffSnapshots({ id: head.id, data }, { id: after.value.head.id, data: after.value.data }))
        : after;
    }
    const now = snapshotDataOf(this.#deps.store, head.contextId, this.#deps.clock.wallNow());
    return now === undefined
      ? noContext(head.contextId)
      : ok(diffSnapshots({ id: head.id, data }, { id: "now", data: now }));
  }

  restore(order: Restoring, by: By): Result<Restored> {
    const restored = restoreSnapshot(this.#deps, order, by);
    if (restored.ok) this.#vectors.fill();
    return restored;
  }

  /** For what a person wants gone from it: a snapshot never changes, so it goes as a whole. */
  removeSnapshot(ref: string, by: By): Result<{ readonly id: string }> {
    const { store } = this.#deps;
    const found = findSnapshot(store, ref);
    if (!found.ok) return found;
    const { id, contextId, fleet } = toSnapshotHead(found.value);
    return withoutTrace(store, () =>
      store.transact({
        actor: by.actor,
        work: (tx) => {
          tx.run("DELETE FROM snapshots WHERE id = ?", [id]);
          tx.run("DELETE FROM snapshot_memories WHERE snapshot_id = ?", [id]);
          tx.append(contextEvent({ id: contextId, fleet }, "snapshot_removed", { by, data: { snapshot: id } }));
          return { id };
        },
      }),
    );
  }
}

interface Reading {
  readonly limit: number;
  readonly forAgent?: boolean;
}
