/** Dead letters in the window: what the core says of them, what a person does with them, and the way back. */
import { useEffect, useMemo, useState } from "react";
import type { QueryOutput, StreamItem } from "#shared/contract/index.ts";
import type { DeadLetterFilter, ToolRef } from "#shared/model/deadLetter.ts";
import type { Result } from "#shared/model/result.ts";
import { plural } from "#shared/lib/words.ts";
import { useApp, type App } from "./AppContext.tsx";
import { useCoreQuery } from "./commands.ts";
import { showToast } from "./overlays.ts";

type LetterChange = StreamItem<"deadLetters">;

/** The newest word of the stream; a new object with each change. */
export function useLetterChanges(): LetterChange | undefined {
  const { client } = useApp();
  const [change, setChange] = useState<LetterChange>();
  useEffect(() => {
    const stream = client.open("deadLetters", {}, { onItem: setChange });
    return () => stream.close();
  }, [client]);
  return change;
}

export interface LetterQuery {
  readonly letter: QueryOutput<"deadLetter.get"> | undefined;
  readonly problem: string | undefined;
  readonly again: () => void;
}

/** One in full; asked again when the stream says that it moved. */
export function useDeadLetter(id: number): LetterQuery {
  const change = useLetterChanges();
  const { data, error, refetch } = useCoreQuery("deadLetter.get", { id });
  useEffect(() => {
    if (change?.letters.some((letter) => letter.id === id) === true) void refetch();
  }, [change, id, refetch]);
  return { letter: data?.id === id ? data : undefined, problem: error?.message, again: () => void refetch() };
}

/** `inbox` items of dead letters carry the number in their id. */
export function letterIdOf(itemId: string): number | undefined {
  const found = /^letter:(\d+)$/.exec(itemId);
  return found === null ? undefined : Number(found[1]);
}

export interface LetterActs {
  /** Each resolves to true when it was done; a refusal is said in a toast. */
  readonly retry: (id: number) => Promise<boolean>;
  readonly alternate: (id: number, to: ToolRef) => Promise<boolean>;
  readonly discard: (id: number) => Promise<boolean>;
  readonly restore: (id: number) => Promise<boolean>;
  readonly retryAll: (filter: DeadLetterFilter, expect: number) => Promise<boolean>;
  readonly discardAll: (filter: DeadLetterFilter, expect: number) => Promise<boolean>;
  /** Undefined: it was sent; else the sentence that says why not. */
  readonly edit: (id: number, payload: string) => Promise<string | undefined>;
  readonly startHealer: () => Promise<boolean>;
}

export function useLetterActs(): LetterActs {
  const app = useApp();
  return useMemo(() => letterActs(app), [app]);
}

function letterActs({ client, store }: App): LetterActs {
  const said = async <T>(asked: Promise<Result<T>>): Promise<T | undefined> => {
    const result = await asked;
    if (result.ok) return result.value;
    showToast(store, { kind: "error", text: result.error.message });
    return undefined;
  };
  const restore = async (id: number) => (await said(client.command("deadLetter.restore", { id }))) !== undefined;
  return {
    restore,
    retry: async (id) => (await said(client.command("deadLetter.retry", { id }))) !== undefined,
    alternate: async (id, to) => (await said(client.command("deadLetter.alternate", { id, to }))) !== undefined,
    discard: async (id) => {
      if ((await said(client.command("deadLetter.discard", { id }))) === undefined) return false;
      showToast(store, { kind: "undo", text: `Discarded dead letter ${id}.`, undo: () => void restore(id) });
      return true;
    },
    retryAll: async (filter, expect) =>
      (await said(client.command("deadLetter.retryAll", { filter, expect }))) !== undefined,
    discardAll: async (filter, expect) => {
      const listed = await said(
        client.query("deadLetter.list", { filter: { states: ["needs_human"], ...filter }, limit: MOST_UNDONE }),
      );
      const done = await said(client.command("deadLetter.discardAll", { filter, expect }));
      if (done === undefined) return false;
      const ids = listed?.letters.map(({ id }) => id) ?? [];
      const undo = async () => {
        for (const id of ids) if (!(await restore(id))) return;
      };
      // More than this are taken back one by one from the list, where they are kept for seven days.
      if (ids.length === done.count)
        showToast(store, {
          kind: "undo",
          text: `Discarded ${plural(done.count, "dead letter")}.`,
          undo: () => void undo(),
        });
      return true;
    },
    edit: async (id, payload) => {
      const result = await client.command("deadLetter.edit", { id, payload });
      return result.ok ? undefined : result.error.message;
    },
    startHealer: async () => (await said(client.command("healer.start", {}))) !== undefined,
  };
}

const MOST_UNDONE = 500;
