/** What the catalogue knows of one message: its name, what it is for, who speaks it, and every version of its data. */
import { z } from "zod";

/** Commands want something done, queries want to know, replies answer either; events say what happened. */
export type MessageKind = "command" | "query" | "reply" | "event";

export const FAMILIES = [
  "task",
  "workflow",
  "agent",
  "supervision",
  "stream",
  "security",
  "data",
  "hook",
  "system",
  "tool",
  "mailbox",
  "memory",
] as const;
export type Family = (typeof FAMILIES)[number];

/** How messages were written before; `upcast` makes of it what the next version would have said. */
export interface OlderVersion {
  readonly version: number;
  readonly schema: z.ZodType;
  upcast(data: unknown): unknown;
}

export interface Entry<S extends z.ZodType = z.ZodType> {
  readonly family: Family;
  readonly kind: MessageKind;
  /** One line. */
  readonly purpose: string;
  /** Who says it in this product, and where it can be heard. */
  readonly spokenBy: string;
  /** Subject, with names in braces for the tokens that vary. */
  readonly channel: string;
  /** Its names in the documents this product grew from; for import and search, never spoken. */
  readonly aliases: readonly string[];
  readonly version: number;
  readonly schema: S;
  /** Newest first. */
  readonly older: readonly OlderVersion[];
  /** Of a command or query: what it is answered. */
  readonly answer?: z.ZodType;
  /** Data as it is said, true to the schema. */
  readonly example: z.input<S>;
}

/**
 * The entries of a table under their names. `object`: held against Entry one by one, a hundred schemas cost the compiler
 * a minute; each was one when `define` made it.
 */
export function namedEntries(table: object): Map<string, Entry> {
  return new Map(Object.entries(table));
}

type Defaulted = "aliases" | "version" | "older";
type Definition<S extends z.ZodType> = Omit<Entry<S>, Defaulted> & Partial<Pick<Entry<S>, Defaulted>>;

export function define<S extends z.ZodType>(definition: Definition<S>): Entry<S> {
  return { aliases: [], version: 1, older: [], ...definition };
}

/** What the store's event log keeps for ever, and every subscriber of `events` hears. */
export function stored<S extends z.ZodType>(definition: Omit<Definition<S>, "kind">): Entry<S> {
  return define({ kind: "event", ...definition });
}

/** A version whose data `upcast` turns into the next one's. */
export function older<S extends z.ZodType>(
  version: number,
  schema: S,
  upcast: (data: z.output<S>) => unknown,
): OlderVersion {
  return { version, schema, upcast: (data) => upcast(schema.parse(data)) };
}

export const text = z.string().max(10_000);
/** One sentence for a person. */
export const detail = z.string().max(10_000);
/** A name or an id. */
export const id = z.string().min(1).max(256);
/** `fleet/id` of a child. */
export const path = z.string().min(1).max(400);
export const sessionId = z.uuid();
export const count = z.number().int().min(0);
export const moment = z.iso.datetime({ offset: true });
