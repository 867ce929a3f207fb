/** A fake for looking at screens: conversations in every state, and commands that change them in place. */
import type { Mail } from "#shared/model/mail.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { CommandHandlers, QueryHandlers, StreamHandlers } from "#shared/rpc/handlers.ts";
import type { StreamItem } from "#shared/contract/index.ts";
import type { StreamSink } from "#shared/rpc/protocol.ts";

let count = 0;

function sample(from: string, to: string, text: string, more: Partial<Mail> & { readonly minutesAgo: number }): Mail {
  const { minutesAgo, ...rest } = more;
  count += 1;
  const at = Date.now() - minutesAgo * 60_000;
  const ended = rest.state === "waiting" ? {} : { endedAt: new Date(at + 4_000).toISOString() };
  return {
    id: `00000000-0000-4000-8000-${String(count).padStart(12, "0")}`,
    seq: count,
    fleet: "fleet",
    from,
    to,
    addressed: "agent",
    kind: "message",
    priority: 2,
    text,
    state: "delivered",
    postedAt: new Date(at).toISOString(),
    expiresAt: new Date(at + 3_600_000).toISOString(),
    isRepeated: false,
    ...ended,
    ...rest,
  };
}

const HANDOVER = {
  context_id: "ctx-ledger",
  intent: "Write tests for the parser: empty input, a half written line, 1 MB of one line.",
  last_tool_output: {
    tool: "run_tests",
    server: "build",
    result: { passed: 41, failed: 0 },
    timestamp: "2026-11-29T00:40:00.000Z",
  },
  memory_snapshot_url: "snap:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  token_budget: 40_000,
  status: "partial",
} as const;

function samples(): Mail[] {
  const [docs, tests, migrator] = ["fleet/docs-writer", "fleet/test-writer", "fleet/schema-migrator"];
  return [
    sample(migrator, docs, "The column is called posted_at, not sent_at. Please use it in the guide.", {
      minutesAgo: 190,
    }),
    sample(docs, migrator, "Thanks, changed in all three places.", { minutesAgo: 188 }),
    sample("person", migrator, "Keep the old column until the next release.", { minutesAgo: 120, priority: 1 }),
    sample(migrator, tests, HANDOVER.intent, { minutesAgo: 40, kind: "handover", tokens: 40_000, handover: HANDOVER }),
    sample(tests, "fleet/data-pipeline", "Can I use your fixture of 10,000 rows?", {
      minutesAgo: 30,
      state: "expired",
      detail: "it waits for its limit to reset",
    }),
    sample(tests, migrator, "The empty input passes. The half written line fails; see tests/parser/half.test.ts.", {
      minutesAgo: 12,
      isRepeated: true,
    }),
    sample(migrator, tests, "Found it: the last line is only read with its line break.", {
      minutesAgo: 3,
      state: "waiting",
      detail: "it is busy",
    }),
    sample("person", tests, "When you are done, run the whole suite once.", {
      minutesAgo: 1,
      state: "waiting",
      priority: 1,
      detail: "it is busy",
    }),
    sample(migrator, docs, "The schema is final.", {
      minutesAgo: 1,
      state: "waiting",
      addressed: "all",
      detail: "a person is typing",
    }),
  ];
}

export type DemoMessages = {
  readonly queries: Pick<QueryHandlers, "message.list" | "message.get">;
  readonly commands: Pick<CommandHandlers, "message.send" | "message.cancel" | "message.restore" | "message.deliver">;
  readonly streams: Pick<StreamHandlers, "messages">;
};

export function demoMessages(hasRecords: boolean): DemoMessages {
  let mails = hasRecords ? samples() : [];
  const sinks = new Set<StreamSink<StreamItem<"messages">>>();
  const put = (mail: Mail): Mail => {
    const isKnown = mails.some((one) => one.id === mail.id && one.to === mail.to);
    mails = isKnown ? mails.map((one) => (one.id === mail.id && one.to === mail.to ? mail : one)) : [...mails, mail];
    for (const sink of sinks) sink.send({ type: "message", message: mail });
    return mail;
  };
  const change = (id: string, state: Mail["state"], detail: string) => {
    const mail = mails.find((one) => one.id === id);
    return mail === undefined ? fail("not_found", `There is no message ${id}.`) : ok(put({ ...mail, state, detail }));
  };
  return {
    queries: {
      "message.list": async () => ok(mails.toReversed()),
      "message.get": async ({ id }) => ok(mails.filter((mail) => mail.id === id)),
    },
    commands: {
      "message.send": async ({ to, text, priority }) => {
        const mail = put(
          sample("person", to, text, { minutesAgo: 0, priority, state: "waiting", detail: "it is busy" }),
        );
        return ok({ id: mail.id, seq: mail.seq, to: [mail] });
      },
      "message.cancel": async ({ id }) => change(id, "cancelled", "Cancelled by a person"),
      "message.restore": async ({ id }) => change(id, "waiting", "it is busy"),
      "message.deliver": async ({ id }) => change(id, "delivered", ""),
    },
    streams: {
      messages: (_input, sink) => {
        sinks.add(sink);
        sink.send({ type: "snapshot", messages: mails });
        return ok({ close: () => void sinks.delete(sink) });
      },
    },
  };
}
