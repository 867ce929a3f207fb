/** Which request a message answers, read from its two ends only: for answers that are too large to be read whole. */

/** SDKs write the id at either end: first in Python and Go, last in TypeScript. */
const AT_HEAD = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d{1,15})\s*,/;
const AT_TAIL =
  /,\s*"id"\s*:\s*(\d{1,15})\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$|,\s*"jsonrpc"\s*:\s*"2\.0"\s*,\s*"id"\s*:\s*(\d{1,15})\s*\}\s*$/;

export function answeredId(head: Buffer, tail: Buffer): number | undefined {
  const found = AT_HEAD.exec(head.toString("latin1")) ?? AT_TAIL.exec(tail.toString("latin1"));
  const digits = found?.[1] ?? found?.[2];
  return digits === undefined ? undefined : Number(digits);
}
