/** Says aloud, once and politely, what newly waits for a person; what is said elsewhere is not said here. */
import { useEffect, useState, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { openItems } from "#renderer/state/derive.ts";
import { stateWords } from "#shared/model/stateWords.ts";

export function NewsReader(): ReactElement {
  const { store } = useApp();
  const [news, setNews] = useState("");
  useEffect(
    () =>
      store.subscribe((state, before) => {
        if (state.inbox !== before.inbox && before.hasTree) {
          const known = new Set(openItems(before.inbox).map((item) => item.id));
          const added = openItems(state.inbox).filter((item) => !known.has(item.id));
          if (added.length > 0) setNews(added.map((item) => item.title).join(". "));
        }
        const path = state.selected;
        if (path === undefined || path !== before.selected) return;
        const node = state.nodes.get(path);
        if (node !== undefined && node.state !== before.nodes.get(path)?.state)
          setNews(`${node.id}: ${stateWords(node, Date.now())}`);
      }),
    [store],
  );
  return (
    <div className="sr-only" role="status" aria-live="polite">
      {news}
    </div>
  );
}
