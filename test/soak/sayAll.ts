/** Lines of a child that may be killed at any moment: written when this returns, also where the reader is behind. */
import { writeSync } from "node:fs";

const nobody = new Int32Array(new SharedArrayBuffer(4));
const WAIT_MS = 1;

export function sayAll(text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += write(bytes.subarray(at));
}

/** A pipe that is full says so at once, and nothing is lost by asking again. */
function write(bytes: Uint8Array): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "EAGAIN") throw error;
    Atomics.wait(nobody, 0, 0, WAIT_MS);
    return 0;
  }
}
