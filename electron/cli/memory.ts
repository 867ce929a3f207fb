/** memory: what agents and people remember, the contexts they share, and snapshots of them. */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { clockWords, plural } from "#shared/lib/words.ts";
import { MEMORY_KINDS, RETENTIONS } from "#shared/model/memory.ts";
import type { MemoryItem } from "#shared/model/memory.ts";
import type { CommandInput, QueryInput, QueryOutput } from "#shared/contract/index.ts";
import type { Result } from "#shared/model/result.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { runVerb, show, wholeNumber } from "./command.ts";
import type { CliContext, Command, Verb } from "./command.ts";
import { contextLines, memoryContextVerbs } from "./memoryContexts.ts";
import { refused, usage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { oneLine, table } from "./output.ts";

const VERBS: Readonly<Record<string, Verb>> = {
  ls: { usage: "ls [--scope S] [--kind K] [--tag T] [--forgotten]", takes: 0, run: list },
  search: { usage: "search TEXT [--scope S] [--kind K] [--limit 10]", takes: 1, run: search },
  store: { usage: "store TEXT [--kind fact] [--scope global] [--retention medium]", takes: 1, run: store },
  show: { usage: "show MEMORY|CONTEXT|SNAPSHOT", takes: 1, run: showOne },
  forget: { usage: "forget MEMORY… | forget --undo MEMORY…", takes: 1, run: forget },
  export: { usage: "export [FILE] [--scope S]", takes: 0, run: exportAll },
  import: { usage: "import FILE", takes: 1, run: importAll },
  ...memoryContextVerbs,
};

export const memoryCommands: Readonly<Record<string, Command>> = {
  memory: {
    usage: `memory [${Object.keys(VERBS).join("|")}] …`,
    summary: "What agents and people remember; contexts they share; snapshots, their differences, and the way back",
    options: {
      scope: { type: "string" },
      kind: { type: "string" },
      tag: { type: "string" },
      retention: { type: "string" },
      importance: { type: "string" },
      source: { type: "string" },
      context: { type: "string" },
      limit: { type: "string" },
      into: { type: "string" },
      forgotten: { type: "boolean" },
      undo: { type: "boolean" },
      remove: { type: "boolean" },
    },
    takes: [0, 100],
    run: (context) => runVerb(context, { command: "memory", verbs: VERBS, usual: "ls" }),
  },
};

type Filter = Pick<QueryInput<"memory.list">, "scopes" | "kinds" | "tags">;

/** A sentence for a flag that is none of what it may be. */
function filterOf(context: CliContext): Filter | string {
  const [scope, kind, tag] = [context.text("scope"), context.text("kind"), context.text("tag")];
  const known = MEMORY_KINDS.find((one) => one === kind);
  if (kind !== undefined && known === undefined) return `--kind is one of ${MEMORY_KINDS.join(", ")}.`;
  return {
    ...(scope === undefined ? {} : { scopes: [scope] }),
    ...(known === undefined ? {} : { kinds: [known] }),
    ...(tag === undefined ? {} : { tags: [tag] }),
  };
}

async function list(client: ConnectedClient, context: CliContext): Promise<Outcome> {
  const filter = filterOf(context);
  const limit = wholeNumber(context, "limit");
  if (typeof filter === "string") return usage(filter);
  if (limit === "invalid") return usage("--limit takes a number from 1 to 500.");
  const state = context.has("forgotten") ? "forgotten" : "live";
  const listed = await client.query("memory.list", { ...filter, state, ...(limit === undefined ? {} : { limit }) });
  return show(context, listed, ({ memories, total }) => {
    if (memories.length === 0) return [state === "live" ? NONE : "Nothing waits to be deleted."];
    const more = total > memories.length ? [`${total - memories.length} more; --limit shows up to 500.`] : [];
    return [...memoryTable(memories), ...more];
  });
}

const NONE = 'Nothing is remembered yet. "signalbox memory store TEXT" begins.';

function memoryTable(memories: readonly MemoryItem[]): string[] {
  const now = Date.now();
  return table([
    ["ID", "KIND", "SCOPE", "STAYS", "USED", "TEXT"],
    ...memories.map((memory) => [
      memory.id.slice(0, 8),
      memory.kind,
      memory.scope,
      staysWords(memory, now),
      String(memory.accessCount),
      oneLine(memory.text),
    ]),
  ]);
}

function staysWords({ deletesAt, endsAt, retention }: MemoryItem, now: number): string {
  if (deletesAt !== undefined) return `deleted at ${clockWords(Date.parse(deletesAt), now)}`;
  return endsAt === undefined ? "for ever" : `${retention}, to ${endsAt.slice(0, 10)}`;
}

async function search(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const filter = filterOf(context);
  const limit = wholeNumber(context, "limit");
  if (typeof filter === "string") return usage(filter);
  if (limit === "invalid") return usage("--limit takes a number from 1 to 50.");
  const question = { ...filter, text: args.join(" "), ...(limit === undefined ? {} : { limit }) };
  return show(context, await client.query("memory.search", question), ({ hits, nearness }) => [
    ...(hits.length === 0
      ? ["Nothing was found."]
      : table([["ID", "FOUND BY", "KIND", "SCOPE", "TEXT"], ...hits.map(hitRow)])),
    nearness.note,
  ]);
}

function hitRow({ memory, words, near }: { memory: MemoryItem } & Pick<Hit, "words" | "near">): string[] {
  const by = [
    ...(words === undefined ? [] : [`words (${words.rank})`]),
    ...(near === undefined ? [] : [`near ${Math.round(near.similarity * 100)} % (${near.rank})`]),
  ];
  return [memory.id.slice(0, 8), by.join(", "), memory.kind, memory.scope, oneLine(memory.text)];
}

type Hit = {
  words?: { rank: number } | undefined;
  near?: { rank: number; similarity: number } | undefined;
};

async function store(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const kind = context.text("kind") ?? "fact";
  const knownKind = MEMORY_KINDS.find((one) => one === kind);
  const retention = context.text("retention");
  const knownRetention = RETENTIONS.find((one) => one === retention);
  const importance = Number(context.text("importance") ?? 1);
  if (knownKind === undefined) return usage(`--kind is one of ${MEMORY_KINDS.join(", ")}.`);
  if (retention !== undefined && knownRetention === undefined)
    return usage(`--retention is one of ${RETENTIONS.join(", ")}.`);
  if (!Number.isFinite(importance)) return usage("--importance is a number from 0 to 10; 1 is ordinary.");
  const given: CommandInput<"memory.store"> = { kind: knownKind, text: args.join(" "), importance };
  const [scope, source, contextId, tag] = [
    context.text("scope"),
    context.text("source"),
    context.text("context"),
    context.text("tag"),
  ];
  const stored = await client.command("memory.store", {
    ...given,
    ...(scope === undefined ? {} : { scope }),
    ...(source === undefined ? {} : { source }),
    ...(contextId === undefined ? {} : { contextId }),
    ...(tag === undefined ? {} : { tags: [tag] }),
    ...(knownRetention === undefined ? {} : { retention: knownRetention }),
  });
  return show(context, stored, ({ id, note }) => [`${id} stored`, ...(note === undefined ? [] : [note])]);
}

/** A memory, a context or a snapshot: whichever has this name. */
async function showOne(client: ConnectedClient, context: CliContext, [ref = ""]: readonly string[]): Promise<Outcome> {
  if (/^(?:snap:|signalbox:|https?:)/.test(ref)) return showSnapshot(client, context, ref);
  const memory = await client.query("memory.get", { id: ref });
  if (memory.ok || memory.error.code === "ambiguous")
    return show(context, memory, (one) => [...memoryTable([one]), "", one.text]);
  const shared = await client.query("context.get", { id: ref });
  if (shared.ok) return show(context, shared, contextLines);
  const message = `There is no memory and no context ${ref}. "signalbox memory ls" lists memories, "memory contexts" contexts.`;
  return refused({ code: "not_found", message });
}

async function showSnapshot(client: ConnectedClient, context: CliContext, id: string): Promise<Outcome> {
  return show(context, await client.query("snapshot.get", { id }), ({ text }) => text.split("\n"));
}

async function forget(client: ConnectedClient, context: CliContext, ids: readonly string[]): Promise<Outcome> {
  if (context.has("undo")) {
    const back = await client.command("memory.takeBack", { ids: [...ids] });
    return show(context, back, (done) => [`${plural(done.ids.length, "memory", "memories")} taken back`]);
  }
  return show(context, await client.command("memory.forget", { ids: [...ids] }), (done) => [
    `${plural(done.ids.length, "memory", "memories")} forgotten; deleted for good at ${clockWords(Date.parse(done.deletesAt), Date.now())}. Until then: signalbox memory forget --undo ${ids.join(" ")}`,
    ...(done.snapshots.length === 0
      ? []
      : [
          `Still in ${plural(done.snapshots.length, "snapshot")}, which never change: ${done.snapshots.map((id) => id.slice(0, 13)).join(", ")}. "signalbox memory snapshot --remove ID" removes one.`,
        ]),
    "Backups of the database that were taken before keep it until newer ones replace them.",
  ]);
}

type Exported = Result<QueryOutput<"memory.export">>;

/** One JSON text, written as it is read: also a hundred thousand memories fit in memory here only page by page. */
async function exportAll(client: ConnectedClient, context: CliContext, [file]: readonly string[]): Promise<Outcome> {
  const filter = filterOf(context);
  if (typeof filter === "string") return usage(filter);
  const memories: MemoryItem[] = [];
  let after: number | undefined = 0;
  while (after !== undefined) {
    const page: Exported = await client.query("memory.export", { ...filter, after });
    if (!page.ok) return refused(page.error);
    memories.push(...page.value.memories);
    after = page.value.next;
  }
  const text = `${JSON.stringify({ format: "signalbox-memories", version: 1, memories }, null, 1)}\n`;
  if (file === undefined) {
    await context.out.bytes(new TextEncoder().encode(text));
    return { exit: 0 };
  }
  await writeFile(file, text, { mode: 0o600 });
  await context.out.line(`${plural(memories.length, "memory", "memories")} written to ${file}`);
  return { exit: 0 };
}

const IMPORT_PAGE = 500;

async function importAll(
  client: ConnectedClient,
  context: CliContext,
  [file = ""]: readonly string[],
): Promise<Outcome> {
  const read = readExport(file);
  if (typeof read === "string") return refused({ code: "bad_request", message: read });
  const sum = { imported: 0, known: 0, forgotten: 0, masked: 0 };
  for (let at = 0; at < read.length; at += IMPORT_PAGE) {
    const memories: CommandInput<"memory.import">["memories"] = JSON.parse(
      JSON.stringify(read.slice(at, at + IMPORT_PAGE)),
    );
    const done = await client.command("memory.import", { memories });
    if (!done.ok) return refused(done.error);
    for (const key of ["imported", "known", "forgotten", "masked"] as const) sum[key] += done.value[key];
  }
  return show(context, { ok: true, value: sum }, () => [
    `${plural(sum.imported, "memory", "memories")} imported, ${sum.known} known already, ${sum.forgotten} forgotten here and left out`,
    ...(sum.masked === 0 ? [] : [`In ${sum.masked} of them a part that looks like a secret was masked.`]),
  ]);
}

function readExport(file: string): readonly unknown[] | string {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof parsed === "object" && parsed !== null && "memories" in parsed && Array.isArray(parsed.memories))
      return parsed.memories;
    return `${file} holds no memories. It is a file that "signalbox memory export FILE" wrote.`;
  } catch (error) {
    return `${file} cannot be read (${error instanceof Error ? error.message : String(error)}). Check its name and that it is JSON.`;
  }
}
