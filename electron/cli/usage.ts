/** usage and prices: what was spent, by whom, and what a token costs. */
import type { CommandInput, QueryInput, QueryOutput, StreamItem } from "#shared/contract/index.ts";
import { spendWords, tokenWords } from "#shared/lib/amountWords.ts";
import { createLocalCalendar } from "#shared/lib/localCalendar.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { show, withApp } from "./command.ts";
import type { CliContext, Command } from "./command.ts";
import { DONE, refused, usage as usageError } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { table } from "./output.ts";
import { readStream } from "./streaming.ts";

const PERIODS = ["today", "week", "month", "all"] as const;
type Period = (typeof PERIODS)[number];
/** What a person calls it, and what the contract does. */
const GROUPS = {
  agent: "agent",
  tree: "subtree",
  fleet: "fleet",
  model: "model",
  source: "source",
  cli: "cli",
  task: "task",
  session: "session",
  day: "day",
} as const;
type By = keyof typeof GROUPS;

type Totals = QueryOutput<"usage.totals">;
type Filter = Pick<QueryInput<"usage.totals">, "from" | "to" | "scope" | "imported">;

export const usageCommands: Readonly<Record<string, Command>> = {
  usage: {
    usage:
      "usage [today|week|month|all] [--from TIME] [--to TIME] [--by agent|tree|fleet|model|source|cli|task|session|day] [--id ID] [--csv] [--prices] [--prometheus] [--import]",
    summary: "Tokens and money, with where each number comes from",
    options: {
      from: { type: "string" },
      to: { type: "string" },
      by: { type: "string" },
      id: { type: "string" },
      csv: { type: "boolean" },
      prices: { type: "boolean" },
      prometheus: { type: "boolean" },
      import: { type: "boolean" },
    },
    takes: [0, 1],
    run: (context) => {
      if (context.has("prices")) return withApp(context, (client) => printPrices(context, client));
      if (context.has("prometheus")) return withApp(context, (client) => printCounters(context, client));
      if (context.has("import")) return withApp(context, (client) => importPast(context, client));
      const filter = readFilter(context);
      if (typeof filter === "string") return Promise.resolve(usageError(filter));
      if (context.has("csv")) return withApp(context, (client) => printCsv(context, client, filter));
      const by = context.text("by") ?? "agent";
      if (!isGroup(by))
        return Promise.resolve(usageError(`--by takes ${Object.keys(GROUPS).join(", ")}; not "${by}".`));
      return withApp(context, async (client) => {
        const totals = await client.query("usage.totals", { ...filter, groupBy: GROUPS[by] });
        return show(context, totals, (value) => describe(by, value, filter.scope));
      });
    },
  },
  price: {
    usage:
      "price MODEL [--input USD] [--output USD] [--cache-read USD] [--cache-write USD] [--provider NAME] [--remove]",
    summary: "Set your own price for a model, in US dollars per million tokens",
    options: {
      input: { type: "string" },
      output: { type: "string" },
      "cache-read": { type: "string" },
      "cache-write": { type: "string" },
      provider: { type: "string" },
      remove: { type: "boolean" },
    },
    takes: [1, 1],
    run: (context) => {
      const price = context.has("remove") ? undefined : readPrice(context);
      if (typeof price === "string") return Promise.resolve(usageError(price));
      return withApp(context, async (client) => {
        const model = context.args[0] ?? "";
        const provider = context.text("provider");
        const ref = { model, ...(provider === undefined ? {} : { provider }) };
        const result =
          price === undefined
            ? await client.command("prices.remove", ref)
            : await client.command("prices.set", { ...ref, ...price });
        return show(context, result, () => [
          price === undefined
            ? `${model} has the list's price again.`
            : `${model} has your price from now on; entries without a price get it, too.`,
        ]);
      });
    },
  },
};

function isGroup(text: string): text is By {
  return Object.hasOwn(GROUPS, text);
}

/** The period, or a sentence that says what is wrong. */
function readFilter(context: CliContext): Filter | string {
  const word = context.args[0] ?? "today";
  const period = PERIODS.find((one) => one === word);
  if (period === undefined) return `Say ${PERIODS.join(", ")}, or --from and --to; not "${word}".`;
  const id = context.text("id");
  const filter: Filter = { imported: "with", ...(id === undefined ? {} : { scope: id }) };
  const range = readRange(context, period);
  if (typeof range === "string") return range;
  const { start, end } = range;
  return {
    ...filter,
    ...(start === undefined ? {} : { from: new Date(start).toISOString() }),
    ...(end === undefined ? {} : { to: new Date(end).toISOString() }),
  };
}

function readRange(
  context: CliContext,
  period: Period,
): { readonly start: number | undefined; readonly end: number | undefined } | string {
  const [from, to] = [context.text("from"), context.text("to")];
  const start = from === undefined ? startOf(period, to !== undefined) : parseMoment(from);
  const end = to === undefined ? undefined : parseMoment(to);
  if (Number.isNaN(start) || Number.isNaN(end))
    return "--from and --to take a date like 2026-11-28, or a time like 2026-11-28T14:00.";
  if (start !== undefined && end !== undefined && end <= start) return "--to must be later than --from.";
  return { start, end };
}

