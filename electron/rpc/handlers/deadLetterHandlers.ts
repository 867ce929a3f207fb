/** Dead letters and the healer. Delegation only. */
import type { StreamItem } from "#shared/contract/index.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { DeadLetter } from "#shared/model/deadLetter.ts";
import type { CommandHandlers, QueryHandlers, StreamHandlers } from "#shared/rpc/handlers.ts";
import type { StreamHandle, StreamSink } from "#shared/rpc/protocol.ts";
import {
  alternateLetter,
  checkPayload,
  discardAll,
  discardLetter,
  editLetter,
  restoreLetter,
  retryAll,
  retryLetter,
  toDeadLetter,
} from "#core/deadLetters/index.ts";
import type { Letter } from "#core/deadLetters/index.ts";
import type { Core } from "#core/app.ts";

type Held = Pick<Core, "backbone">;
type LetterQueries = "deadLetter.list" | "deadLetter.get" | "deadLetter.check";
type LetterCommands =
  | "deadLetter.retry"
  | "deadLetter.edit"
  | "deadLetter.alternate"
  | "deadLetter.discard"
  | "deadLetter.restore"
  | "deadLetter.retryAll"
  | "deadLetter.discardAll"
  | "healer.start";

export function deadLetterQueries({ backbone: { deadLetters } }: Held): Pick<QueryHandlers, LetterQueries> {
  return {
    "deadLetter.list": async ({ filter, ...page }) =>
      ok({ ...deadLetters.list(filter, page), ...deadLetters.standing() }),
    "deadLetter.get": async ({ id }) => deadLetters.detail(id),
    "deadLetter.check": async ({ id, payload }) => emptied(checkPayload(deadLetters, id, payload)),
  };
}

export function deadLetterCommands({ backbone: { deadLetters } }: Held): Pick<CommandHandlers, LetterCommands> {
  return {
    "deadLetter.retry": async ({ id }, { actor }) => moved(retryLetter(deadLetters, id, actor)),
    "deadLetter.edit": async ({ id, payload, retry }, { actor }) =>
      moved(editLetter(deadLetters, id, { payload, retry, actor })),
    "deadLetter.alternate": async ({ id, to }, { actor }) => moved(alternateLetter(deadLetters, id, { to, actor })),
    "deadLetter.discard": async ({ id, reason }, { actor }) => moved(discardLetter(deadLetters, id, { actor, reason })),
    "deadLetter.restore": async ({ id }, { actor }) => moved(restoreLetter(deadLetters, id, actor)),
    "deadLetter.retryAll": async (order, { actor }) => retryAll(deadLetters, { ...order, actor }),
    "deadLetter.discardAll": async (order, { actor }) => discardAll(deadLetters, { ...order, actor }),
    "healer.start": async () => {
      await deadLetters.healer.start();
      return ok({});
    },
  };
}

export function deadLetterStreams(core: Held): Pick<StreamHandlers, "deadLetters"> {
  return { deadLetters: (_input, sink) => streamLetters(core, sink) };
}

function streamLetters(
  { backbone: { deadLetters } }: Held,
  sink: StreamSink<StreamItem<"deadLetters">>,
): Result<StreamHandle> {
  sink.send({ letters: [], removed: [], ...deadLetters.standing() });
  const close = deadLetters.feed.watch({
    changed: (letters, removed) =>
      sink.send({ letters: [...letters], removed: [...removed], ...deadLetters.standing() }),
  });
  return ok({ close });
}

function moved(result: Result<Letter>): Result<{ letter: DeadLetter }> {
  return result.ok ? ok({ letter: toDeadLetter(result.value) }) : result;
}

function emptied(result: Result<void>): Result<Record<string, never>> {
  return result.ok ? ok({}) : result;
}
