/** For each agent CLI: where its numbers come from, how sure they are, and how it can be held to a budget. */
import type { ReactElement } from "react";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import type { QueryOutput } from "#shared/contract/index.ts";
import { Confidence } from "./Confidence.tsx";
import { SOURCE_WORDS } from "./ledgerWords.ts";

export function SourceList(): ReactElement {
  const query = useCoreQuery("usage.sources", {});
  if (query.error !== null)
    return <Problem title={query.error.message} action="Try again" onAction={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton rows={4} />;
  return (
    <ul className="checks">
      {query.data.map((cli) => (
        <Cli key={cli.agent} cli={cli} />
      ))}
    </ul>
  );
}

function Cli({ cli }: { readonly cli: QueryOutput<"usage.sources">[number] }): ReactElement {
  const { brakes } = cli;
  return (
    <li className="check">
      <span className="medium">{cli.name}</span>
      <div className="sources-grid">
        {cli.sources.map(({ source, what, confidence, live }) => (
          <div key={source} className="sources-line">
            <span className="t2">{SOURCE_WORDS[source]}</span>
            <Confidence value={confidence} />
            <span className="t3">{live ? "while it works" : "when its session is over"}</span>
            <span className="t2">{what}</span>
          </div>
        ))}
        {cli.standsAside !== undefined && <span className="budget-notice">{cli.standsAside}</span>}
        <Brake level="No new prompt" words={brakes.soft} />
        <Brake level="Stop" words={brakes.hard} />
        <Brake
          level="Gateway"
          words={brakes.gateway ?? "It cannot be put behind the gateway: its base address is its own."}
        />
      </div>
    </li>
  );
}

function Brake({ level, words }: { readonly level: string; readonly words: string }): ReactElement {
  return (
    <div className="sources-brake">
      <span className="t3">{level}</span>
      <span className="t2">{words}</span>
    </div>
  );
}
