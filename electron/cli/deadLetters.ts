/** dead-letters: what no consumer took, what the healer does about it, and what a person decides. */
import { readFile } from "node:fs/promises";
import { clockWords, plural } from "#shared/lib/words.ts";
import { DEAD_LETTER_STATES, ERROR_CLASSES, MOST_REPLAYS_PER_S } from "#shared/model/deadLetter.ts";
import type { DeadLetter, DeadLetterDetail, DeadLetterFilter } from "#shared/model/deadLetter.ts";
import {
  consequenceOf,
  deedWord,
  errorClassWord,
  letterStateWord,
  payloadForReading,
  standingWords,
} from "#shared/model/deadLetterWords.ts";
import { familyOf, familyWords } from "#shared/model/letterFamily.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { show, wholeNumber, withApp } from "./command.ts";
import type { CliContext, Command } from "./command.ts";
import { refused, usage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { table } from "./output.ts";

type Verb = (client: ConnectedClient, context: CliContext, args: readonly string[]) => Promise<Outcome>;

const FILTERS = "[--state S] [--class C] [--type T] [--consumer NAME] [--since TIME] [--until TIME]";
const VERBS: Readonly<
  Record<string, { readonly usage: string; readonly takes: readonly [number, number]; readonly run: Verb }>
> = {
  ls: { usage: `ls ${FILTERS} [--limit N]`, takes: [0, 0], run: list },
  show: { usage: "show ID", takes: [1, 1], run: showOne },
  retry: { usage: "retry ID", takes: [1, 1], run: retry },
  edit: { usage: "edit ID [JSON | --file FILE] [--keep]", takes: [1, 2], run: edit },
  alternate: { usage: "alternate ID SERVER TOOL", takes: [3, 3], run: alternate },
  discard: { usage: `discard ID, or discard ${FILTERS} --yes`, takes: [0, 1], run: discard },
  restore: { usage: "restore ID", takes: [1, 1], run: restore },
  replay: { usage: `replay ${FILTERS} [--rate N] --yes`, takes: [0, 0], run: replay },
};

export const deadLetterCommands: Readonly<Record<string, Command>> = {
  "dead-letters": {
    usage: `dead-letters [${Object.keys(VERBS).join("|")}] …`,
    summary: "Messages that no consumer took: look, retry, edit, discard, replay many",
    options: {
      state: { type: "string" },
      class: { type: "string" },
      type: { type: "string" },
      consumer: { type: "string" },
      stream: { type: "string" },
      since: { type: "string" },
      until: { type: "string" },
      limit: { type: "string" },
      rate: { type: "string" },
      file: { type: "string" },
      reason: { type: "string" },
      keep: { type: "boolean" },
      yes: { type: "boolean" },
    },
    takes: [0, 4],
    run: (context) => {
      const [word = "ls", ...args] = context.args;
      const verb = Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
      if (verb === undefined)
        return Promise.resolve(
          usage(`There is no "dead-letters ${word}". It is one of ${Object.keys(VERBS).join(", ")}.`),
        );
      if (args.length < verb.takes[0] || args.length > verb.takes[1])
        return Promise.resolve(usage(`Usage: signalbox dead-letters ${verb.usage}`));
      return withApp(context, (client) => verb.run(client, context, args));
    },
  },
};

async function list(client: ConnectedClient, context: CliContext): Promise<Outcome> {
  const filter = filterOf(context);
  if (!filter.ok) return usage(filter.error.message);
  const limit = wholeNumber(context, "limit") ?? 100;
  if (limit === "invalid" || limit < 1 || limit > 500) return usage("--limit is a number from 1 to 500.");
  const found = await client.query("deadLetter.list", { filter: filter.value, limit });
  return show(context, found, ({ letters, matching, healer }) => [
    ...(letters.length === 0 ? ["No dead letter matches."] : table([HEAD, ...letters.map(row)])),
    ...(matching > letters.length ? [`${matching - letters.length} more match. Narrow it, or raise --limit.`] : []),
    ...(healer === "gave_up" ? ["The healer gave up and is started again within five minutes."] : []),
  ]);
}

const HEAD = ["ID", "STATE", "CAUSE", "TRIED", "DIED", "CONSUMER", "TYPE", "ERROR"];

function row(letter: DeadLetter): string[] {
  const { id, state, waitsFor, error, attempts, retries, diedAt, consumer, type } = letter;
  const tried = `${attempts}+${retries}`;
  return [
    String(id),
    waitsFor === undefined ? letterStateWord(state) : `Waits for ${waitsFor}`,
    errorClassWord(error.class),
    tried,
    clockWords(Date.parse(diedAt), Date.now()),
    consumer,
    type,
    oneLine(error.message),
  ];
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

async function showOne(client: ConnectedClient, context: CliContext, [text = ""]: readonly string[]): Promise<Outcome> {
  return withLetter(text, async (id) => show(context, await client.query("deadLetter.get", { id }), describe));
}

function describe(letter: DeadLetterDetail): string[] {
  const { id, type, consumer, stream, seq, subject, error, attempts, retries, history, alternatives } = letter;
  const facts = Object.entries({
    server: letter.server,
    tool: letter.tool,
    agent: letter.agent,
    context: letter.contextId,
    correlation: letter.correlationId,
  });
  return [
    `Dead letter ${id}: ${type} for ${consumer}. ${standingWords(letter)}.`,
    `${stream} ${seq}, ${subject}. ${plural(attempts, "delivery", "deliveries")} failed, then ${plural(retries, "attempt")}.`,
    `${errorClassWord(error.class)}: ${error.message}`,
    ...facts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`])),
    ...nextOf(letter),
    ...(alternatives.length === 0
      ? []
      : [`Other tools: ${alternatives.map(({ server, tool }) => `${server} ${tool}`).join(", ")}`]),
    familyWords(familyOf(letter)),
    ...(letter.keptUntil === undefined ? [] : [`Kept until ${clockWords(Date.parse(letter.keptUntil), Date.now())}.`]),
    "",
    ...table(
      history.map(({ at, actor, what, detail }) => [
        clockWords(Date.parse(at), Date.now()),
        actor,
        deedWord(what),
        oneLine(detail),
      ]),
    ),
    "",
    ...(letter.edited === undefined ? [] : ["As it is sent now:", payloadForReading(letter.edited), "", "As it was:"]),
    payloadForReading(letter.original),
  ];
}

function nextOf({ plan, waitsFor }: DeadLetterDetail): string[] {
  if (waitsFor !== undefined)
    return [
      `Waits for dead letter ${waitsFor}, an earlier one of its run that is not settled.${plan === undefined ? "" : ` Then: ${plan.sentence}`}`,
    ];
  return plan === undefined ? [] : [`Next, ${clockWords(Date.parse(plan.dueAt), Date.now())}: ${plan.sentence}`];
}

async function retry(client: ConnectedClient, context: CliContext, [text = ""]: readonly string[]): Promise<Outcome> {
  return withLetter(text, async (id) => {
    const moved = await client.command("deadLetter.retry", { id });
    return show(context, moved, ({ letter }) => [`Dead letter ${id}: ${consequenceOf("retry", letter)}`]);
  });
}

async function edit(
  client: ConnectedClient,
  context: CliContext,
  [text = "", given]: readonly string[],
): Promise<Outcome> {
  const file = context.text("file");
  if ((given === undefined) === (file === undefined))
    return usage("Give the new content as JSON or by --file, one of both.");
  return withLetter(text, async (id) => {
    const payload = given ?? (await readText(file ?? ""));
    if (payload === undefined) return usage(`${file} cannot be read.`);
    const moved = await client.command("deadLetter.edit", { id, payload, retry: !context.has("keep") });
    return show(context, moved, ({ letter }) => [
      `Dead letter ${id}: ${context.has("keep") ? "Changed; it waits." : consequenceOf("edit", letter)}`,
    ]);
  });
}

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}

async function alternate(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const [text = "", server = "", tool = ""] = args;
  return withLetter(text, async (id) => {
    const moved = await client.command("deadLetter.alternate", { id, to: { server, tool } });
    return show(context, moved, () => [`Dead letter ${id}: ${tool} of ${server} is asked instead.`]);
  });
}

async function discard(client: ConnectedClient, context: CliContext, [text]: readonly string[]): Promise<Outcome> {
  const reason = context.text("reason");
  const because = reason === undefined ? {} : { reason };
  if (text !== undefined)
    return withLetter(text, async (id) => {
      const moved = await client.command("deadLetter.discard", { id, ...because });
      return show(context, moved, ({ letter }) => [
        `Dead letter ${id}: ${consequenceOf("discard", letter)} "signalbox dead-letters restore ${id}" does that.`,
      ]);
    });
  return many(client, context, {
    sentence: (count) =>
      `${plural(count, "dead letter")} would be discarded, kept seven days, and could be taken back one by one.`,
    run: async (filter, expect) => {
      const done = await client.command("deadLetter.discardAll", { filter, expect, ...because });
      return show(context, done, ({ count }) => [`${plural(count, "dead letter")} discarded.`]);
    },
  });
}

async function restore(client: ConnectedClient, context: CliContext, [text = ""]: readonly string[]): Promise<Outcome> {
  return withLetter(text, async (id) => {
    const moved = await client.command("deadLetter.restore", { id });
    return show(context, moved, ({ letter }) => [`Dead letter ${id}: ${consequenceOf("restore", letter)}`]);
  });
}

async function replay(client: ConnectedClient, context: CliContext): Promise<Outcome> {
  const perSecond = wholeNumber(context, "rate") ?? MOST_REPLAYS_PER_S;
  if (perSecond === "invalid" || perSecond < 1 || perSecond > MOST_REPLAYS_PER_S)
    return usage(`--rate is a number from 1 to ${MOST_REPLAYS_PER_S} a second.`);
  return many(client, context, {
    sentence: (count) =>
      `${plural(count, "dead letter")} would go to their consumers again, at most ${perSecond} a second.`,
    run: async (filter, expect) => {
      const done = await client.command("deadLetter.retryAll", { filter, expect, perSecond });
      return show(context, done, ({ count, lastAt }) => [
        `${plural(count, "dead letter")} are sent again, the last one ${clockWords(Date.parse(lastAt), Date.now())}.`,
      ]);
    },
  });
}

interface Bulk {
  readonly sentence: (count: number) => string;
  readonly run: (filter: DeadLetterFilter, expect: number) => Promise<Outcome>;
}

/** First how many, and what would follow; only `--yes` does it, to exactly as many. */
async function many(client: ConnectedClient, context: CliContext, { sentence, run }: Bulk): Promise<Outcome> {
  const read = filterOf(context);
  if (!read.ok) return usage(read.error.message);
  const filter: DeadLetterFilter = { states: ["needs_human"], ...read.value };
  const found = await client.query("deadLetter.list", { filter, limit: 1 });
  if (!found.ok) return refused(found.error);
  const { matching } = found.value;
  if (matching === 0) return show(context, ok({ count: 0 }), () => ["No dead letter matches."]);
  if (!context.has("yes")) return usage(`${sentence(matching)} Add --yes to do it.`);
  return run(filter, matching);
}

function filterOf(context: CliContext): Result<DeadLetterFilter> {
  const state = DEAD_LETTER_STATES.find((one) => one === context.text("state"));
  const errorClass = ERROR_CLASSES.find((one) => one === context.text("class"));
  if (context.text("state") !== undefined && state === undefined)
    return fail("bad_request", `--state is one of ${DEAD_LETTER_STATES.join(", ")}.`);
  if (context.text("class") !== undefined && errorClass === undefined)
    return fail("bad_request", `--class is one of ${ERROR_CLASSES.join(", ")}.`);
  const filter: DeadLetterFilter = {
    ...(state === undefined ? {} : { states: [state] }),
    ...(errorClass === undefined ? {} : { errorClass }),
  };
  for (const name of ["type", "consumer", "stream"] as const) {
    const text = context.text(name);
    if (text !== undefined) filter[name] = text;
  }
  for (const name of ["since", "until"] as const) {
    const text = context.text(name);
    if (text === undefined) continue;
    const at = Date.parse(text);
    if (Number.isNaN(at)) return fail("bad_request", `--${name} is a time such as 2026-11-01T14:06.`);
    filter[name] = new Date(at).toISOString();
  }
  return ok(filter);
}

function withLetter(text: string, work: (id: number) => Promise<Outcome>): Promise<Outcome> {
  return /^[1-9]\d{0,14}$/.test(text)
    ? work(Number(text))
    : Promise.resolve(usage(`A dead letter is a number such as 412; "${text}" is none.`));
}
