/** Counts what xterm has parsed and acknowledges it in steps, so that the window moves with the eye and not the wire. */

/** performance.md advice 2: window 64 KiB, acknowledged every 8 KiB. */
const ACK_BYTES = 8 * 1024;

/** Call the result with the length of each chunk once it is parsed. */
export function createAckMeter(ack: (bytes: number) => void): (bytes: number) => void {
  let parsed = 0;
  return (bytes) => {
    parsed += bytes;
    if (parsed < ACK_BYTES) return;
    ack(parsed);
    parsed = 0;
  };
}
