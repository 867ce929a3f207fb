/** The contexts that agents share, the last written first. */
import type { ReactElement } from "react";
import { countWords, plural } from "#shared/lib/words.ts";
import type { ContextHead } from "#shared/model/memory.ts";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useNavigation, useNowText } from "#renderer/state/hooks.ts";
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
  return (
    <MemoryFrame tab="contexts" fact={heads === undefined ? undefined : plural(heads.length, "context")}>
      <div className="memory">
        {contexts.error !== null && (
          <Problem title={contexts.error.message} action="Try again" onAction={() => void contexts.refetch()} />
        )}
        {contexts.error === null && heads === undefined && <Skeleton rows={6} />}
        {heads !== undefined && heads.length === 0 && (
          <p className="memory-empty t2">
            There is no context yet. Agents make one when they begin a piece of work together; it holds what they found
            out.
          </p>
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
              <Row key={head.id} head={head} />
            ))}
          </div>
        )}
      </div>
    </MemoryFrame>
  );
}

function Row({ head }: { readonly head: ContextHead }): ReactElement {
  const navigation = useNavigation();
  const at = useNowText((now) => atWords(head.updatedAt, now));
  return (
    <button
      type="button"
      className="context-row"
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
