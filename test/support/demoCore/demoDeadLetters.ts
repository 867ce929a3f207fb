/** A fake for looking at screens: dead letters in every state, and what a person can do with them. */
import type { StreamItem } from "#shared/contract/index.ts";
import { DEAD_LETTER_STATES } from "#shared/model/deadLetter.ts";
import type {
  DeadLetter,
  DeadLetterCounts,
  DeadLetterDetail,
  DeadLetterFilter,
  LetterHistory,
} from "#shared/model/deadLetter.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Handlers } from "#shared/rpc/handlers.ts";
import type { StreamSink } from "#shared/rpc/protocol.ts";

type Picked<K extends keyof Handlers> = Pick<
  Handlers[K],
  Extract<keyof Handlers[K], `deadLetter.${string}` | "healer.start" | "deadLetters">
>;

export interface DemoDeadLetters {
  readonly queries: Picked<"queries">;
  readonly commands: Picked<"commands">;
  readonly streams: Picked<"streams">;
}

const SECOND = 1000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

interface Sample {
  readonly id: number;
  readonly state: DeadLetter["state"];
  readonly error: DeadLetter["error"];
  readonly type: string;
  readonly consumer: string;
  readonly tool?: string;
  readonly diedMs: number;
  readonly retries: number;
  readonly waitsFor?: number;
  readonly data: unknown;
}

const SAMPLES: readonly Sample[] = [
  {
    id: 412,
    state: "needs_human",
    error: {
      class: "not_found",
      message:
        "Nobody takes these messages now: loader was stopped with ingest under one_for_all. Start Postgres on 5432 first, or this happens again.",
    },
    type: "task.assign",
    consumer: "loader",
    diedMs: 8 * 60 * SECOND,
    retries: 3,
    data: { task: 121, title: "load tax_region into warehouse", lease_s: 900, after: [118, 119] },
  },
  {
    id: 411,
    state: "retrying",
    error: { class: "rate_limit", code: "throttled", message: "429 Too Many Requests, retry after 60 seconds" },
    type: "tool.failed",
    consumer: "tool-calls",
    tool: "quotes",
    diedMs: 20 * SECOND,
    retries: 1,
    data: { server: "market", tool: "quotes", args: { symbol: "SBX" } },
  },
  {
    id: 410,
    state: "needs_human",
    error: { class: "validation", message: "data.amount: expected number, received string" },
    type: "agent.message",
    consumer: "mailbox-reviewer",
    diedMs: 31 * 60 * SECOND,
    retries: 0,
    data: { from: "fleet/planner", amount: "twelve" },
  },
  {
    id: 409,
    state: "replayed",
    error: { class: "network", code: "ECONNREFUSED", message: "connect ECONNREFUSED 127.0.0.1:5432" },
    type: "workflow.step",
    consumer: "runner",
    diedMs: 3_600_000,
    retries: 1,
    data: { run: "valuation-7", step: "researcher" },
  },
  {
    id: 408,
    state: "discarded",
    error: { class: "timeout", message: "It was not answered within 30 s." },
    type: "agent.message",
    consumer: "archive",
    diedMs: 26 * 3_600_000,
    retries: 3,
    data: { from: "fleet/docs-writer", text: "done" },
  },
  {
    id: 407,
    state: "retrying",
    error: { class: "network", code: "ECONNREFUSED", message: "connect ECONNREFUSED 127.0.0.1:5432" },
    type: "workflow.step",
    consumer: "runner",
    diedMs: 27 * 3_600_000,
    retries: 0,
    waitsFor: 406,
    data: { run: "valuation-6", step: "valuation" },
  },
  {
    id: 406,
    state: "retrying",
    error: { class: "network", code: "ECONNREFUSED", message: "connect ECONNREFUSED 127.0.0.1:5432" },
    type: "workflow.step",
    consumer: "runner",
    diedMs: 27 * 3_600_000 + 20 * SECOND,
    retries: 2,
    data: { run: "valuation-6", step: "researcher" },
  },
];

