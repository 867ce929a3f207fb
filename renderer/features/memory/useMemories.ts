/** What the list asks for: by filters, or by a search; asked again while it is looked at. */
import { useDeferredValue, useRef, useState } from "react";
import type { MemoryHit, MemoryItem, MemoryKind, MemoryTier } from "#shared/model/memory.ts";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useKeys, useNowText, useRoute } from "#renderer/state/hooks.ts";

/** Agents store while a person looks. */
export const EVERY_MS = 3_000;
const LIMIT = 200;

export interface MemoryRow {
  readonly memory: MemoryItem;
  /** Of a search. */
  readonly hit?: MemoryHit;
}

export function useMemories() {
  const filters = useFilters();
  const answers = useAnswers(filters);
  const { rows } = answers;
  const [picked, setPicked] = useState<string>();
  const step = (by: 1 | -1) => {
    const ids = (rows ?? []).map(({ memory }) => memory.id);
    const at = picked === undefined ? -1 : ids.indexOf(picked);
    setPicked(ids[at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by))]);
  };
  useKeys("Memory", [
    { keys: "/", label: "Search memories", run: () => filters.field.current?.select() },
    { keys: "j", label: "Next memory", run: () => step(1) },
    { keys: "k", label: "Memory above", run: () => step(-1) },
    { keys: "down", label: "Next memory", run: () => step(1), hidden: true },
    { keys: "up", label: "Memory above", run: () => step(-1), hidden: true },
    { keys: "i", label: "Close the inspector", run: () => setPicked(undefined) },
  ]);
  return { ...filters, ...answers, picked, setPicked };
}

function useFilters() {
  const route = useRoute();
  const asked = route.page === "memory" ? route.text : undefined;
  const [text, setText] = useState(asked ?? "");
  // Asked for again from the palette, while the page is open.
  const [seen, setSeen] = useState(asked);
  if (asked !== seen) {
    setSeen(asked);
    if (asked !== undefined) setText(asked);
  }
  const [kind, setKind] = useState<MemoryKind | "all">("all");
  const [tier, setTier] = useState<MemoryTier | "all">("all");
  const [scope, setScope] = useState("all");
  const [state, setState] = useState<"live" | "forgotten" | "ended">("live");
  const field = useRef<HTMLInputElement>(null);
  return { text, setText, kind, setKind, tier, setTier, scope, setScope, state, setState, field };
}

function useAnswers({ text, kind, tier, scope, state }: ReturnType<typeof useFilters>) {
  const key = useNowText((now) => String(Math.floor(now / EVERY_MS)));
  const wanted = useDeferredValue(text.trim());
  const isSearch = /[\p{L}\p{N}]/u.test(wanted) && state === "live";
  const filter = {
    ...(kind === "all" ? {} : { kinds: [kind] }),
    ...(tier === "all" ? {} : { tier }),
    ...(scope === "all" ? {} : { scopes: [scope] }),
  };
  const stats = useCoreQuery("memory.stats", {}, { key, staleMs: 0 });
  const listed = useCoreQuery(
    "memory.list",
    { ...filter, state, limit: LIMIT },
    { key, staleMs: 0, enabled: !isSearch },
  );
  const found = useCoreQuery(
    "memory.search",
    { ...filter, text: wanted, limit: 50 },
    { key, staleMs: 0, enabled: isSearch },
  );
  const asked = isSearch ? found : listed;
  const rows: readonly MemoryRow[] | undefined = isSearch
    ? found.data?.hits.map((hit) => ({ memory: hit.memory, hit }))
    : listed.data?.memories.map((memory) => ({ memory }));
  const again = () => void Promise.all([stats.refetch(), asked.refetch()]);
  const total = isSearch ? undefined : listed.data?.total;
  const isNarrowed = Object.keys(filter).length > 0 || wanted !== "";
  return { stats, rows, total, isSearch, isNarrowed, again, error: asked.error };
}
