/** The ledger of one recorded agent against the model server's own log. */
import type { QueryOutput } from "#shared/contract/index.ts";
import type { LedgerEntry, Tokens } from "#shared/model/usage.ts";
import type { AgentDesk } from "#test/support/agentDesk.ts";
import { eventually } from "#test/support/deadline.ts";
import type { FakeRequest } from "#test/support/fakeModelTurn.ts";
import { truthOf } from "#test/support/usageRig.ts";

export interface Comparison {
  readonly figures: Readonly<Record<string, number>>;
  /** Entries that count, by the source that won. */
  readonly bySource: Readonly<Record<string, number>>;
  /** Requests that no source knows, and what the app says of them. */
  readonly rest: readonly string[];
  readonly problems: readonly string[];
}

/** Telemetry comes in batches; Codex's last one when it ends. */
const SETTLE_MS = 30_000;
/** The fake model's request n has 1000 + n input tokens: an entry names its request. */
const FIRST_INPUT = 1000;

interface Pages {
  readonly entries: readonly LedgerEntry[];
  readonly unknown: QueryOutput<"usage.unknown">;
}

export async function compareLedger(desk: AgentDesk): Promise<Comparison> {
  const { requests } = desk.model;
  const whole = requests.filter(({ status, cutOff }) => status === 200 && cutOff !== true);
  const pages = (): Promise<Pages> => readPages(desk);
  const hasAll = async (): Promise<Pages | undefined> => {
    const found = await pages();
    const known = new Set(found.entries.map(sequenceOf));
    return whole.every(({ sequence }) => known.has(sequence)) ? found : undefined;
  };
  const { entries, unknown } = await eventually("every whole request is known", hasAll, SETTLE_MS).catch(pages);
  const own = entries.filter(({ tokens, isRemainder }) => !isRemainder && sumOf(tokens) > 0);
  // What the gateway puts in place of an answer that never came; its numbers name no request.
  const estimated = own.filter(({ confidence }) => confidence === "estimated");
  const counted = own.filter((entry) => !estimated.includes(entry));
  const remainders = entries.filter(({ isRemainder }) => isRemainder);
  const cut = requests.filter(({ cutOff }) => cutOff === true);
  const of = (request: FakeRequest): readonly LedgerEntry[] =>
    counted.filter((entry) => sequenceOf(entry) === request.sequence);
  const double = requests.filter((request) => of(request).length > 1);
  const absent = whole.filter((request) => of(request).length === 0);
  const matched = whole.filter((request) => of(request).some(({ tokens }) => isSame(tokens, truthOf(request))));
  const differing = whole.filter((request) => of(request).length > 0 && !matched.includes(request));
  const strange = counted.filter((entry) => !requests.some(({ sequence }) => sequence === sequenceOf(entry)));
  const difference = differing.reduce(
    (sum, request) => sum + Math.abs(sumOf(of(request)[0]?.tokens) - sumOf(truthOf(request))),
    0,
  );
  const cutUnknown = cut.filter((request) => of(request).length === 0);
  const unlisted = remainders.length > 0 ? 0 : cutUnknown.length;
  return {
    figures: {
      requests: requests.length,
      matched: matched.length,
      refused: requests.filter(({ status, cutOff }) => status !== 200 && cutOff !== true).length,
      "cut, known": cut.length - cutUnknown.length,
      "cut, unknown": cutUnknown.length,
      absent: absent.length,
      unknown: unknown.length,
      estimated: estimated.length,
      double: double.length,
      "token difference": difference,
      // What a session's totals know beyond its requests: the cut answer's words.
      "remainder tokens": remainders.reduce((sum, { tokens }) => sum + sumOf(tokens), 0),
    },
    bySource: countBy(counted, ({ source }) => source),
    rest: [
      ...[...absent, ...cutUnknown].map(
        ({ sequence, prompt, cutOff }) =>
          `not in the ledger: #${sequence} ${cutOff === true ? "cut" : "whole"} ${JSON.stringify(prompt.slice(0, 60))}`,
      ),
      ...unknown.map(({ why, source, detail }) => `listed as unknown: ${why} by ${source} ${detail ?? ""}`),
    ],
    problems: [
      ...double.map(({ sequence }) => `#${sequence} is counted twice`),
      ...differing.map((one) => `#${one.sequence} is ${told(of(one)[0]?.tokens)}, not ${told(truthOf(one))}`),
      ...strange.map(({ source, tokens }) => `${source} tells of a request that was not made: ${told(tokens)}`),
      ...(estimated.length > absent.length + cutUnknown.length
        ? [`${estimated.length} estimates for ${absent.length + cutUnknown.length} requests that are not counted`]
        : []),
      ...(absent.length + unlisted > unknown.length
        ? [`${absent.length} whole and ${unlisted} cut requests are not counted, ${unknown.length} are listed`]
        : []),
    ],
  };
}

async function readPages({ client }: AgentDesk): Promise<Pages> {
  const entries = await client.query("usage.entries", { limit: 1000 });
  const unknown = await client.query("usage.unknown", { limit: 1000 });
  if (!entries.ok) throw new Error(entries.error.message);
  if (!unknown.ok) throw new Error(unknown.error.message);
  return { entries: entries.value.entries, unknown: unknown.value };
}

function sequenceOf({ tokens }: LedgerEntry): number {
  return tokens.input - FIRST_INPUT;
}

function sumOf(tokens: Tokens | undefined): number {
  return tokens === undefined ? 0 : tokens.input + tokens.output + tokens.cacheRead + tokens.cacheWrite;
}

function isSame(a: Tokens, b: Tokens): boolean {
  return sumOf(a) === sumOf(b) && a.input === b.input && a.output === b.output && a.cacheRead === b.cacheRead;
}

function told(tokens: Tokens | undefined): string {
  return JSON.stringify(tokens);
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}
