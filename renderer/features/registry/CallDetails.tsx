/** One call in full: who asked for what, what came back, how long it took. */
import type { ReactElement } from "react";
import { clockWords } from "#shared/lib/words.ts";
import type { ToolCallDetail } from "#shared/model/toolServer.ts";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useNowText } from "#renderer/state/hooks.ts";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { callerWords, outcomeOf, prettyJson, tookWords } from "./registryWords.ts";

interface Props {
  readonly id: string;
  readonly onCall: (id: string) => void;
}

export function CallDetails({ id, onCall }: Props): ReactElement {
  const { data, error, refetch } = useCoreQuery("registry.call", { id }, { staleMs: 0 });
  if (error !== null) return <Problem title={error.message} action="Try again" onAction={() => void refetch()} />;
  return data === undefined ? <Skeleton rows={4} /> : <Details call={data} onCall={onCall} />;
}

function Details({ call, onCall }: Pick<Props, "onCall"> & { readonly call: ToolCallDetail }): ReactElement {
  const when = useNowText((now) => clockWords(Date.parse(call.startedAt), now));
  const { word, lamp } = outcomeOf(call);
  const { cachedFrom } = call;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["Server", call.server],
    ["By", callerWords(call)],
    ["When", when],
    ["Took", tookWords(call) || undefined],
    ["Tries", call.attempts > 1 ? String(call.attempts) : undefined],
    ["Context", call.contextId],
    ["Correlation", call.correlationId],
  ];
  return (
    <div className="registry-details">
      <div>
        <h2 className="strong mono">{call.tool}</h2>
        <p className="registry-state">
          <Lamp state={lamp} size={12} />
          {word}
        </p>
        {call.message !== undefined && <p className="registry-refusal">{call.message}</p>}
        {cachedFrom !== undefined && (
          <p className="t2">
            The server was not asked. This is{" "}
            <button type="button" className="link" onClick={() => onCall(cachedFrom)}>
              an earlier call's answer
            </button>
            .
          </p>
        )}
      </div>
      <dl className="registry-facts small">
        {rows.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name} className="registry-fact">
              <dt className="t3">{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
      <h3 className="registry-heading">Arguments</h3>
      <pre className="code-block registry-json">{prettyJson(call.args)}</pre>
      {call.result !== undefined && (
        <>
          <h3 className="registry-heading">Answer</h3>
          <pre className="code-block registry-json">{prettyJson(call.result)}</pre>
        </>
      )}
    </div>
  );
}
