/** The bus for clients. Delegation only. */
import type { StreamItem, StreamRequest } from "#shared/contract/index.ts";
import { patternProblem } from "#shared/lib/subjects.ts";
import type { BusMessage } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { CommandHandlers, QueryHandlers, StreamHandlers } from "#shared/rpc/handlers.ts";
import type { StreamHandle, StreamSink } from "#shared/rpc/protocol.ts";
import type { Core } from "#core/app.ts";

type Held = Pick<Core, "backbone" | "recorder">;

export function busQueries({
  backbone: { bus },
  recorder,
}: Held): Pick<QueryHandlers, Extract<keyof QueryHandlers, `bus.${string}`>> {
  return {
    "bus.streams": async () => {
      recorder.flush();
      const streams = await bus.streams();
      return streams.ok ? ok({ engine: bus.engine, streams: [...streams.value] }) : streams;
    },
    "bus.consumers": async ({ stream }) => {
      const streams = stream === undefined ? await bus.streams() : ok([{ name: stream }]);
      if (!streams.ok) return streams;
      const lists = await Promise.all(streams.value.map(({ name }) => bus.consumers(name)));
      const refused = lists.find((list) => !list.ok);
      return refused?.ok === false ? refused : ok(lists.flatMap((list) => (list.ok ? [...list.value] : [])));
    },
    "bus.read": async ({ stream, from, to, since, filter, limit }) => {
      recorder.flush();
      const read = await bus.read({ stream, limit, ...given({ from, to, since, filter }) });
      if (!read.ok) return read;
      const last = read.value.at(-1);
      const next = last === undefined || read.value.length < limit ? {} : { next: last.seq + 1 };
      return ok({ messages: read.value.map(onTheWire), ...next });
    },
  };
}

export function busCommands({
  backbone: { bus },
}: Held): Pick<CommandHandlers, Extract<keyof CommandHandlers, `bus.${string}`>> {
  return {
    "bus.publish": async ({ subject, data, ...rest }) => {
      const { headers, msgId, expect } = rest;
      return bus.publish({ subject, data, ...given({ headers, msgId, expect: expect && given(expect) }) });
    },
    "bus.request": async ({ subject, data, timeoutMs, headers }) => {
      const answer = await bus.request(subject, data, { timeoutMs, ...given({ headers }) });
      return answer.ok ? ok(onTheWire(answer.value)) : answer;
    },
    "bus.deleteConsumer": async ({ stream, name }) => {
      const deleted = await bus.deleteConsumer(stream, name);
      return deleted.ok ? ok({}) : deleted;
    },
  };
}

export function busStreams(core: Held): Pick<StreamHandlers, "bus.tail"> {
  return { "bus.tail": (input, sink) => tail(core, input, sink) };
}

/** Drops what the client has no room for, and says how much. */
function tail(
  { backbone: { bus } }: Held,
  { pattern }: StreamRequest<"bus.tail">,
  sink: StreamSink<StreamItem<"bus.tail">>,
): Result<StreamHandle> {
  const problem = patternProblem(pattern);
  if (problem !== undefined) return fail("bad_request", problem.message);
  let missed = 0;
  const heard = bus.listen(pattern, (message) => {
    if (sink.room <= 0) missed += 1;
    else {
      sink.send({ messages: [onTheWire(message)], missed });
      missed = 0;
    }
  });
  return ok({ close: () => heard.close() });
}

function onTheWire({ headers, ...message }: BusMessage): StreamItem<"bus.tail">["messages"][number] {
  const copied: Record<string, string[]> = {};
  for (const [name, values] of Object.entries(headers)) copied[name] = [...values];
  return { ...message, headers: copied };
}

/** Without the fields that are not there: exact optional properties. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  Object.assign(kept, Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));
  return kept;
}
