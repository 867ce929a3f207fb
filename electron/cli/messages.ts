/** msg: what is said to agents and between them; what waits, and taking it back. */
import { text as readAll } from "node:stream/consumers";
import { clockWords } from "#shared/lib/words.ts";
import { isWaiting, MAIL_PRIORITIES } from "#shared/model/mail.ts";
import type { Mail } from "#shared/model/mail.ts";
import { parseDuration } from "#shared/model/fleetFile.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { show, wholeNumber, withApp } from "./command.ts";
import type { CliContext, Command } from "./command.ts";
import { refused, usage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { table } from "./output.ts";

type Verb = (context: CliContext, client: ConnectedClient, args: readonly string[]) => Promise<Outcome>;

const VERBS: Readonly<Record<string, { readonly takes: readonly [number, number]; readonly run: Verb }>> = {
  send: { takes: [2, Number.POSITIVE_INFINITY], run: send },
  ls: { takes: [0, 1], run: list },
  show: { takes: [1, 1], run: showOne },
  cancel: { takes: [1, 1], run: (context, client, args) => change(context, client, { args, verb: "cancel" }) },
  restore: { takes: [1, 1], run: (context, client, args) => change(context, client, { args, verb: "restore" }) },
  deliver: { takes: [1, 1], run: (context, client, args) => change(context, client, { args, verb: "deliver" }) },
};

const USAGE =
  "msg send TO TEXT [--priority high] [--ttl 1h] [--hold] | ls [AGENT] [--waiting] [--limit N] | show ID | cancel ID | restore ID | deliver ID";

export const messageCommands: Readonly<Record<string, Command>> = {
  msg: {
    usage: USAGE,
    summary:
      'Messages to agents and between them. TO is an id, "role:NAME", "all" or "fleet/all"; what cannot be taken now waits',
    options: {
      priority: { type: "string" },
      ttl: { type: "string" },
      hold: { type: "boolean" },
      waiting: { type: "boolean" },
      limit: { type: "string" },
      to: { type: "string" },
    },
    takes: [1, Number.POSITIVE_INFINITY],
    run: async (context) => {
      const [name = "", ...args] = context.args;
      const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
      if (verb === undefined)
        return usage(`"signalbox msg" takes one of ${Object.keys(VERBS).join(", ")}; "${name}" is none of them.`);
      if (args.length < verb.takes[0] || args.length > verb.takes[1]) return usage(`Usage: signalbox ${USAGE}`);
      return withApp(context, (client) => verb.run(context, client, args));
    },
  },
};

async function send(
  context: CliContext,
  client: ConnectedClient,
  [to = "", ...words]: readonly string[],
): Promise<Outcome> {
  const named = context.text("priority") ?? "normal";
  const priority = MAIL_PRIORITIES.findIndex((one) => one === named);
  if (priority < 0) return usage(`--priority is one of ${MAIL_PRIORITIES.join(", ")}.`);
  const ttl = context.text("ttl");
  const ttlMs = ttl === undefined ? undefined : parseDuration(ttl);
  if (ttl !== undefined && ttlMs === undefined) return usage('--ttl is a duration such as "30m" or "1h".');
  const text = words.length === 1 && words[0] === "-" ? await readAll(process.stdin) : words.join(" ");
  const hold = context.has("hold") ? { hold: true } : {};
  const sent = await client.command("message.send", {
    to,
    text,
    priority,
    ...hold,
    ...(ttlMs === undefined ? {} : { ttlMs }),
  });
  return show(context, sent, ({ id, to: copies }) => copies.map((mail) => `${id} ${mail.to}: ${stateWords(mail)}`));
}

function stateWords(mail: Mail): string {
  return mail.detail === undefined ? mail.state : `${mail.state} (${mail.detail})`;
}

async function list(context: CliContext, client: ConnectedClient, [party]: readonly string[]): Promise<Outcome> {
  const limit = wholeNumber(context, "limit");
  if (limit === "invalid") return usage("--limit is a whole number.");
  const found = await client.query("message.list", {
    ...(party === undefined ? {} : { party: await pathOf(client, party) }),
    ...(context.has("waiting") ? { waiting: true } : {}),
    ...(limit === undefined ? {} : { limit }),
  });
  if (!found.ok) return refused(found.error);
  if (context.out.isJson) {
    for (const mail of found.value.toReversed()) await context.out.json(mail);
    return { exit: 0 };
  }
  return show(context, found, (mails) => (mails.length === 0 ? [NONE] : table([HEAD, ...mails.toReversed().map(row)])));
}

const NONE = "No message yet.";
const HEAD = ["ID", "WHEN", "FROM", "TO", "STATE", "TEXT"];
const SHOWN = 60;

function row(mail: Mail): string[] {
  const line = mail.text.replaceAll(/\s+/g, " ");
  const text = line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
  const when = clockWords(Date.parse(mail.postedAt), Date.now());
  return [mail.id.slice(0, 8), when, mail.from, mail.to, isWaiting(mail) ? stateWords(mail) : mail.state, text];
}

/** An id alone is enough where it is one of the tree's. */
async function pathOf(client: ConnectedClient, party: string): Promise<string> {
  if (party.includes("/") || party === "person") return party;
  const lives = await client.query("agent.lives", { id: party });
  return lives.ok ? (lives.value[0]?.path ?? party) : party;
}

async function showOne(context: CliContext, client: ConnectedClient, [id = ""]: readonly string[]): Promise<Outcome> {
  const found = await client.query("message.get", { id: await wholeId(client, id) });
  return show(context, found, (copies) =>
    copies.length === 0
      ? [`There is no message ${id}.`]
      : copies.flatMap((mail) => [
          `${mail.from} to ${mail.to}, ${mail.kind}, ${MAIL_PRIORITIES[mail.priority] ?? ""}: ${stateWords(mail)}`,
          `posted ${mail.postedAt}, ${mail.endedAt === undefined ? `waits until ${mail.expiresAt}` : `ended ${mail.endedAt}`}`,
          ...(mail.tokens === undefined ? [] : [`with ${mail.tokens} tokens`]),
          mail.text,
        ]),
  );
}

/** Lists show the beginning of an id. */
async function wholeId(client: ConnectedClient, id: string): Promise<string> {
  if (id.length >= 36) return id;
  const found = await client.query("message.list", { limit: 2000 });
  const ids = found.ok ? [...new Set(found.value.map((mail) => mail.id).filter((one) => one.startsWith(id)))] : [];
  return ids.length === 1 ? (ids[0] ?? id) : id;
}

async function change(
  context: CliContext,
  client: ConnectedClient,
  { args, verb }: { args: readonly string[]; verb: "cancel" | "restore" | "deliver" },
): Promise<Outcome> {
  const id = await wholeId(client, args[0] ?? "");
  const to = context.text("to");
  const copy = to === undefined ? { id } : { id, to: await pathOf(client, to) };
  return show(context, await client.command(`message.${verb}`, copy), (mail) => [`${mail.to}: ${stateWords(mail)}`]);
}
