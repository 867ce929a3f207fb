/** What became different in a context since a snapshot: added, changed and removed, by whom. */
import type { ReactElement } from "react";
import type { SnapshotDiff } from "#shared/model/memory.ts";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { valueWords } from "./memoryWords.ts";

export function SnapshotDiffView({
  from,
  revision,
}: {
  readonly from: string;
  readonly revision: number;
}): ReactElement {
  const diff = useCoreQuery("snapshot.diff", { from }, { key: String(revision), staleMs: 1_000 });
  return (
    <div className="memory-details">
      <h2>Since {from.slice(0, 17)}</h2>
      {diff.error !== null && (
        <Problem title={diff.error.message} action="Try again" onAction={() => void diff.refetch()} />
      )}
      {diff.error === null && diff.data === undefined && <Skeleton rows={4} />}
      {diff.data !== undefined && <Changes diff={diff.data} />}
    </div>
  );
}

interface Line {
  readonly key: string;
  readonly sign: "+" | "−" | "~";
  readonly name: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly by?: string;
}

const SIGNS = { added: "+", removed: "−", changed: "~" } as const;
const SIGN_WORDS = { "+": "Added", "−": "Removed", "~": "Changed" } as const;

function Changes({ diff }: { readonly diff: SnapshotDiff }): ReactElement {
  const lines = linesOf(diff);
  if (lines.length === 0) return <p className="t2">Nothing is different.</p>;
  return (
    <ul className="diff-list">
      {lines.map(({ key, sign, name, before, after, by }) => (
        <li key={key} className={`diff-line diff-${SIGN_WORDS[sign].toLowerCase()}`}>
          <span className="row">
            <span className="mono" aria-label={SIGN_WORDS[sign]}>
              {sign}
            </span>
            <span className="medium">{name}</span>
            {by !== undefined && <span className="t3 small">{by}</span>}
          </span>
          {before !== undefined && <del className="mono small">{before}</del>}
          {after !== undefined && <ins className="mono small">{after}</ins>}
        </li>
      ))}
    </ul>
  );
}

function linesOf({ variables, messages, memories, intent, budget, summary }: SnapshotDiff): readonly Line[] {
  const optional = (value: unknown) => (value === undefined ? undefined : valueWords(value));
  return [
    ...(intent === undefined ? [] : [{ key: "intent", sign: "~" as const, name: "What is wanted", ...intent }]),
    ...variables.map(({ name, change, before, after, author }) => ({
      key: `variable ${name}`,
      sign: SIGNS[change],
      name,
      before: optional(before),
      after: optional(after),
      by: author,
    })),
    ...memories.map(({ id, change, before, after }) => ({
      key: `memory ${id}`,
      sign: SIGNS[change],
      name: "Memory",
      before,
      after,
    })),
    ...messages.removed.map(({ seq, author, text }) => ({
      key: `- ${seq}`,
      sign: "−" as const,
      name: "Message",
      before: text,
      by: author,
    })),
    ...messages.added.map(({ seq, author, text }) => ({
      key: `+ ${seq}`,
      sign: "+" as const,
      name: "Message",
      after: text,
      by: author,
    })),
    ...(budget === undefined
      ? []
      : [
          {
            key: "budget",
            sign: "~" as const,
            name: "Token budget",
            before: optional(budget.before),
            after: optional(budget.after),
          },
        ]),
    ...(summary ? [{ key: "summary", sign: "~" as const, name: "Summary of earlier messages" }] : []),
  ];
}
