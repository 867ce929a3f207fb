/** The contexts that agents share, the last written first. */
import { useState, type ReactElement } from "react";
import { countWords, plural } from "#shared/lib/words.ts";
import type { ContextHead } from "#shared/model/memory.ts";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useKeys, useNavigation, useNowText } from "#renderer/state/hooks.ts";
import { Blank } from "#renderer/ui/Blank.tsx";
import { Chip } from "#renderer/ui/Chip.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { MemoryFrame } from "./MemoryFrame.tsx";
import { atWords } from "./memoryWords.ts";
import { EVERY_MS } from "./useMemories.ts";

export function ContextsTab(): ReactElement {
  const key = useNowText((now) => String(Math.floor(now / EVERY_MS)));
  const contexts = useCoreQuery("context.list", { limit: 200 }, { key, staleMs: 0 });
  const heads = contexts.data;
  const [current, setCurrent] = useState<string>();
  const navigation = useNavigation();
  const step = (by: 1 | -1) => {
    const ids = (heads ?? []).map(({ id }) => id);
    const at = current === undefined ? -1 : ids.indexOf(current);
    setCurrent(ids[at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by))]);
  };
  useKeys("Contexts", [
    { keys: "j", label: "Next context", run: () => step(1) },
    { keys: "k", label: "Context above", run: () => step(-1) },
    { keys: "down", label: "Next context", run: () => step(1), hidden: true },
    { keys: "up", label: "Context above", run: () => step(-1), hidden: true },
    {
      keys: "enter",
      label: "Open the context",
      run: () => current !== undefined && navigation.navigate({ page: "memory", tab: "contexts", context: current }),
    },
  ]);
  return (
    <MemoryFrame tab="contexts" fact={heads === undefined ? undefined : plural(heads.length, "context")}>
      <div className="memory">
        {contexts.error !== null && (
          <Problem title={contexts.error.message} action="Try again" onAction={() => void contexts.refetch()} />
        )}
        {contexts.error === null && heads === undefined && <Skeleton rows={6} />}
        {heads !== undefined && heads.length === 0 && (
          <Blank title="No context yet." commands={["signalbox workflow demo"]}>
            Agents make one when they begin a piece of work together: it holds what is wanted, what they found out, and
            snapshots that the next one starts from. Every run of a workflow has its own.
          </Blank>
        )}
        {heads !== undefined && heads.length > 0 && (
          <div className="scroll memory-scroll">
            <div className="context-row memory-head" aria-hidden="true">
              <span>Context</span>
              <span>What is wanted</span>
              <span className="num">Variables</span>
              <span className="num">Messages</span>
              <span className="num">Snapshots</span>
              <span className="num">Written</span>
            </div>
            {heads.map((head) => (
              <Row key={head.id} head={head} isCurrent={head.id === current} />
            ))}
          </div>
        )}
      </div>
    </MemoryFrame>
  );
}

function Row({ head, isCurrent }: { readonly head: ContextHead; readonly isCurrent: boolean }): ReactElement {
  const navigation = useNavigation();
  const at = useNowText((now) => atWords(head.updatedAt, now));
  return (
    <button
      type="button"
      className="context-row"
      aria-current={isCurrent || undefined}
      aria-label={`Context ${head.id}, ${plural(head.variables, "variable")}`}
      onClick={() => navigation.navigate({ page: "memory", tab: "contexts", context: head.id })}
    >
      <span className="row">
        <span className="medium ell">{head.id}</span>
        {head.fleet !== undefined && <span className="t3 small ell">{head.fleet}</span>}
        {head.isExpired && <Chip outline>expired</Chip>}
      </span>
      <span className="t2 ell">{head.intent ?? ""}</span>
      <span className="num tab">{countWords(head.variables)}</span>
      <span className="num tab">{countWords(head.messages)}</span>
      <span className="num tab">{countWords(head.snapshots)}</span>
      <span className="num t3 small tab nowrap">{at}</span>
    </button>
  );
}
