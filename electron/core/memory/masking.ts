/** Secrets of known shape never reach a memory or a context: they are masked before anything is stored. */
import { maskSecrets } from "#shared/lib/secrets.ts";

export interface Masked<T> {
  readonly value: T;
  readonly hasSecret: boolean;
}

export function maskText(text: string): Masked<string> {
  const value = maskSecrets(text);
  return { value, hasSecret: value !== text };
}

/** Every string in a JSON value; one under a name such as `api_key` counts as assigned to it. */
export function maskValue(value: unknown, name = ""): Masked<unknown> {
  if (typeof value === "string") return maskAssigned(name, value);
  if (Array.isArray(value)) {
    const items = value.map((item) => maskValue(item, name));
    return { value: items.map((item) => item.value), hasSecret: items.some((item) => item.hasSecret) };
  }
  if (typeof value !== "object" || value === null) return { value, hasSecret: false };
  const entries = Object.entries(value).map(([key, item]) => [key, maskValue(item, key)] as const);
  return {
    value: Object.fromEntries(entries.map(([key, item]) => [key, item.value])),
    hasSecret: entries.some(([, item]) => item.hasSecret),
  };
}

/** Masking keeps lengths, so the value's part of the masked assignment is the masked value. */
function maskAssigned(name: string, text: string): Masked<string> {
  const before = `${name}="`;
  const assigned = maskSecrets(`${before}${text}`).slice(before.length);
  const value = assigned === text ? maskSecrets(text) : assigned;
  return { value, hasSecret: value !== text };
}
