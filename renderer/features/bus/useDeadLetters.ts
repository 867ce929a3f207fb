/** What the tab of dead letters is asked for, and the answers, asked anew while letters come and move. */
import { useDeferredValue, useEffect, useRef, useState, type RefObject } from "react";
import type { DeadLetterFilter, DeadLetterState, ErrorClass } from "#shared/model/deadLetter.ts";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useLetterChanges } from "#renderer/state/deadLetters.ts";
import { useKeys, useNavigation, useRoute } from "#renderer/state/hooks.ts";

const PAGE = 100;
/** Of a flood the list is asked for again this often at most. */
const AGAIN_MS = 500;

export function useDeadLetters(field: RefObject<HTMLInputElement | null>) {
  const route = useRoute();
  const navigation = useNavigation();
  const [states, setStates] = useState<readonly DeadLetterState[]>([]);
  const [errorClass, setErrorClass] = useState<ErrorClass>();
  const [text, setText] = useState("");
  const [limit, setLimit] = useState(PAGE);
  const typed = useDeferredValue(text.trim());
  const filter: DeadLetterFilter = {
    ...(states.length === 0 ? {} : { states: [...states] }),
    ...(errorClass === undefined ? {} : { errorClass }),
  };
  const query = useCoreQuery("deadLetter.list", { filter, limit: Math.min(limit, 500) }, { key: "list" });
  useFollowedList(query.refetch);
  const { data } = query;
  const shown = (data?.letters ?? []).filter(({ consumer, type }) => consumer.includes(typed) || type.includes(typed));
  const selected = route.page === "bus" && route.name !== undefined ? Number(route.name) : undefined;
  const select = (id: number | undefined) =>
    navigation.replace({ page: "bus", tab: "dead", ...(id === undefined ? {} : { name: String(id) }) });
  const step = (by: 1 | -1) => {
    const at = shown.findIndex(({ id }) => id === selected);
    select(shown[at < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, at + by))]?.id);
  };
  useKeys("Dead letters", [
    { keys: "/", label: "Filter by consumer or type", run: () => field.current?.select() },
    { keys: "j", label: "Next letter", run: () => step(1) },
    { keys: "k", label: "Letter above", run: () => step(-1) },
    { keys: "down", label: "Next letter", run: () => step(1), hidden: true },
    { keys: "up", label: "Letter above", run: () => step(-1), hidden: true },
    { keys: "i", label: "Close the inspector", run: () => select(undefined) },
  ]);
  return {
    query,
    data,
    filter,
    shown,
    selected,
    select,
    states,
    toggle: (state: DeadLetterState) =>
      setStates((now) => (now.includes(state) ? now.filter((one) => one !== state) : [...now, state])),
    errorClass,
    setErrorClass,
    text,
    setText,
    typed,
    isFiltered: states.length > 0 || errorClass !== undefined || typed !== "",
    more: () => setLimit((now) => now + PAGE),
  };
}

export type DeadLettersPage = ReturnType<typeof useDeadLetters>;

function useFollowedList(refetch: () => Promise<unknown>): void {
  const change = useLetterChanges();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (change === undefined) return;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void refetch();
    }, AGAIN_MS);
  }, [change, refetch]);
  useEffect(() => () => clearTimeout(timer.current), []);
}
