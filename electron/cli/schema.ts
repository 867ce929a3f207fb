/** schema: every message this product speaks, from the catalogue. Needs no running app. */
import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { z } from "zod";
import { entries, entryOf } from "#shared/model/catalogue/catalogue.ts";
import type { Entry } from "#shared/model/catalogue/entry.ts";
import { hear } from "#shared/model/catalogue/message.ts";
import { nearest } from "#shared/lib/nearest.ts";
import { fail } from "#shared/model/result.ts";
import type { CliContext, Command } from "./command.ts";
import { DONE, refused } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { table } from "./output.ts";

export const schemaCommands: Readonly<Record<string, Command>> = {
  schema: {
    usage: "schema [NAME] [--check FILE]",
    summary: "The messages agents and tools speak; --check: does this message (- for stdin) fit?",
    options: { check: { type: "string" } },
    takes: [0, 1],
    run: (context) => {
      const file = context.text("check");
      if (file !== undefined) return check(context, file);
      const [name] = context.args;
      return name === undefined ? list(context) : show(context, name);
    },
  },
};

async function list({ out }: CliContext): Promise<Outcome> {
  if (out.isJson) for (const [name, entry] of entries()) await out.json({ name, ...facts(entry) });
  else await out.line(table(entries().map(([name, { kind, purpose }]) => [name, kind, purpose])).join("\n"));
  return DONE;
}

async function show({ out }: CliContext, name: string): Promise<Outcome> {
  const entry = entryOf(name);
  if (entry === undefined) {
    const meant = nearest(
      name,
      entries().map(([known]) => known),
    );
    const hint = meant === undefined ? "" : ` Did you mean "${meant}"?`;
    return refused(fail("not_found", `There is no message "${name}".${hint} "signalbox schema" lists them.`).error);
  }
  const schema = z.toJSONSchema(entry.schema);
  if (out.isJson) await out.json({ name, ...facts(entry), schema });
  else
    await out.line(
      [
        `${name} ${entry.version}  ${entry.kind}, ${entry.family}`,
        entry.purpose,
        `Spoken by: ${entry.spokenBy}`,
        `Subject: ${entry.channel}`,
        JSON.stringify(schema, undefined, 2),
        `Example: ${JSON.stringify(entry.example, undefined, 2)}`,
      ].join("\n"),
    );
  return DONE;
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

function facts({ schema: _schema, older, ...entry }: Entry): Record<string, unknown> {
  return { ...entry, olderVersions: older.map(({ version }) => version) };
}
