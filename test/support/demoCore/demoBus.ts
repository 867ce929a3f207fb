/** A fake for looking at screens: streams, consumers and messages of a bus on which agents work. */
import { consumerConfigSchema, streamConfigSchema } from "#shared/model/bus.ts";
import type { ConsumerInfo, StreamInfo } from "#shared/model/bus.ts";
import type { QueryOutput } from "#shared/contract/index.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Handlers } from "#shared/rpc/handlers.ts";

type Message = QueryOutput<"bus.read">["messages"][number];
type Picked<K extends keyof Handlers> = Pick<Handlers[K], Extract<keyof Handlers[K], `bus.${string}`>>;

export interface DemoBus {
  readonly queries: Picked<"queries">;
  readonly commands: Picked<"commands">;
  readonly streams: Picked<"streams">;
}

const SUBJECTS = ["msg.fleet.agent.api", "msg.fleet.role.reviewer", "msg.fleet.all"];

function stream(name: string, subjects: readonly string[], lastSeq: number, consumers: number): StreamInfo {
  const config = streamConfigSchema.parse({ name, subjects: [...subjects] });
  const info = { messages: lastSeq, bytes: lastSeq * 312, firstSeq: 1, lastSeq, consumers };
  return { ...config, isReadOnly: name === "EVENTS", ...info };
}

function consumer(name: string, lag: number, ackPending: number, redelivered: number): ConsumerInfo {
  return {
    stream: "MESSAGES",
    name,
    config: consumerConfigSchema.parse({ name, filters: ["msg.fleet.>"], maxDeliver: 5 }),
    delivered: { consumerSeq: 240 - lag + redelivered, streamSeq: 240 - lag },
    ackFloor: 240 - lag - ackPending,
    ackPending,
    redelivered,
    lag,
    isActive: lag < 100,
  };
}

function message(seq: number): Message {
  const subject = SUBJECTS[seq % SUBJECTS.length] ?? "msg.fleet.all";
  const time = new Date(Date.now() - (240 - seq) * 15_000).toISOString();
  const data = JSON.stringify({
    specversion: "1.0",
    id: `m-${seq}`,
    source: "signalbox/mailboxes",
    type: "agent.message",
    subject,
    time,
    data: { from: "fleet/planner", text: `Step ${seq} is done; the schema is in docs/schema.md.` },
  });
  return { stream: "MESSAGES", seq, time, subject, headers: { "Nats-Msg-Id": [`signalbox/mailboxes m-${seq}`] }, data };
}

export function demoBus(hasRecords: boolean): DemoBus {
  const messages = hasRecords ? Array.from({ length: 240 }, (_, index) => message(index + 1)) : [];
  const streams = [
    stream("ADVISORIES", ["$JS.EVENT.ADVISORY.>"], hasRecords ? 3 : 0, 0),
    stream("EVENTS", ["ws.>", "sys.>"], hasRecords ? 12_408 : 0, 1),
    stream("MESSAGES", ["msg.>"], messages.length, hasRecords ? 3 : 0),
    stream("TOOLS", ["mcp.>", "tool.>"], hasRecords ? 96 : 0, 0),
    stream("WORKFLOWS", ["workflow.>"], hasRecords ? 41 : 0, 0),
  ];
  const consumers = hasRecords
    ? [consumer("mailbox-api", 0, 0, 0), consumer("mailbox-reviewer", 2, 3, 1), consumer("archive", 180, 0, 0)]
    : [];
  return {
    queries: {
      "bus.streams": async () => ok({ engine: "sqlite" as const, streams }),
      "bus.consumers": async (input) => ok(consumers.filter((one) => one.stream === (input.stream ?? one.stream))),
      "bus.read": async (input) => {
        const from = input.from ?? 1;
        const found = messages.filter(({ stream: name, seq }) => name === input.stream && seq >= from);
        const page = found.slice(0, input.limit);
        return ok({ messages: page, ...(found.length > page.length ? { next: from + page.length } : {}) });
      },
    },
    commands: {
      "bus.publish": async () => ok({ stream: "MESSAGES", seq: messages.length + 1, duplicate: false }),
      "bus.request": async ({ subject }) => fail("no_responders", `Nobody answers on "${subject}".`),
      "bus.deleteConsumer": async () => ok({}),
    },
    streams: {
      "bus.tail": (_input, sink) => {
        for (const one of messages.slice(-5)) sink.send({ messages: [one], missed: 0 });
        return ok({ close: () => undefined });
      },
    },
  };
}
