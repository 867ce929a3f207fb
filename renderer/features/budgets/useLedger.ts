/** The ledger page by page: what was read stays while newer entries are put before it. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { ask } from "#renderer/state/ask.ts";
import { QueryRefused } from "#renderer/state/commands.ts";
import type { QueryInput, QueryOutput } from "#shared/contract/index.ts";
import type { LedgerEntry } from "#shared/model/usage.ts";

const PAGE = 200;

export interface LedgerFeed {
  readonly entries: readonly LedgerEntry[];
  readonly isLoaded: boolean;
  readonly isComplete: boolean;
  readonly problem: string | undefined;
  readonly loadMore: () => void;
  readonly refetch: () => Promise<unknown>;
}

export function useLedger(filter: Omit<QueryInput<"usage.entries">, "after" | "limit">): LedgerFeed {
  const { client } = useApp();
  const query = useInfiniteQuery<
    QueryOutput<"usage.entries">,
    Error,
    { pages: QueryOutput<"usage.entries">[] },
    readonly unknown[],
    string | undefined
  >({
    queryKey: ["usage.entries", filter],
    initialPageParam: undefined,
    queryFn: async ({ pageParam, signal }) => {
      const input = { ...filter, limit: PAGE, ...(pageParam === undefined ? {} : { after: pageParam }) };
      const result = await ask(client, { name: "usage.entries", input, signal });
      if (!result.ok) throw new QueryRefused(result.error);
      return result.value;
    },
    getNextPageParam: (last) => last.next,
    placeholderData: (previous) => previous,
    maxPages: 50,
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const entries = useMemo(() => data?.pages.flatMap((page) => page.entries) ?? [], [data]);
  return {
    entries,
    isLoaded: data !== undefined,
    isComplete: !hasNextPage,
    problem: query.error?.message,
    loadMore: () => {
      if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
    },
    refetch: query.refetch,
  };
}
