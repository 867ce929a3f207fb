/** One context: its variables and who wrote them, what was said, its snapshots with what became different and the way back. */
import { Camera } from "lucide-react";
import { useState, type ReactElement } from "react";
import { countWords, plural } from "#shared/lib/words.ts";
import type { SharedContext, Variable } from "#shared/model/memory.ts";
import { useCommand, useCoreQuery } from "#renderer/state/commands.ts";
import { useIsLive, useKeys, useNavigation, useNowText } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Chip } from "#renderer/ui/Chip.tsx";
import { Page } from "#renderer/ui/Page.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { atWords, valueWords } from "./memoryWords.ts";
import { Snapshots } from "./Snapshots.tsx";
import { SnapshotDiffView } from "./SnapshotDiffView.tsx";
import { EVERY_MS } from "./useMemories.ts";

export function ContextView({ id }: { readonly id: string }): ReactElement {
  const navigation = useNavigation();
  const [compared, setCompared] = useState<string>();
  const key = useNowText((now) => String(Math.floor(now / EVERY_MS)));
  const context = useCoreQuery("context.get", { id }, { key, staleMs: 0 });
  const back = () => navigation.navigate({ page: "memory", tab: "contexts" });
  useKeys("Context", [
    { keys: "esc", label: "All contexts", run: back },
    { keys: "i", label: "Close the inspector", run: () => setCompared(undefined) },
  ]);
  const data = context.data;
  return (
    <Page
      title="Memory"
      fact={
        <>
          <button type="button" className="link" onClick={back}>
            Contexts
          </button>{" "}
          / {id}
        </>
      }
      bleed
      inspector={compared !== undefined && <SnapshotDiffView from={compared} revision={data?.revision ?? 0} />}
      onCloseInspector={() => setCompared(undefined)}
      actions={<TakeSnapshot id={id} onTaken={() => void context.refetch()} />}
    >
      {context.error !== null && <Problem title={context.error.message} action="All contexts" onAction={back} />}
      {context.error === null && data === undefined && <Skeleton rows={8} />}
      {data !== undefined && (
        <div className="memory scroll context-view">
          <p className="context-facts">
            {data.intent !== undefined && <span className="medium">{data.intent}</span>}{" "}
            <span className="t2 small">{factWords(data)}</span>
          </p>
          <Variables variables={data.variables} />
          <Snapshots contextId={id} revision={data.revision} compared={compared} onCompare={setCompared} />
          <Said context={data} />
        </div>
      )}
    </Page>
  );
}

function factWords({ fleet, revision, isExpired, budget }: SharedContext): string {
  return [
    ...(fleet === undefined ? [] : [fleet]),
    `revision ${countWords(revision)}`,
    ...(isExpired ? ["expired"] : []),
    ...(budget === undefined
      ? []
      : [`${countWords(budget.tokens - budget.used)} of ${countWords(budget.tokens)} tokens left`]),
  ].join(", ");
}

function TakeSnapshot({ id, onTaken }: { readonly id: string; readonly onTaken: () => void }): ReactElement {
  const isLive = useIsLive();
  const take = useCommand("context.snapshot");
  return (
    <Button
      icon={<Camera size={14} />}
      disabled={!isLive}
      running={take.isPending && "Taking"}
      onClick={() => void take.run({ id }).then(onTaken)}
    >
      Snapshot
    </Button>
  );
}

function Variables({ variables }: { readonly variables: readonly Variable[] }): ReactElement {
  return (
    <section aria-label="Variables">
      <h2>{plural(variables.length, "variable")}</h2>
      {variables.length === 0 && <p className="t2">Nothing is written here yet.</p>}
      {variables.map((variable) => (
        <VariableRow key={variable.name} variable={variable} />
      ))}
    </section>
  );
}

function VariableRow({ variable }: { readonly variable: Variable }): ReactElement {
  const { name, value, author, version, at, expiresAt } = variable;
  const written = useNowText((now) => `${author}, ${atWords(at, now)}`);
  const ends = useNowText((now) => (expiresAt === undefined ? "" : `until ${atWords(expiresAt, now)}`));
  return (
    <div className="variable-row">
      <span className="medium ell">{name}</span>
      <span className="mono small variable-value">{valueWords(value)}</span>
      <span className="t3 small ell">
        {written} {ends}
      </span>
      <span className="num t3 small tab" title="Version">
        {version}
      </span>
    </div>
  );
}

function Said({ context }: { readonly context: SharedContext }): ReactElement {
  const { messages, summary } = context;
  return (
    <section aria-label="Messages">
      <h2>{plural(messages.length, "message")}</h2>
      {messages.length === 0 && summary === undefined && (
        <p className="t2">Nobody has said anything in this context.</p>
      )}
      {summary !== undefined && (
        <details className="context-summary">
          <summary className="t2 small">{plural(summary.dropped, "earlier message")} left out</summary>
          <pre className="small t2">{summary.text}</pre>
        </details>
      )}
      {messages.map((message) => (
        <div key={message.seq} className="context-message">
          <span className="row">
            <span className="medium">{message.author}</span>
            {message.role === "tool" && <Chip outline>tool</Chip>}
            <MessageTime at={message.at} />
          </span>
          <p>{message.text}</p>
        </div>
      ))}
    </section>
  );
}

function MessageTime({ at }: { readonly at: string }): ReactElement {
  return <span className="t3 small tab">{useNowText((now) => atWords(at, now))}</span>;
}