export function demoDeadLetters(hasRecords: boolean): DemoDeadLetters {
  const letters = new Map((hasRecords ? SAMPLES : []).map((sample) => [sample.id, detailOf(sample)]));
  const watchers = new Set<StreamSink<StreamItem<"deadLetters">>>();
  const list = (): DeadLetterDetail[] => [...letters.values()].toSorted((a, b) => b.id - a.id);
  const standing = () => ({ counts: countsOf(list()), healer: "running" as const });
  const change = (id: number, next: Partial<DeadLetterDetail>, note: Pick<LetterHistory, "what" | "detail">) => {
    const letter = letters.get(id);
    if (letter === undefined) return fail("not_found", `There is no dead letter ${id}.`);
    const { plan: _plan, ...rest } = letter;
    const changed = { ...rest, ...next, history: [...letter.history, { ...note, at: ago(0), actor: "person" }] };
    letters.set(id, changed);
    for (const sink of watchers) sink.send({ letters: [summary(changed)], removed: [], ...standing() });
    return ok({ letter: summary(changed) });
  };
  const all = (
    filter: DeadLetterFilter,
    next: Partial<DeadLetterDetail>,
    note: Pick<LetterHistory, "what" | "detail">,
  ) => {
    const found = list().filter((letter) => matches(letter, { states: ["needs_human"], ...filter }));
    for (const { id } of found) change(id, next, note);
    return found.length;
  };
  return {
    queries: {
      "deadLetter.list": async ({ filter, limit }) => {
        const found = list().filter((letter) => matches(letter, filter));
        return ok({ letters: found.slice(0, limit).map(summary), matching: found.length, ...standing() });
      },
      "deadLetter.get": async ({ id }) => {
        const letter = letters.get(id);
        return letter === undefined ? fail("not_found", `There is no dead letter ${id}.`) : ok(letter);
      },
      "deadLetter.check": async ({ payload }) => {
        try {
          JSON.parse(payload);
          return ok({});
        } catch {
          return fail("bad_request", "The content is no JSON: a bracket is missing.");
        }
      },
    },
    commands: {
      "deadLetter.retry": async ({ id }) =>
        change(id, { state: "retrying" }, { what: "attempted", detail: "Sent again." }),
      "deadLetter.edit": async ({ id, payload, retry }) =>
        change(
          id,
          { state: retry ? "retrying" : "needs_human", edited: payload, isEdited: true },
          { what: "edited", detail: "Changed." },
        ),
      "deadLetter.alternate": async ({ id, to }) =>
        change(id, { state: "retrying" }, { what: "attempted", detail: `Tries ${to.tool} of ${to.server} instead.` }),
      "deadLetter.discard": async ({ id }) =>
        change(
          id,
          { state: "discarded", settledAt: ago(0), keptUntil: ago(-7 * 86_400_000) },
          { what: "discarded", detail: "Discarded." },
        ),
      "deadLetter.restore": async ({ id }) =>
        change(id, { state: "needs_human" }, { what: "restored", detail: "Taken back." }),
      "deadLetter.retryAll": async ({ filter }) =>
        ok({ count: all(filter, { state: "retrying" }, { what: "attempted", detail: "Sent again." }), lastAt: ago(0) }),
      "deadLetter.discardAll": async ({ filter }) =>
        ok({ count: all(filter, { state: "discarded" }, { what: "discarded", detail: "Discarded." }) }),
      "healer.start": async () => ok({}),
    },
    streams: {
      deadLetters: (_input, sink) => {
        watchers.add(sink);
        sink.send({ letters: [], removed: [], ...standing() });
        return ok({ close: () => void watchers.delete(sink) });
      },
    },
  };
}

const STREAMS: Readonly<Record<string, string>> = { tool: "TOOLS", workflow: "WORKFLOWS" };

