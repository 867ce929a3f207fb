/** A message of the bus as the catalogue reads it. Pure. */
import { hear } from "#shared/model/catalogue/message.ts";
import type { BusMessage } from "#shared/model/bus.ts";

export interface Decoded {
  /** Its name in the catalogue; undefined where it is none of ours. */
  readonly type: string | undefined;
  readonly from: string | undefined;
  readonly data: unknown;
  /** Why the catalogue does not take it. */
  readonly problem: string | undefined;
  /** The version it was said in, where that is an older one. */
  readonly saidIn: number | undefined;
}

export function decode({ data }: Pick<BusMessage, "data">): Decoded {
  const heard = hear(data);
  if (heard.ok) {
    const { envelope, data: read, saidIn } = heard.value;
    return { type: envelope.type, from: envelope.source, data: read, problem: undefined, saidIn };
  }
  return { type: undefined, from: undefined, data: parsed(data), problem: heard.error.message, saidIn: undefined };
}

/** One line for a row. */
export function payloadLine(message: Pick<BusMessage, "data">): string {
  const value = parsed(message.data);
  const inner = typeof value === "object" && value !== null && "data" in value ? value.data : value;
  return typeof inner === "string" ? inner : JSON.stringify(inner);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
