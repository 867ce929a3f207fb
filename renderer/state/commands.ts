/** Commands and queries from components: pending state, and a refusal said where the person looks. */
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type {
  CommandInput,
  CommandName,
  CommandOutput,
  QueryInput,
  QueryName,
  QueryOutput,
} from "#shared/contract/index.ts";
import type { Rejection, Result } from "#shared/model/result.ts";
import { useApp } from "./AppContext.tsx";
import { ask } from "./ask.ts";
import { showToast } from "./overlays.ts";

export interface CommandOptionsHere<K extends CommandName> {
  /** Said with an Undo button after it was done. */
  readonly undo?: (output: CommandOutput<K>) => { readonly text: string; readonly run: () => void };
  /** The caller shows the refusal itself. */
  readonly isQuiet?: boolean;
}

export interface CommandState<K extends CommandName> {
  readonly isPending: boolean;
  readonly error: Rejection | undefined;
  readonly run: (input: CommandInput<K>, options?: CommandOptionsHere<K>) => Promise<Result<CommandOutput<K>>>;
}

export function useCommand<K extends CommandName>(name: K): CommandState<K> {
  const { client, store } = useApp();
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<Rejection>();
  const run = useCallback(
    async (input: CommandInput<K>, { undo, isQuiet }: CommandOptionsHere<K> = {}) => {
      setPending(true);
      setError(undefined);
      const result = await client.command(name, input);
      setPending(false);
      if (!result.ok) {
        setError(result.error);
        if (isQuiet !== true) showToast(store, { kind: "error", text: result.error.message });
      } else if (undo !== undefined) {
        const { text, run: undone } = undo(result.value);
        showToast(store, { kind: "undo", text, undo: undone });
      }
      return result;
    },
    [client, name, store],
  );
  return { isPending, error, run };
}

/** A refused query, as react-query wants it thrown. */
export class QueryRefused extends Error {
  readonly rejection: Rejection;
  constructor(rejection: Rejection) {
    super(rejection.message);
    this.rejection = rejection;
  }
}

export interface QueryOptionsHere {
  readonly enabled?: boolean;
  readonly staleMs?: number;
  /** Asked again when this changes. */
  readonly key?: string;
}

/** Asks the core, and waits for one that is away; all who ask the same share the answer, asked again after a reconnect. */
export function useCoreQuery<K extends QueryName>(
  name: K,
  input: QueryInput<K>,
  { enabled = true, staleMs = 5_000, key }: QueryOptionsHere = {},
): UseQueryResult<QueryOutput<K>, Error> {
  const { client } = useApp();
  return useQuery<QueryOutput<K>, Error>({
    queryKey: key === undefined ? [name, input] : [name, input, key],
    // While it is asked again, what was known stays in sight.
    ...(key === undefined ? {} : { placeholderData: keepPreviousData }),
    enabled,
    staleTime: staleMs,
    queryFn: async ({ signal }) => {
      const result = await ask(client, { name, input, signal });
      if (!result.ok) throw new QueryRefused(result.error);
      return result.value;
    },
  });
}
