/** Key strokes as bytes. */
import type { KeyStroke } from "#core/ports/agentAdapter.ts";

const encoder = new TextEncoder();

export const ENTER = encoder.encode("\r");
export const ESCAPE = encoder.encode("\u001b");

export function textBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A bracketed paste, then Enter after a pause: an Enter that arrives with the text is taken for a line break. */
export function pasteThenEnter(text: string, pauseMs: number): readonly KeyStroke[] {
  // The end-of-paste mark inside the text would let the rest be taken for key strokes.
  const safe = text.replaceAll("\u001b[201~", "").replaceAll("\r\n", "\n");
  return [
    { bytes: encoder.encode(`\u001b[200~${safe}\u001b[201~`), thenWaitMs: pauseMs },
    { bytes: ENTER, thenWaitMs: 0 },
  ];
}

/** A line typed into a plain program. */
export function lineThenEnter(text: string): readonly KeyStroke[] {
  return [{ bytes: encoder.encode(`${text}\r`), thenWaitMs: 0 }];
}
