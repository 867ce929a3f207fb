/** events: the log of everything that happened, from the store or live. */
import type { StoredEvent } from "#shared/model/event.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { withApp, wholeNumber } from "./command.ts";
import type { CliContext, Command } from "./command.ts";
import { DONE, refused, usage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { readStream } from "./streaming.ts";

const PAGE = 1000;

export const eventCommands: Readonly<Record<string, Command>> = {
  events: {
    usage: "events [--follow] [--subject PATTERN] [--from SEQ]",
    summary: "What happened, from SEQ on; --follow: what happens from now on",
    options: { follow: { type: "boolean", short: "f" }, subject: { type: "string" }, from: { type: "string" } },
    takes: [0, 0],
    run: (context) => {
      const from = wholeNumber(context, "from");
      if (from === "invalid")
        return Promise.resolve(usage("--from takes a sequence number, a whole number from 0 on."));
      return withApp(context, (client) =>
        context.has("follow") ? follow(context, client, from) : readAll(context, client, from),
      );
    },
  },
};

function follow(context: CliContext, client: ConnectedClient, from: number | undefined): Promise<Outcome> {
  const pattern = context.text("subject") ?? ">";
  return readStream(client, {
    name: "events",
    input: from === undefined ? { pattern } : { pattern, from },
    isBytes: false,
    handle: async (item) => {
      for (const event of item.events) await print(context, event);
    },
  });
}

async function readAll(context: CliContext, client: ConnectedClient, start: number | undefined): Promise<Outcome> {
  const pattern = context.text("subject") ?? ">";
  let from = start ?? 0;
  for (;;) {
    const page = await client.query("events.read", { from, pattern, limit: PAGE, order: "asc" });
    if (!page.ok) return refused(page.error);
    for (const event of page.value.events) await print(context, event);
    const last = page.value.events.at(-1);
    if (last === undefined || page.value.events.length < PAGE) return DONE;
    from = last.seq + 1;
  }
}

async function print({ out }: CliContext, event: StoredEvent): Promise<void> {
  if (out.isJson) return out.json(event);
  return out.line(`${event.seq}  ${event.time}  ${event.subject}  ${event.actor}  ${JSON.stringify(event.data)}`);
}
