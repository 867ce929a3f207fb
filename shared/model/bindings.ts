/**
 * Values with references in them: "${input.image}", "look at ${vision.colours.0.name}". A text that is one reference
 * alone becomes the value itself; within more text it becomes its words. Pure and total.
 */
import { fail, ok } from "./result.ts";
import type { Result } from "./result.ts";

const REFERENCE = /\$\{([^}]*)\}/g;
const ALONE = /^\$\{([^}]*)\}$/;
/** A name, then keys or list positions: `vision.colours.0.name`. */
const PATH = /^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/;

export interface Reference {
  /** As written, without the braces. */
  readonly text: string;
  /** Where in the value it stands. */
  readonly at: readonly (string | number)[];
  /** Undefined: it is no path. */
  readonly path: readonly string[] | undefined;
}

/** Every reference in `value`, in the order they stand. */
export function referencesIn(value: unknown, at: readonly (string | number)[] = []): readonly Reference[] {
  if (typeof value === "string")
    return [...value.matchAll(REFERENCE)].map(([, text = ""]) => ({ text, at, path: pathOf(text) }));
  if (Array.isArray(value)) return value.flatMap((one: unknown, index) => referencesIn(one, [...at, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => referencesIn(one, [...at, key]));
}

function pathOf(text: string): readonly string[] | undefined {
  return PATH.test(text) ? text.split(".") : undefined;
}

/** `value` with its references replaced by what `scope` holds; the first one that leads nowhere is the refusal. */
export function bind(value: unknown, scope: Readonly<Record<string, unknown>>): Result<unknown> {
  const missing: string[] = [];
  const find = (text: string): unknown => {
    const found = lookUp(scope, pathOf(text) ?? []);
    if (found === undefined) missing.push(text);
    return found;
  };
  const bound = bindValue(value, find);
  const [first] = missing;
  return first === undefined
    ? ok(bound)
    : fail("bad_request", `\${${first}} leads to nothing: what it names was not given, or holds no such key.`);
}

function bindValue(value: unknown, find: (text: string) => unknown): unknown {
  if (typeof value === "string") {
    const alone = ALONE.exec(value)?.[1];
    return alone === undefined ? value.replace(REFERENCE, (_all, text: string) => words(find(text))) : find(alone);
  }
  if (Array.isArray(value)) return value.map((one: unknown) => bindValue(one, find));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, bindValue(one, find)]));
}

function words(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function lookUp(scope: unknown, path: readonly string[]): unknown {
  if (path.length === 0) return undefined;
  let at: unknown = scope;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}
