/** bus: its streams and consumers, what they hold, what passes by, and a word of one's own. */
import type { BusMessage, ConsumerInfo, StreamInfo } from "#shared/model/bus.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { show, wholeNumber, withApp } from "./command.ts";
import type { CliContext, Command } from "./command.ts";
import { DONE, refused, usage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { table } from "./output.ts";
import { readStream } from "./streaming.ts";

const PAGE = 500;

type Verb = (context: CliContext, client: ConnectedClient, args: readonly string[]) => Promise<Outcome>;

const VERBS: Readonly<Record<string, { readonly takes: readonly [number, number]; readonly run: Verb }>> = {
  ls: { takes: [0, 0], run: streams },
  consumers: { takes: [0, 1], run: consumers },
  read: { takes: [1, 1], run: read },
  tail: { takes: [0, 1], run: tail },
  pub: { takes: [2, 2], run: publish },
  request: { takes: [2, 2], run: request },
};

export const busCommands: Readonly<Record<string, Command>> = {
  bus: {
    usage:
      "bus ls | consumers [STREAM] | read STREAM [--from SEQ] [--since TIME] [--filter PATTERN] [--limit N] | tail [PATTERN] | pub SUBJECT DATA [--msg-id ID] [--expect-last SEQ] | request SUBJECT DATA [--timeout MS]",
    summary: "The bus between agents: streams, consumers, messages",
    options: {
      from: { type: "string" },
      since: { type: "string" },
      filter: { type: "string" },
      limit: { type: "string" },
      "msg-id": { type: "string" },
      "expect-last": { type: "string" },
      timeout: { type: "string" },
    },
    takes: [1, 3],
    run: async (context) => {
      const [name = "", ...args] = context.args;
      const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
      if (verb === undefined)
        return usage(`"signalbox bus" takes one of ${Object.keys(VERBS).join(", ")}; "${name}" is none of them.`);
      if (args.length < verb.takes[0] || args.length > verb.takes[1])
        return usage(`Usage: signalbox ${busCommands["bus"]?.usage ?? ""}`);
      return withApp(context, (client) => verb.run(context, client, args));
    },
  },
};

async function streams(context: CliContext, client: ConnectedClient): Promise<Outcome> {
  return show(context, await client.query("bus.streams", {}), (found) =>
    table([STREAM_HEAD, ...found.streams.map(streamRow)]),
  );
}

const STREAM_HEAD = ["STREAM", "MESSAGES", "BYTES", "FIRST", "LAST", "CONSUMERS", "SUBJECTS"];

function streamRow({ name, messages, bytes, firstSeq, lastSeq, consumers: count, subjects }: StreamInfo): string[] {
  return [name, ...[messages, bytes, firstSeq, lastSeq, count].map(String), subjects.join(" ")];
}

async function consumers(context: CliContext, client: ConnectedClient, [stream]: readonly string[]): Promise<Outcome> {
  const found = await client.query("bus.consumers", stream === undefined ? {} : { stream });
  return show(context, found, (all) => table([CONSUMER_HEAD, ...all.map(consumerRow)]));
}

const CONSUMER_HEAD = ["STREAM", "CONSUMER", "LAG", "PENDING", "REDELIVERED", "ACKED TO", "LISTENS", "FILTER"];

function consumerRow({ stream, name, config, ...info }: ConsumerInfo): string[] {
  const counts = [info.lag, info.ackPending, info.redelivered, info.ackFloor].map(String);
  return [stream, name, ...counts, info.isActive ? "yes" : "no", config.filters.join(" ") || ">"];
}

async function read(context: CliContext, client: ConnectedClient, [stream = ""]: readonly string[]): Promise<Outcome> {
  const from = wholeNumber(context, "from");
  const limit = wholeNumber(context, "limit");
  if (from === "invalid" || limit === "invalid") return usage("--from and --limit take whole numbers from 0 on.");
  const since = context.text("since");
  const filter = context.text("filter");
  let left = limit ?? Number.POSITIVE_INFINITY;
  for (let next = from; left > 0;) {
    const page = await client.query("bus.read", {
      stream,
      limit: Math.min(PAGE, left),
      ...(next === undefined ? {} : { from: next }),
      ...(since === undefined ? {} : { since }),
      ...(filter === undefined ? {} : { filter }),
    });
    if (!page.ok) return refused(page.error);
    for (const message of page.value.messages) await print(context, message);
    left -= page.value.messages.length;
    next = page.value.next;
    if (next === undefined) return DONE;
  }
  return DONE;
}

function tail(context: CliContext, client: ConnectedClient, [pattern]: readonly string[]): Promise<Outcome> {
  return readStream(client, {
    name: "bus.tail",
    input: pattern === undefined ? {} : { pattern },
    isBytes: false,
    handle: async ({ messages, missed }) => {
      if (missed > 0) context.out.complain(`signalbox: ${missed} messages passed too quickly; "bus read" has them.`);
      for (const message of messages) await print(context, message);
    },
  });
}

async function publish(context: CliContext, client: ConnectedClient, args: readonly string[]): Promise<Outcome> {
  const [subject = "", data = ""] = args;
  const lastSeq = wholeNumber(context, "expect-last");
  if (lastSeq === "invalid") return usage("--expect-last takes a sequence number, a whole number from 0 on.");
  const msgId = context.text("msg-id");
  const published = await client.command("bus.publish", {
    subject,
    data,
    ...(msgId === undefined ? {} : { msgId }),
    ...(lastSeq === undefined ? {} : { expect: { lastSeq } }),
  });
  return show(context, published, ({ stream, seq, duplicate }) => [
    duplicate ? `${stream} has it already, as ${seq}` : `${stream} ${seq}`,
  ]);
}

async function request(context: CliContext, client: ConnectedClient, args: readonly string[]): Promise<Outcome> {
  const [subject = "", data = ""] = args;
  const timeoutMs = wholeNumber(context, "timeout");
  if (timeoutMs === "invalid") return usage("--timeout takes milliseconds, a whole number.");
  const answered = await client.command("bus.request", {
    subject,
    data,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return show(context, answered, (message) => [message.data]);
}

async function print({ out }: CliContext, message: BusMessage): Promise<void> {
  if (out.isJson) return out.json(message);
  return out.line(`${message.stream} ${message.seq}  ${message.time}  ${message.subject}  ${message.data}`);
}
