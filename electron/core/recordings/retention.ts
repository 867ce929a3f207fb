/** The log policy, decided: which recordings lose their oldest output. Pure. */
import type { StoredRecording, StoredSegment, Stretch } from "#core/ports/recordingArchive.ts";
import { looseEnd } from "#shared/lib/looseEnd.ts";

/** Undefined is no limit. Sizes are what the files take on the disk. */
export interface LogPolicy {
  readonly maxAgeMs: number | undefined;
  readonly maxSessionBytes: number | undefined;
  readonly maxTotalBytes: number | undefined;
}

export interface KeptRecording {
  readonly stored: StoredRecording;
  /** How far the core has read a running one. */
  readonly readTo: number | undefined;
}

export interface Trim {
  readonly sessionId: string;
  readonly stretch: Stretch;
  readonly bytes: number;
  readonly diskBytes: number;
}

interface Plan {
  readonly recording: KeptRecording;
  /** Oldest first; those before `dropped` go. */
  readonly loose: readonly StoredSegment[];
  dropped: number;
  diskBytes: number;
}

export function overPolicy(recordings: readonly KeptRecording[], policy: LogPolicy, nowMs: number): readonly Trim[] {
  const plans = recordings.map(planOf);
  for (const plan of plans) {
    const { maxAgeMs, maxSessionBytes } = policy;
    if (maxAgeMs !== undefined) dropWhile(plan, (segment) => segment.writtenAt < nowMs - maxAgeMs);
    if (maxSessionBytes !== undefined) dropWhile(plan, () => plan.diskBytes > maxSessionBytes);
  }
  if (policy.maxTotalBytes !== undefined) dropOldest(plans, policy.maxTotalBytes);
  return plans.flatMap((plan) => (plan.dropped === 0 ? [] : [trimOf(plan)]));
}

/** When the next segment grows too old, for the timer; undefined when none will. */
export function nextExpiry(recordings: readonly KeptRecording[], policy: LogPolicy): number | undefined {
  const { maxAgeMs } = policy;
  if (maxAgeMs === undefined) return undefined;
  const oldest = recordings.flatMap((recording) => planOf(recording).loose[0]?.writtenAt ?? []);
  return oldest.length === 0 ? undefined : Math.min(...oldest) + maxAgeMs;
}

function planOf(recording: KeptRecording): Plan {
  const end = looseEnd(recording.stored, recording.readTo);
  const loose = recording.stored.segments.filter((segment) => segment.end <= end);
  return { recording, loose, dropped: 0, diskBytes: recording.stored.diskBytes };
}

function dropWhile(plan: Plan, isOver: (segment: StoredSegment) => boolean): void {
  for (;;) {
    const next = plan.loose[plan.dropped];
    if (next === undefined || !isOver(next)) return;
    plan.dropped += 1;
    plan.diskBytes -= next.diskBytes;
  }
}

/** Across all recordings: whose next segment is the oldest loses it. */
function dropOldest(plans: readonly Plan[], maxBytes: number): void {
  let total = plans.reduce((sum, plan) => sum + plan.diskBytes, 0);
  const ages = plans
    .flatMap((plan) => plan.loose.slice(plan.dropped).map((segment) => ({ plan, segment })))
    .toSorted((a, b) => a.segment.writtenAt - b.segment.writtenAt);
  for (const { plan } of ages) {
    if (total <= maxBytes) return;
    const next = plan.loose[plan.dropped];
    if (next === undefined) continue;
    plan.dropped += 1;
    plan.diskBytes -= next.diskBytes;
    total -= next.diskBytes;
  }
}

function trimOf({ recording, loose, dropped }: Plan): Trim {
  const gone = loose.slice(0, dropped);
  const { sessionId, segments, size } = recording.stored;
  const to = segments[dropped]?.start ?? size;
  return {
    sessionId,
    stretch: { from: 0, to },
    bytes: gone.reduce((sum, segment) => sum + segment.end - segment.start, 0),
    diskBytes: gone.reduce((sum, segment) => sum + segment.diskBytes, 0),
  };
}
