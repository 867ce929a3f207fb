/** Arguments of one call: engines limit them. */
const STEP = 0x8000;

/** Exact bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += STEP) binary += String.fromCharCode(...bytes.subarray(at, at + STEP));
  return btoa(binary);
}

export function fromBase64(text: string): Uint8Array {
  return binaryBytes(atob(text));
}

/** A string whose characters are bytes, as xterm hands out mouse reports. */
export function binaryBytes(binary: string): Uint8Array {
  return Uint8Array.from(binary, (char) => char.charCodeAt(0) & 0xff);
}
