/** Structured values as text. Sent into the page as source, so it refers to nothing outside itself. */
export interface Codec {
  encode(value: unknown): string;
  decode(text: string): unknown;
}

export function createCodec(): Codec {
  const tag = (type: string, data?: unknown) => ({ $type: type, data });
  const bytesToText = (bytes: Uint8Array) => {
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  };
  const pack = (value: unknown): unknown => {
    if (value === undefined) return tag("undefined");
    if (typeof value === "bigint") return tag("bigint", String(value));
    if (typeof value === "function" || typeof value === "symbol") throw new Error("An object could not be cloned.");
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Uint8Array) return tag("bytes", bytesToText(value));
    if (value instanceof ArrayBuffer) return tag("buffer", bytesToText(new Uint8Array(value)));
    if (value instanceof Date) return tag("date", value.getTime());
    if (Array.isArray(value)) return value.map(pack);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pack(item)]));
  };
  const bytes = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const unpackers: Record<string, (data: any) => unknown> = {
    undefined: () => undefined,
    bigint: (data) => BigInt(data),
    bytes,
    buffer: (data) => bytes(data).buffer,
    date: (data) => new Date(data),
  };
  function unpack(value: any): unknown {
    if (Array.isArray(value)) return value.map(unpack);
    if (typeof value !== "object" || value === null) return value;
    const special = typeof value.$type === "string" ? unpackers[value.$type] : undefined;
    if (special !== undefined) return special(value.data);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpack(item)]));
  }
  return { encode: (value) => JSON.stringify(pack(value)), decode: (text) => unpack(JSON.parse(text)) };
}
