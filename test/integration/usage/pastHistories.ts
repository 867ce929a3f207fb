/**
 * Histories with everything that makes past usage hard to count, each under a model of its own, so that a total by model
 * is a verdict on one trap. `ours` is what was used; `theirs` is what ccusage 18 says, with its reason where that differs.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ByModelAndDay, Counts } from "./pastUsage.ts";

export interface Trap {
  readonly model: string;
  readonly files: Readonly<Record<string, string>>;
  /** By local day in Berlin. */
  readonly ours: Readonly<Record<string, Counts>>;
  /** Absent: the same. */
  readonly theirs?: Readonly<Record<string, Counts>>;
  /** Why they differ. */
  readonly because?: string;
}

const NOTHING = {};
const ONE: Counts = { input: 10, output: 200, cacheRead: 3000, cacheWrite: 40 };
const times = (count: number, one: Counts = ONE): Counts => ({
  input: one.input * count,
  output: one.output * count,
  cacheRead: one.cacheRead * count,
  cacheWrite: one.cacheWrite * count,
});

const DAY = "2026-11-20";
const NOON = `${DAY}T11:00:00.000Z`;
let made = 0;
const fresh = (): string => `00000000-0000-4000-8000-${String((made += 1)).padStart(12, "0")}`;

interface Answer {
  readonly model: string;
  readonly session?: string;
  readonly at?: string;
  readonly id?: string | undefined;
  readonly requestId?: string | undefined;
  readonly usage?: Readonly<Record<string, unknown>>;
  readonly message?: Readonly<Record<string, unknown>>;
  readonly line?: Readonly<Record<string, unknown>>;
}

/** A line as Claude Code 2.1.329 writes it, without what nobody reads. */
function answer({ model, session, at = NOON, usage, message, line, ...ids }: Answer): string {
  const id = "id" in ids ? ids.id : `msg_${fresh()}`;
  const requestId = "requestId" in ids ? ids.requestId : `req_${fresh()}`;
  return `${JSON.stringify({
    isSidechain: false,
    type: "assistant",
    uuid: fresh(),
    timestamp: at,
    sessionId: session,
    version: "2.1.329",
    ...(requestId === undefined ? {} : { requestId }),
    message: {
      type: "message",
      role: "assistant",
      model,
      content: [{ type: "text", text: "x" }],
      stop_reason: "end_turn",
      ...(id === undefined ? {} : { id }),
      usage: {
        input_tokens: ONE.input,
        output_tokens: ONE.output,
        cache_read_input_tokens: ONE.cacheRead,
        cache_creation_input_tokens: ONE.cacheWrite,
        ...usage,
      },
      ...message,
    },
    ...line,
  })}\n`;
}

const chat = (session: string): string => `projects/-home-work/${session}.jsonl`;

/** Each with a session of its own. */
function trap(model: string, make: (session: string) => Omit<Trap, "model">): Trap {
  return { model, ...make(fresh()) };
}

const once = { [DAY]: ONE };

