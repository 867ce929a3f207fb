/** A fake for looking at screens: memories, contexts and snapshots; forgetting and taking back change what is listed. */
import { fail, ok } from "#shared/model/result.ts";
import type { memoryCommands, memoryQueries } from "#shared/contract/memory.ts";
import type { MemoryItem } from "#shared/model/memory.ts";
import type { CommandHandlers, QueryHandlers } from "#shared/rpc/handlers.ts";
import { sampleContext, sampleDiff, sampleMemories, sampleSnapshots } from "./sampleMemory.ts";

export type DemoMemory = {
  readonly queries: Pick<QueryHandlers, keyof typeof memoryQueries>;
  readonly commands: Pick<CommandHandlers, keyof typeof memoryCommands>;
};

const NEARNESS = {
  isOn: true,
  embedder: "local-ngrams-1",
  kind: "lexical",
  note: "Compares spelling, on this machine: it finds other forms of a word and typing errors, not other words for the same thing.",
} as const;

export function demoMemory(hasRecords: boolean): DemoMemory {
  let memories: MemoryItem[] = hasRecords ? sampleMemories() : [];
  const forgotten = new Map<string, string>();
  const isLive = ({ id }: MemoryItem) => !forgotten.has(id);
  return {
    queries: {
      ...contextQueries(hasRecords),
      "memory.list": async ({ kinds, scopes, tier, state }) => {
        const found = memories
          .filter((one) => isLive(one) === (state !== "forgotten"))
          .filter((one) => kinds?.includes(one.kind) !== false && scopes?.includes(one.scope) !== false)
          .filter((one) => tier === undefined || one.tier === tier);
        return ok({ memories: state === "ended" ? [] : found, total: found.length });
      },
      "memory.search": async ({ text }) => {
        const words = text.toLowerCase().split(/\s+/);
        const hits = memories
          .filter(isLive)
          .filter((one) => words.some((word) => one.text.toLowerCase().includes(word)))
          .map((memory, index) => ({
            memory,
            score: 1 / (index + 60),
            words: { rank: index + 1, matched: words },
            near: { rank: index + 1, similarity: 0.61 - index * 0.1 },
          }));
        return ok({ hits, nearness: NEARNESS });
      },
      "memory.get": async ({ id }) => {
        const found = memories.find((one) => one.id.startsWith(id));
        return found === undefined ? fail("not_found", `There is no memory ${id}.`) : ok(found);
      },
      "memory.stats": async () => ok(stats(memories.filter(isLive), { forgotten: forgotten.size, hasRecords })),
      "memory.export": async () => ok({ memories }),
    },
    commands: {
      ...contextCommands(),
      "memory.store": async (given) => {
        const [sample] = sampleMemories();
        if (sample === undefined) return fail("internal", "There is no sample.");
        const { expiresAt: _expiresAt, ...rest } = given;
        memories = [
          { ...sample, ...rest, id: crypto.randomUUID(), retention: given.retention ?? "medium" },
          ...memories,
        ];
        return ok({ id: "new", version: 1 });
      },
      "memory.forget": async ({ ids }) => {
        const deletesAt = new Date(Date.now() + 600_000).toISOString();
        for (const id of ids) forgotten.set(id, deletesAt);
        return ok({ ids, deletesAt, snapshots: [] });
      },
      "memory.takeBack": async ({ ids }) => {
        for (const id of ids) forgotten.delete(id);
        return ok({ ids });
      },
      "memory.import": async (input) => ok({ imported: input.memories.length, known: 0, forgotten: 0, masked: 0 }),
    },
  };
}

function contextQueries(hasRecords: boolean) {
  const { variables, messages, summary: _summary, budget: _budget, ...head } = sampleContext();
  return {
    "context.list": async () =>
      ok(hasRecords ? [{ ...head, variables: variables.length, messages: messages.length }] : []),
    "context.get": async () => ok(sampleContext()),
    "snapshot.list": async () => ok(hasRecords ? sampleSnapshots() : []),
    "snapshot.get": async () => fail("unsupported", "The demo shows no snapshot."),
    "snapshot.diff": async ({ from, to }) => ok(sampleDiff(from, to ?? "now")),
  } satisfies Partial<DemoMemory["queries"]>;
}

function contextCommands() {
  return {
    "context.write": async ({ id }) => ok({ id, revision: 19 }),
    "context.compress": async ({ id }) => ok({ id, revision: 19 }),
    "context.snapshot": async () => ok({ id: sampleSnapshots()[0]?.id ?? "", url: sampleSnapshots()[0]?.url ?? "" }),
    "context.restore": async ({ snapshot }) =>
      ok({ id: "release-42", revision: 19, before: snapshot, stayedForgotten: 0 }),
    "snapshot.remove": async ({ id }) => ok({ id }),
  } satisfies Partial<DemoMemory["commands"]>;
}

function stats(live: readonly MemoryItem[], more: { readonly forgotten: number; readonly hasRecords: boolean }) {
  const count = (of: (memory: MemoryItem) => string) =>
    Object.fromEntries([...Map.groupBy(live, of)].map(([key, group]) => [key, group.length]));
  return {
    memories: live.length,
    kinds: count((one) => one.kind),
    tiers: count((one) => one.tier),
    scopes: Object.entries(count((one) => one.scope)).map(([scope, memories]) => ({ scope, memories })),
    forgotten: more.forgotten,
    ended: 0,
    contexts: more.hasRecords ? 1 : 0,
    snapshots: more.hasRecords ? 2 : 0,
    waitingForVector: 0,
    nearness: NEARNESS,
  };
}
