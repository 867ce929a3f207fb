/** What `signalbox schema` answers: every message this product speaks, from the catalogue. Needs no running app. */
import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { everyMessage, messagesNamed } from "#shared/contract/catalogue.ts";
import { asyncApi } from "#shared/model/catalogue/asyncApi.ts";
import type { Entry } from "#shared/model/catalogue/entry.ts";
import { jsonSchemaOf } from "#shared/model/catalogue/jsonSchema.ts";
import type { JsonSchema } from "#shared/model/catalogue/jsonSchema.ts";
import { hear } from "#shared/model/catalogue/message.ts";
import { nearest } from "#shared/lib/nearest.ts";
import { fleetJsonSchema } from "#shared/model/fleetFile.ts";
import { fail } from "#shared/model/result.ts";
import type { CliContext } from "./command.ts";
import { DONE, refused } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { table } from "./output.ts";

/** Errors: not_found for a name that nobody knows, bad_request for a message that does not fit. */
export function answerSchema(context: CliContext): Promise<Outcome> {
  const file = context.text("check");
  if (file !== undefined) return check(context, file);
  if (context.has("asyncapi")) return document(context);
  const [name] = context.args;
  if (name === "fleet") return fleetFile(context);
  return name === undefined ? list(context) : show(context, name);
}

/** The fleet file's own, for editors; no message is called so. */
async function fleetFile({ out }: CliContext): Promise<Outcome> {
  const schema = fleetJsonSchema();
  if (out.isJson) await out.json(schema);
  else await out.bytes(Buffer.from(`${JSON.stringify(schema, undefined, 2)}\n`));
  return DONE;
}

/** One JSON document, for a file. */
async function document({ out }: CliContext): Promise<Outcome> {
  await out.line(JSON.stringify(asyncApi(), undefined, 2));
  return DONE;
}

async function list({ out }: CliContext): Promise<Outcome> {
  if (out.isJson) for (const [name, entry] of everyMessage()) await out.json({ name, ...facts(entry) });
  else await out.line(table(everyMessage().map(([name, { kind, purpose }]) => [name, kind, purpose])).join("\n"));
  return DONE;
}

async function show({ out }: CliContext, name: string): Promise<Outcome> {
  const found = messagesNamed(name);
  if (found.length === 0) {
    const meant = nearest(
      name,
      everyMessage().map(([known]) => known),
    );
    const hint = meant === undefined ? "" : ` Did you mean "${meant}"?`;
    return refused(fail("not_found", `There is no message "${name}".${hint} "signalbox schema" lists them.`).error);
  }
  for (const [, entry] of found) {
    const schema = jsonSchemaOf(entry.schema);
    const answer = entry.answer === undefined ? undefined : jsonSchemaOf(entry.answer);
    if (out.isJson) await out.json({ name, ...facts(entry), schema, ...(answer === undefined ? {} : { answer }) });
    else await out.line(words(name, entry, { schema, answer }).join("\n"));
  }
  return DONE;
}

function words(
  name: string,
  entry: Entry,
  { schema, answer }: { schema: JsonSchema; answer: JsonSchema | undefined },
): string[] {
  const pretty = (value: unknown) => JSON.stringify(value, undefined, 2);
  return [
    `${name}, version ${entry.version}  (${entry.kind}, ${entry.family})`,
    entry.purpose,
    `Spoken by: ${entry.spokenBy}`,
    `Where: ${entry.channel}`,
    ...(entry.aliases.length === 0 ? [] : [`Elsewhere called: ${entry.aliases.join(", ")}`]),
    `Schema: ${pretty(schema)}`,
    ...(answer === undefined ? [] : [`Answer: ${pretty(answer)}`]),
    `Example: ${pretty(entry.example)}`,
  ];
}

async function check({ out }: CliContext, file: string): Promise<Outcome> {
  let message: string;
  try {
    message = file === "-" ? await readAll(process.stdin) : await readFile(file, "utf8");
  } catch {
    return refused(fail("not_found", `${file} cannot be read. Give the path of a file, or - for stdin.`).error);
  }
  const heard = hear(message);
  if (!heard.ok) return refused(heard.error);
  const { envelope, saidIn } = heard.value;
  if (out.isJson) await out.json({ type: envelope.type, version: saidIn });
  else await out.line(`A valid ${envelope.type}, version ${saidIn}.`);
  return DONE;
}

function facts({ schema: _schema, answer: _answer, older, ...entry }: Entry): Record<string, unknown> {
  return { ...entry, olderVersions: older.map(({ version }) => version) };
}