function startOf(period: Period, hasEnd: boolean): number | undefined {
  if (period === "all" || hasEnd) return undefined;
  const calendar = createLocalCalendar(Intl.DateTimeFormat().resolvedOptions().timeZone);
  return calendar.startOf(period === "today" ? "day" : period, Date.now());
}

/** A date alone is local midnight. */
function parseMoment(text: string): number {
  return Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text);
}

function describe(by: By, { total, rows }: Totals, scope: string | undefined): readonly string[] {
  if (total.entries === 0)
    return scope === undefined
      ? ["Nothing was spent in this period."]
      : [
          `Nothing was spent in this period by ${scope}. An ID is a fleet, or FLEET/NAME: see signalbox usage all --by tree.`,
        ];
  const head = [by, "requests", "input", "output", "cache read", "cache write", "cost", ""];
  const line = (label: string, sum: Totals["total"]): string[] => [
    label,
    String(sum.entries),
    tokenWords(sum.input),
    tokenWords(sum.output),
    tokenWords(sum.cacheRead),
    tokenWords(sum.cacheWrite),
    spendWords(sum),
    remarks(sum),
  ];
  return table([head, ...rows.map((row) => line(row.label, row)), line("total", total)]);
}

function remarks(sum: Totals["total"]): string {
  return [
    sum.estimatedEntries === 0 ? "" : `${sum.estimatedEntries} est.`,
    sum.roundedEntries === 0 ? "" : `${sum.roundedEntries} rounded`,
    sum.interruptedEntries === 0 ? "" : `${sum.interruptedEntries} interrupted`,
  ]
    .filter((part) => part !== "")
    .join(", ");
}

async function printPrices(context: CliContext, client: ConnectedClient): Promise<Outcome> {
  const prices = await client.query("prices.list", { onlyUsed: true });
  return show(context, prices, ({ version, date, models, unpriced }) => [
    `Prices of ${version}${date === undefined ? "" : `, ${date}`}, in US dollars per million tokens.`,
    ...table([
      ["model", "input", "output", "cache read", "cache write", ""],
      ...models.map((price) => [
        `${price.provider}/${price.model}`,
        perMillion(price.inputNanos),
        perMillion(price.outputNanos),
        perMillion(price.cacheReadNanos),
        perMillion(price.cacheWriteNanos),
        price.overridden
          ? `yours since ${(price.since ?? "").slice(0, 10)}`
          : price.hasTiers
            ? "more for large requests"
            : "",
      ]),
      ...unpriced.map(({ provider, model, tokens }) => [
        `${provider}/${model}`,
        "no price",
        "",
        "",
        "",
        `${tokenWords(tokens)} tokens; set one with "signalbox price ${model} --input … --output …"`,
      ]),
    ]),
  ]);
}

function perMillion(nanosPerToken: number | null): string {
  return nanosPerToken === null ? "as input" : `$${(nanosPerToken / 1000).toFixed(2)}`;
}

async function printCounters({ out }: CliContext, client: ConnectedClient): Promise<Outcome> {
  const counters = await client.query("usage.counters", {});
  if (!counters.ok) return refused(counters.error);
  await out.bytes(new TextEncoder().encode(counters.value.text));
  return DONE;
}

async function printCsv(context: CliContext, client: ConnectedClient, filter: Filter): Promise<Outcome> {
  return readStream(client, {
    name: "usageExport",
    input: { ...filter, format: context.out.isJson ? "json" : "csv" },
    isBytes: true,
    handle: async (_item, bytes) => context.out.bytes(bytes),
  });
}

/** Follows the import to its end; Ctrl-C leaves it running. */
async function importPast(context: CliContext, client: ConnectedClient): Promise<Outcome> {
  const started = await client.command("usage.import", {});
  if (!started.ok && started.error.code !== "already_started") return refused(started.error);
  let last: StreamItem<"usageImport"> | undefined;
  const ended = Promise.withResolvers<void>();
  const following = client.open(
    "usageImport",
    {},
    {
      onItem: (state) => {
        last = state;
        if (state.state !== "running") ended.resolve();
      },
      onEnd: () => ended.resolve(),
    },
  );
  await ended.promise;
  following.close();
  if (last === undefined)
    return refused({ code: "disconnected", message: "Signalbox went away before the import ended." });
  if (last.state === "failed") return refused({ code: "internal", message: last.message ?? "The import failed." });
  return show(context, { ok: true, value: last }, (state) => [
    `${state.state === "cancelled" ? "Cancelled. " : ""}${state.filesDone} of ${state.files} files read: ${state.entries} requests are new, ${state.duplicates} were known.${state.skippedLines === 0 ? "" : ` ${state.skippedLines} lines could not be read.`}`,
  ]);
}

type Price = Pick<CommandInput<"prices.set">, "input" | "output" | "cacheRead" | "cacheWrite">;

function readPrice(context: CliContext): Price | string {
  const read = (flag: string): number | undefined => {
    const text = context.text(flag);
    return text === undefined ? undefined : /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  };
  const [input, output, cacheRead, cacheWrite] = [
    read("input"),
    read("output"),
    read("cache-read"),
    read("cache-write"),
  ];
  if ([input, output, cacheRead, cacheWrite].some(Number.isNaN))
    return "A price is a number of US dollars, like 3 or 0.30.";
  if (input === undefined || output === undefined)
    return "Say --input and --output, in US dollars per million tokens, or --remove.";
  return {
    input,
    output,
    ...(cacheRead === undefined ? {} : { cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
  };
}
