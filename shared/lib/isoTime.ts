/** Wall-clock milliseconds since 1970 as ISO 8601 in UTC, the one form in which times are stored and sent. */
export function toIsoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
