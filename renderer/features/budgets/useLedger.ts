/** The ledger page by page: what was read stays while newer entries are put before it. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
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
    queryFn: async ({ pageParam }) => {
      const result = await client.query("usage.entries", {
        ...filter,
        limit: PAGE,
        ...(pageParam === undefined ? {} : { after: pageParam }),
      });
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