export const CLAUDE_TRAPS: readonly Trap[] = [
  trap("plain", (session) => ({
    files: { [chat(session)]: answer({ model: "plain", session }) + answer({ model: "plain", session }) },
    ours: { [DAY]: times(2) },
  })),
  trap("content-blocks", (session) => {
    const ids = { id: "msg_blocks_1", requestId: "req_blocks_1" };
    const line = answer({ model: "content-blocks", session, ...ids });
    return { files: { [chat(session)]: line + line + line }, ours: once };
  }),
  trap("growing-answer", (session) => {
    const about = { model: "growing-answer", session, id: "msg_growing_1", requestId: "req_growing_1" };
    const early = answer({ ...about, usage: { output_tokens: 1 }, message: { stop_reason: null } });
    return {
      files: { [chat(session)]: early + answer(about) },
      ours: once,
      theirs: { [DAY]: { ...ONE, output: 1 } },
      because: "ccusage keeps the first line of a message, written before its answer was complete",
    };
  }),
  trap("resumed-and-forked", (session) => {
    const fork = fresh();
    const about = { model: "resumed-and-forked", id: "msg_parent_1", requestId: "req_parent_1" };
    return {
      files: {
        [chat(session)]: answer({ ...about, session }),
        [chat(fork)]: answer({ ...about, session: fork }) + answer({ model: "resumed-and-forked", session: fork }),
      },
      ours: { [DAY]: times(2) },
    };
  }),
  trap("no-request-ids", (session) => {
    const line = answer({ model: "no-request-ids", session, id: "msg_relay_1", requestId: undefined });
    return {
      files: { [chat(session)]: line + line + line },
      ours: once,
      theirs: { [DAY]: times(3) },
      because: "ccusage knows a message again only with a request id, which relays and gateways leave out",
    };
  }),
  trap("subagents", (session) => {
    const sidechain = { line: { isSidechain: true, agentId: "a1" } };
    return {
      files: {
        [`projects/-home-work/${session}/subagents/agent-a1.jsonl`]: answer({
          model: "subagents",
          session,
          ...sidechain,
        }),
        "projects/-home-work/agent-old.jsonl": answer({ model: "subagents", session, ...sidechain }),
      },
      ours: { [DAY]: times(2) },
    };
  }),
  trap("cut-off", (session) => ({
    files: {
      [chat(session)]: answer({
        model: "cut-off",
        session,
        usage: { output_tokens: 3 },
        message: { stop_reason: null },
        line: { isAbortedMidStream: true },
      }),
    },
    ours: { [DAY]: { ...ONE, output: 3 } },
  })),
  trap("torn-line", (session) => ({
    files: {
      [chat(session)]: answer({ model: "torn-line", session }) + answer({ model: "torn-line", session }).slice(0, -40),
    },
    ours: once,
  })),
  trap("other-lines", (session) => ({
    files: {
      [chat(session)]: [
        '{"type":"summary","summary":"x"}\n',
        "not json\n",
        "\n",
        '{"type":"user","message":{"role":"user","content":"say \\"assistant\\""}}\n',
        answer({
          model: "<synthetic>",
          session,
          usage: { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
        }),
        answer({ model: "other-lines", session }),
      ].join(""),
    },
    ours: once,
  })),
  trap("nulls", (session) => ({
    files: {
      [chat(session)]: answer({
        model: "nulls",
        session,
        usage: { cache_read_input_tokens: null, cache_creation_input_tokens: null },
      }),
    },
    ours: { [DAY]: { ...ONE, cacheRead: 0, cacheWrite: 0 } },
    theirs: NOTHING,
    because: "ccusage passes over an answer whose cache counts are null",
  })),
  trap("negative", (session) => ({
    files: { [chat(session)]: answer({ model: "negative", session, usage: { input_tokens: -5 } }) },
    ours: { [DAY]: { ...ONE, input: 0 } },
    theirs: { [DAY]: { ...ONE, input: -5 } },
    because: "ccusage takes a negative count off; here it is nothing, and the entry says that it was changed",
  })),
  trap("absurd", (session) => ({
    files: { [chat(session)]: answer({ model: "absurd", session, usage: { input_tokens: 2e12 } }) },
    ours: NOTHING,
    theirs: { [DAY]: { ...ONE, input: 2e12 } },
    because: "ccusage adds up any number; here no request has two trillion tokens, and this one is listed as unknown",
  })),
  trap("wrong-clock", (session) => ({
    files: { [chat(session)]: answer({ model: "wrong-clock", session, at: "1999-12-31T11:00:00.000Z" }) },
    ours: { "2026-11-28": ONE },
    theirs: { "1999-12-31": ONE },
    because: "ccusage believes any clock; here what is older than these agents is dated when it was read, and says so",
  })),
  trap("no-session", () => ({
    files: { "projects/-home-work/notes.jsonl": answer({ model: "no-session" }) },
    ours: NOTHING,
    theirs: once,
    because: "ccusage reads any file with that ending; here only those named as Claude names its sessions",
  })),
  trap("days", (session) => {
    // Berlin's days around the one that has 25 hours, and the last minute of a month.
    const at = [
      "2026-10-24T21:59:59Z",
      "2026-10-24T22:00:00Z",
      "2026-10-25T22:59:59Z",
      "2026-10-25T23:00:00Z",
      "2026-10-31T22:59:59Z",
      "2026-10-31T23:00:00Z",
    ];
    return {
      files: { [chat(session)]: at.map((time) => answer({ model: "days", session, at: time })).join("") },
      ours: {
        "2026-10-24": ONE,
        "2026-10-25": times(2),
        "2026-10-26": ONE,
        "2026-10-31": ONE,
        "2026-11-01": ONE,
      },
    };
  }),
];

const CODEX_ONE: Counts = { input: 1000, output: 100, cacheRead: 5000, cacheWrite: 0 };
const usageOf = (count: number) => ({
  input_tokens: 6000 * count,
  cached_input_tokens: 5000 * count,
  output_tokens: 100 * count,
  reasoning_output_tokens: 7 * count,
  total_tokens: 6100 * count,
});
const codexLine = (type: string, payload: object, at = NOON): string =>
  `${JSON.stringify({ timestamp: at, type, payload })}\n`;
const begin = (model: string, id: string, more: object = {}): string =>
  codexLine("session_meta", { id, session_id: id, timestamp: NOON, model_provider: "openai", ...more }) +
  codexLine("turn_context", { model });
/** The thread's total after `total` equal answers. */
const counted = (total: number, at = NOON): string =>
  codexLine(
    "event_msg",
    { type: "token_count", info: { total_token_usage: usageOf(total), last_token_usage: usageOf(1) } },
    at,
  );
const recorded = (id: string): string =>
  codexLine("token_usage_record", { thread_id: "t", response_id: id, usage: usageOf(1) });
const rollout = (id: string): string => `sessions/2026/11/20/rollout-2026-11-20T12-00-00-${id}.jsonl`;
const codexDay = (count: number) => ({ [DAY]: times(count, CODEX_ONE) });

export const CODEX_TRAPS: readonly Trap[] = [
  trap("plain", (id) => ({
    files: { [rollout(id)]: begin("plain", id) + counted(1) + counted(2) },
    ours: codexDay(2),
  })),
  trap("records", (id) => ({
    files: { [rollout(id)]: begin("records", id) + recorded("resp_1") + counted(1) + recorded("resp_2") + counted(2) },
    ours: codexDay(2),
  })),
  trap("said-again", (id) => ({
    files: { [rollout(id)]: begin("said-again", id) + counted(1) + counted(1) + counted(2) + counted(2) },
    ours: codexDay(2),
    theirs: codexDay(4),
    because: "ccusage counts a total that is said again; here only one that grew is a request",
  })),
  trap("told-late", (id) => ({
    // One count for the whole turn, after three answers.
    files: {
      [rollout(id)]: begin("told-late", id) + recorded("resp_3") + recorded("resp_4") + recorded("resp_5") + counted(3),
    },
    ours: codexDay(3),
    theirs: codexDay(1),
    because: "ccusage reads the last count of a turn; here each answer has its own record",
  })),
  trap("forked", (id) => {
    const fork = fresh();
    const history = counted(1, NOON) + counted(2, NOON);
    return {
      files: {
        [rollout(id)]: begin("forked", id) + history,
        [rollout(fork)]: begin("forked", fork, { forked_from_id: id }) + history + counted(3, `${DAY}T11:05:00.000Z`),
      },
      ours: codexDay(3),
      theirs: codexDay(5),
      because: "ccusage counts the history that a fork takes over from its parent again",
    };
  }),
  trap("torn-line", (id) => ({
    files: { [rollout(id)]: begin("torn-line", id) + counted(1) + counted(2).slice(0, -30) },
    ours: codexDay(1),
  })),
];

export async function writeHistory(home: string, traps: readonly Trap[]): Promise<void> {
  for (const { files } of traps)
    for (const [name, text] of Object.entries(files)) {
      const path = join(home, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
}

/** Of one model, by day. */
export function ofModel(all: ByModelAndDay, model: string): Readonly<Record<string, Counts>> {
  const own = Object.entries(all).filter(([key]) => key.startsWith(`${model} `));
  return Object.fromEntries(own.map(([key, counts]) => [key.slice(model.length + 1), counts]));
}
