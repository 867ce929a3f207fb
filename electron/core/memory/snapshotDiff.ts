/** What became different between two snapshots, by content: versions and times alone are no difference. Pure. */
import { canonicalJson } from "#shared/lib/canonicalJson.ts";
import type { ContextMessage, SnapshotData, SnapshotDiff, SnapshotMemory, Variable } from "#shared/model/memory.ts";

interface Named {
  readonly id: string;
  readonly data: SnapshotData;
}

export function diffSnapshots(from: Named, to: Named): SnapshotDiff {
  const { intent: before } = from.data.context;
  const { intent: after } = to.data.context;
  return {
    from: from.id,
    to: to.id,
    variables: variableChanges(from.data.variables, to.data.variables),
    messages: {
      added: without(to.data.messages, from.data.messages),
      removed: without(from.data.messages, to.data.messages),
    },
    memories: memoryChanges(from.data.memories, to.data.memories),
    summary: !isSame(from.data.summary?.text, to.data.summary?.text),
    ...(isSame(before, after) ? {} : { intent: { before, after } }),
    ...(isSame(from.data.budget, to.data.budget)
      ? {}
      : { budget: { before: from.data.budget, after: to.data.budget } }),
  };
}

export function isEmptyDiff({ variables, messages, memories, intent, summary, budget }: SnapshotDiff): boolean {
  const changes = variables.length + messages.added.length + messages.removed.length + memories.length;
  return changes === 0 && intent === undefined && !summary && budget === undefined;
}

function isSame(left: unknown, right: unknown): boolean {
  return canonicalJson(left) === canonicalJson(right);
}

function variableChanges(from: readonly Variable[], to: readonly Variable[]): SnapshotDiff["variables"] {
  const before = new Map(from.map((one) => [one.name, one]));
  const after = new Map(to.map((one) => [one.name, one]));
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name): SnapshotDiff["variables"] => {
    const old = before.get(name);
    const now = after.get(name);
    if (now === undefined)
      return old === undefined ? [] : [{ name, change: "removed", before: old.value, author: old.author }];
    if (old === undefined) return [{ name, change: "added", after: now.value, author: now.author }];
    if (isSame(old.value, now.value) && isSame(old.metadata, now.metadata)) return [];
    return [{ name, change: "changed", before: old.value, after: now.value, author: now.author }];
  });
}

function without(messages: readonly ContextMessage[], others: readonly ContextMessage[]): ContextMessage[] {
  const known = new Set(others.map((message) => canonicalJson(message)));
  return messages.filter((message) => !known.has(canonicalJson(message)));
}

/** A copy in another context has another id; what it says is the same. */
function memoryChanges(from: readonly SnapshotMemory[], to: readonly SnapshotMemory[]): SnapshotDiff["memories"] {
  const before = new Map(from.map((one) => [one.id, one]));
  const after = new Map(to.map((one) => [one.id, one]));
  const copies = countedContents(to.filter(({ id }) => !before.has(id)));
  const removed = from
    .filter(({ id }) => !after.has(id))
    .filter((memory) => !takeOne(copies, contentOf(memory)))
    .map(({ id, text }) => ({ id, change: "removed" as const, before: text }));
  const originals = countedContents(from.filter(({ id }) => !after.has(id)));
  const added = to
    .filter(({ id }) => !before.has(id))
    .filter((memory) => !takeOne(originals, contentOf(memory)))
    .map(({ id, text }) => ({ id, change: "added" as const, after: text }));
  const changed = to.flatMap((memory) => {
    const old = before.get(memory.id);
    return old === undefined || contentOf(old) === contentOf(memory)
      ? []
      : [{ id: memory.id, change: "changed" as const, before: old.text, after: memory.text }];
  });
  return [...removed, ...changed, ...added];
}

function contentOf({ kind, scope, text, tags, importance, confidence, source, retention }: SnapshotMemory): string {
  return canonicalJson({ kind, scope, text, tags, importance, confidence, source, retention });
}

function countedContents(memories: readonly SnapshotMemory[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const memory of memories) counts.set(contentOf(memory), (counts.get(contentOf(memory)) ?? 0) + 1);
  return counts;
}

function takeOne(counts: Map<string, number>, content: string): boolean {
  const left = counts.get(content) ?? 0;
  if (left > 0) counts.set(content, left - 1);
  return left > 0;
}
