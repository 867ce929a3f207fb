/** Messages to agents. Delegation only. */
import { PERSON } from "#shared/model/mail.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { CommandHandlers, QueryHandlers, StreamHandlers } from "#shared/rpc/handlers.ts";
import type { Core } from "#core/app.ts";

type MessageQueries = "message.list" | "message.get";
type MessageCommands = "message.send" | "message.cancel" | "message.restore" | "message.deliver";

export function messageQueries({ mailboxes }: Core): Pick<QueryHandlers, MessageQueries> {
  return {
    "message.list": async ({ waiting, ...filter }) => ok([...mailboxes.list({ ...filter, isWaiting: waiting })]),
    "message.get": async ({ id }) => ok([...mailboxes.copies(id)]),
  };
}

export function messageCommands({ mailboxes }: Core): Pick<CommandHandlers, MessageCommands> {
  return {
    "message.send": async (order) => {
      const posted = await mailboxes.post({ ...order, from: PERSON });
      return posted.ok ? ok({ ...posted.value, to: [...posted.value.to] }) : posted;
    },
    "message.cancel": async ({ id, to }, { actor }) => mailboxes.cancel(id, to, actor),
    "message.restore": async ({ id, to }, { actor }) => mailboxes.restore(id, to, actor),
    "message.deliver": async ({ id, to }) => mailboxes.deliverNow(id, to),
  };
}

export function messageStreams({ mailboxes }: Core): Pick<StreamHandlers, "messages"> {
  return {
    messages: ({ limit }, sink): Result<{ close: () => void }> => {
      sink.send({ type: "snapshot", messages: [...mailboxes.recent(limit)] });
      return ok({ close: mailboxes.watch((message) => sink.send({ type: "message", message })) });
    },
  };
}
