/** What a screen snapshot and an adopting core read of a running session (512 KiB), twice over. */
export const KEPT_TAIL_BYTES = 1024 * 1024;

/**
 * Up to here a recording may be packed and cut. Behind it lies what the keeper still writes, what the core has not read
 * yet, and what a live screen needs. `readTo`: how far the core has read; undefined once the session has ended.
 */
export function looseEnd(
  recording: { readonly size: number; readonly segments: readonly { readonly start: number }[] },
  readTo: number | undefined,
): number {
  if (readTo === undefined) return recording.size;
  const newest = recording.segments.at(-1)?.start ?? 0;
  return Math.max(0, Math.min(newest, Math.min(recording.size, readTo) - KEPT_TAIL_BYTES));
}
