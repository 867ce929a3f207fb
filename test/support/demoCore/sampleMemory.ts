/** Sample memories, contexts and snapshots, for looking at screens. */
import type { MemoryItem, SharedContext, SnapshotDiff, SnapshotHead } from "#shared/model/memory.ts";
import { snapshotUrl, tierOf } from "#shared/model/memory.ts";

const DAY_MS = 86_400_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

function memory(index: number, text: string, more: Partial<MemoryItem>): MemoryItem {
  const scope = more.scope ?? "fleet:fleet";
  const retention = more.retention ?? "medium";
  return {
    id: `3f2a${String(index).padStart(4, "0")}-5b1c-4c0e-9d8e-0123456789ab`,
    kind: "fact",
    text,
    tags: [],
    importance: 1,
    confidence: 1,
    author: "fleet/data-pipeline",
    version: 1,
    createdAt: ago(index * DAY_MS),
    updatedAt: ago(index * 3_600_000),
    accessCount: index % 5,
    endsAt: ago(-(90 - index) * DAY_MS),
    ...more,
    scope,
    retention,
    tier: tierOf(scope, retention),
  };
}

export function sampleMemories(): MemoryItem[] {
  const { endsAt: _endsAt, ...kept } = memory(1, "Never push to main without a green check.", {
    kind: "instruction",
    scope: "global",
    retention: "critical",
    importance: 5,
    author: "person",
    tags: ["git"],
  });
  return [
    kept,
    memory(2, "Answers are short, in British English, with the command first.", {
      kind: "preference",
      retention: "high",
      importance: 2,
      author: "person",
      scope: "global",
    }),
    memory(
      3,
      "The orders table has 4.2 million rows; a full scan takes 38 s, so every query goes by the index on created_at.",
      {
        tags: ["database", "performance"],
        source: "docs/schema.md",
        accessCount: 14,
      },
    ),
    memory(4, "The staging API answers 502 between 02:00 and 02:10 while its certificate is renewed.", {
      tags: ["staging"],
      confidence: 0.7,
      author: "fleet/test-writer",
    }),
    memory(5, "Migration 0042 is half applied on the test database; schema-migrator will finish it.", {
      kind: "context",
      retention: "low",
      contextId: "release-42",
      author: "fleet/schema-migrator",
      scope: "team:fleet/backend",
      endsAt: ago(-2 * DAY_MS),
    }),
    memory(6, "Scratch: the flaky test is prices.spec.ts, third case.", {
      kind: "context",
      scope: "session:9c1f2d34",
      retention: "ephemeral",
      author: "fleet/test-writer",
      endsAt: ago(-5 * 3_600_000),
    }),
    memory(7, "Prices are stored in cents, never in euros.", {
      scope: "agent:fleet/data-pipeline",
      retention: "high",
      tags: ["money"],
    }),
  ];
}

export const SAMPLE_SNAPSHOT = `snap:${"5c9e".repeat(16)}`;
const EARLIER = `snap:${"a417".repeat(16)}`;

export function sampleContext(): SharedContext {
  return {
    id: "release-42",
    fleet: "fleet",
    intent: "Bring release 42 to production by Friday noon",
    owner: "fleet/data-pipeline",
    revision: 18,
    createdAt: ago(3 * DAY_MS),
    updatedAt: ago(4 * 60_000),
    isExpired: false,
    snapshots: 2,
    variables: [
      { name: "candidate", value: "42.0.0-rc3", author: "fleet/data-pipeline", version: 18, at: ago(4 * 60_000) },
      {
        name: "failing_tests",
        value: ["prices.spec.ts", "cart.spec.ts"],
        author: "fleet/test-writer",
        version: 16,
        at: ago(20 * 60_000),
      },
      {
        name: "migration",
        value: { id: "0042", state: "half applied", rows: 1_204_112 },
        author: "fleet/schema-migrator",
        version: 12,
        at: ago(2 * 3_600_000),
        expiresAt: ago(-40 * 60_000),
      },
    ],
    messages: [
      {
        seq: 61,
        role: "agent",
        author: "fleet/test-writer",
        text: "prices.spec.ts fails only with the German locale.",
        at: ago(30 * 60_000),
      },
      {
        seq: 62,
        role: "user",
        author: "person",
        text: "Fix it before the release, it is one line.",
        at: ago(22 * 60_000),
      },
      {
        seq: 63,
        role: "agent",
        author: "fleet/data-pipeline",
        text: "Candidate rc3 is built with the fix.",
        at: ago(4 * 60_000),
      },
    ],
    summary: {
      text: `2 earlier messages were left out; the originals are in the snapshots named here. Each line is taken from one of them word for word.\n- fleet/data-pipeline, ${ago(DAY_MS)}: The candidate is built from the release branch. (1 of 4 sentences)\n- person, ${ago(DAY_MS)}: Friday noon is the latest.`,
      dropped: 2,
      snapshots: [EARLIER],
    },
    budget: { tokens: 200_000, used: 61_500 },
  };
}

export function sampleSnapshots(): SnapshotHead[] {
  const base = { contextId: "release-42", fleet: "fleet" };
  return [
    {
      ...base,
      id: SAMPLE_SNAPSHOT,
      url: snapshotUrl(SAMPLE_SNAPSHOT),
      revision: 16,
      takenAt: ago(20 * 60_000),
      takenBy: "fleet/test-writer",
      reason: "handover",
      bytes: 8_412,
    },
    {
      ...base,
      id: EARLIER,
      url: snapshotUrl(EARLIER),
      revision: 9,
      takenAt: ago(DAY_MS),
      takenBy: "fleet/data-pipeline",
      reason: "before messages were left out",
      bytes: 21_930,
    },
  ];
}

export function sampleDiff(from: string, to: string): SnapshotDiff {
  const { messages } = sampleContext();
  return {
    from,
    to,
    variables: [
      {
        name: "candidate",
        change: "changed",
        before: "42.0.0-rc2",
        after: "42.0.0-rc3",
        author: "fleet/data-pipeline",
      },
      {
        name: "migration",
        change: "added",
        after: { id: "0042", state: "half applied" },
        author: "fleet/schema-migrator",
      },
      { name: "reviewer", change: "removed", before: "ada", author: "person" },
    ],
    messages: { added: messages.slice(2), removed: [] },
    memories: [{ id: "m", change: "added", after: "Migration 0042 is half applied on the test database." }],
    summary: false,
  };
}