function detailOf({ data, diedMs, tool, ...sample }: Sample): DeadLetterDetail {
  const { id, state, consumer, error } = sample;
  const isSettled = state === "replayed" || state === "discarded";
  const envelope = {
    specversion: "1.0",
    id: `m-${id}`,
    source: "/agents/fleet/planner",
    type: sample.type,
    time: ago(diedMs),
    data,
  };
  return {
    ...sample,
    stream: STREAMS[sample.type.split(".")[0] ?? ""] ?? "MESSAGES",
    seq: 47_789 + id,
    subject: tool === undefined ? `msg.fleet.agent.${consumer}` : `tool.${tool}.failed`,
    source: "/agents/fleet/planner",
    messageId: `/agents/fleet/planner m-${id}`,
    attempts: 3,
    firstFailedAt: ago(diedMs + 20 * SECOND),
    lastFailedAt: ago(diedMs),
    diedAt: ago(diedMs),
    agent: "fleet/planner",
    contextId: "ctx-tax-region",
    ...(tool === undefined ? {} : { server: "market", tool }),
    isEdited: false,
    ...(isSettled ? { settledAt: ago(diedMs / 2), keptUntil: ago(diedMs / 2 - 7 * 86_400_000) } : {}),
    ...(state === "retrying"
      ? {
          plan: {
            strategy: "wait",
            by: "healer",
            dueAt: ago(-40 * SECOND),
            timeoutMs: 30_000,
            sentence: "Waits 1m 00s for the limit, then tries again.",
          },
        }
      : {}),
    headers: { "Nats-Msg-Id": [`/agents/fleet/planner m-${id}`] },
    original: JSON.stringify(envelope),
    stack: `Error: ${error.message}\n    at take (loader.ts:41:11)\n    at deliver (consumerRun.ts:120:9)`,
    history: historyOf(sample, diedMs),
    alternatives: tool === undefined ? [] : [{ server: "archive", tool: "quotes" }],
    hasTaker: consumer !== "loader",
  };
}

function historyOf(
  { state, consumer, retries, error }: Pick<Sample, "state" | "consumer" | "retries" | "error">,
  diedMs: number,
): LetterHistory[] {
  const tried = Array.from({ length: retries }, (_, index): LetterHistory[] => [
    { at: ago(diedMs - (index + 1) * 6 * SECOND), actor: "healer", what: "attempted", detail: "Sends it again." },
    {
      at: ago(diedMs - (index + 1) * 6 * SECOND - 200),
      actor: "healer",
      what: "attempt_failed",
      detail: "Nobody takes these messages now.",
    },
  ]).flat();
  const last: Partial<Record<DeadLetter["state"], LetterHistory>> = {
    needs_human: {
      at: ago(diedMs - 24 * SECOND),
      actor: "healer",
      what: "gave_up",
      detail:
        retries === 0
          ? "Its content is not valid, so sending it again changes nothing."
          : "It failed again in each of 3 attempts.",
    },
    discarded: { at: ago(diedMs / 2), actor: "person", what: "discarded", detail: "Discarded." },
  };
  const closing = last[state];
  if (state === "replayed") tried.pop();
  return [
    { at: ago(diedMs), actor: consumer, what: "died", detail: error.message },
    ...tried,
    ...(closing === undefined ? [] : [closing]),
    ...(state === "replayed"
      ? [{ at: ago(diedMs / 2), actor: "healer", what: "replayed" as const, detail: `${consumer} took it.` }]
      : []),
  ];
}

function summary(letter: DeadLetterDetail): DeadLetter {
  const {
    stack: _stack,
    headers: _headers,
    original: _original,
    edited: _edited,
    history: _history,
    alternatives: _others,
    hasTaker: _taker,
    ...rest
  } = letter;
  return rest;
}

function countsOf(letters: readonly DeadLetter[]): DeadLetterCounts {
  const counts: DeadLetterCounts = { new: 0, retrying: 0, replayed: 0, discarded: 0, needs_human: 0 };
  for (const state of DEAD_LETTER_STATES) counts[state] = letters.filter((letter) => letter.state === state).length;
  return counts;
}

function matches(letter: DeadLetter, { ids, states, errorClass, type, consumer }: DeadLetterFilter): boolean {
  return (
    (ids === undefined || ids.includes(letter.id)) &&
    (states === undefined || states.includes(letter.state)) &&
    (errorClass === undefined || letter.error.class === errorClass) &&
    (type === undefined || letter.type === type) &&
    (consumer === undefined || letter.consumer === consumer)
  );
}
