/** Wall-clock milliseconds since 1970 as ISO 8601 in UTC, the one form in which times are stored and sent. */
export function toIsoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** Milliseconds since 1970; 0 for a text that is no time. */
export function parseTime(iso: string): number {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? 0 : ms;
}
