/** What the registry's tabs ask for; the page's one fact is of the same answers. */
import type { QueryInput } from "#shared/contract/index.ts";
import { useCoreQuery } from "#renderer/state/commands.ts";

export const CALLS_PAGE = 50;

interface News {
  /** Grows with every change. */
  readonly news: number;
  readonly enabled?: boolean;
}

export function useTemplates({ news, enabled = true }: News) {
  return useCoreQuery("registry.templates", {}, { key: `templates ${news}`, staleMs: 0, enabled });
}

export function useCallLog(asked: QueryInput<"registry.calls">, { news, enabled = true }: News) {
  return useCoreQuery("registry.calls", asked, { key: String(news), staleMs: 0, enabled });
}
