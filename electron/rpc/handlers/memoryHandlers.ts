/** Memories, contexts and snapshots. Delegation only. */
import { ok } from "#shared/model/result.ts";
import type { CommandHandlers, QueryHandlers } from "#shared/rpc/handlers.ts";
import type { Core } from "#core/app.ts";
import type { memoryCommands as COMMANDS, memoryQueries as QUERIES } from "#shared/contract/memory.ts";

export function memoryQueries({ memory }: Core): Pick<QueryHandlers, keyof typeof QUERIES> {
  return {
    "memory.list": async ({ limit, before, ...filter }) => ok(memory.listMemories(filter, { limit, before })),
    "memory.search": (question) => memory.searchHistory(question),
    "memory.get": async ({ id }) => memory.getMemory(id),
    "memory.stats": async () => ok(memory.stats()),
    "memory.export": async ({ after, limit, ...filter }) => ok(memory.export(filter, { after, limit })),
    "context.list": async (question) => ok(memory.contexts(question)),
    "context.get": async ({ id }) => memory.context(id),
    "snapshot.list": async (question) => ok(memory.snapshots(question)),
    "snapshot.get": async ({ id }) => memory.showSnapshot(id),
    "snapshot.diff": async ({ from, to }) => memory.diff(from, to),
  };
}

export function memoryCommands({ memory }: Core): Pick<CommandHandlers, keyof typeof COMMANDS> {
  return {
    "memory.store": (given, { actor }) => memory.storeMemory(given, { actor }),
    "memory.forget": async ({ ids }, { actor }) => memory.forget(ids, { actor }),
    "memory.takeBack": async ({ ids }, { actor }) => memory.takeBack(ids, { actor }),
    "memory.import": async ({ memories }, { actor }) => memory.import(memories, { actor }),
    "context.write": async (write, { actor }) => memory.upsertContext(write, { actor }),
    "context.compress": async ({ id }, { actor }) => memory.compressContext(id, { actor }),
    "context.snapshot": ({ id, reason }, { actor }) => memory.snapshot(id, { actor }, reason),
    "context.restore": async (order, { actor }) => memory.restore(order, { actor }),
    "snapshot.remove": async ({ id }, { actor }) => memory.removeSnapshot(id, { actor }),
  };
}
