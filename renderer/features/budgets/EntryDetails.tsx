/** The inspector of one ledger entry: its numbers, every version of them, and what each source said. */
import type { ReactElement, ReactNode } from "react";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useNavigation } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import type { QueryOutput } from "#shared/contract/index.ts";
import type { LedgerEntry } from "#shared/model/usage.ts";
import { countWords, dayWords, exactClock } from "#shared/lib/words.ts";
import { cliName } from "#shared/model/stateWords.ts";
import { costWords } from "#shared/lib/amountWords.ts";
import { Confidence } from "./Confidence.tsx";
import { entryCost, entryWho, MARK_WORDS, SOURCE_WORDS } from "./ledgerWords.ts";

export function EntryDetails({ id }: { readonly id: number }): ReactElement {
  const query = useCoreQuery("usage.entry", { id });
  if (query.error !== null)
    return <Problem title={query.error.message} action="Try again" onAction={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton rows={4} />;
  const { entry, history, reports } = query.data;
  return (
    <>
      <div className="inspect-head">
        <h2 className="strong ell">{entryWho(entry)}</h2>
        <span className="grow" />
        <span className="medium">{entryCost(entry)}</span>
      </div>
      <OpenSession entry={entry} />
      <div className="inspect-block">
        <dl>
          <Numbers entry={entry} />
          <Names entry={entry} />
        </dl>
        {entry.marks.map((mark) => (
          <p key={mark} className="small budget-notice">
            {MARK_WORDS[mark]}
          </p>
        ))}
      </div>
      {history.length > 1 && <Versions history={history} current={entry.id} />}
      <Reports reports={reports} />
    </>
  );
}

function OpenSession({ entry }: { readonly entry: LedgerEntry }): ReactElement | null {
  const navigation = useNavigation();
  const { path, sessionId } = entry;
  if (path === undefined || sessionId === undefined) return null;
  return (
    <div className="inspect-actions">
      <Button kind="primary" onClick={() => navigation.navigate({ page: "session", path, sessionId })}>
        Session
      </Button>
      <Button onClick={() => navigation.navigate({ page: "tree", path })}>Show in tree</Button>
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return (
    <div className="inspect-fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Numbers({ entry }: { readonly entry: LedgerEntry }): ReactElement {
  const { tokens } = entry;
  return (
    <>
      <Fact name="Input">{countWords(tokens.input)}</Fact>
      <Fact name="Cache read">{countWords(tokens.cacheRead)}</Fact>
      <Fact name="Cache write">{countWords(tokens.cacheWrite)}</Fact>
      <Fact name="Output">
        {countWords(tokens.output)}{" "}
        {tokens.reasoning > 0 && <span className="t3">{countWords(tokens.reasoning)} of it reasoning</span>}
      </Fact>
      <Fact name="Price">{entry.priceVersion ?? <span className="t3">none is known for this model</span>}</Fact>
      {entry.reportedCostNanos !== undefined && (
        <Fact name="CLI says">
          {costWords(entry.reportedCostNanos)} <span className="t3">its own figure, not counted</span>
        </Fact>
      )}
      <Fact name="Source">
        {SOURCE_WORDS[entry.source]} <Confidence value={entry.confidence} />
      </Fact>
    </>
  );
}

function Names({ entry }: { readonly entry: LedgerEntry }): ReactElement {
  const at = Date.parse(entry.at);
  return (
    <>
      <Fact name="When">
        {dayWords(at)}, {exactClock(at)}
      </Fact>
      <Fact name="Agent">{entry.path ?? "outside Signalbox"}</Fact>
      <Fact name="CLI">
        {cliName(entry.agent)}{" "}
        <span className="t3">{entry.subagent === undefined ? entry.kind : `${entry.kind} ${entry.subagent}`}</span>
      </Fact>
      <Fact name="Model">
        <span className="mono">{entry.model}</span> <span className="t3">{entry.provider}</span>
      </Fact>
      {entry.outcome !== "complete" && <Fact name="Outcome">{entry.outcome}</Fact>}
      {entry.isRemainder && <Fact name="Kind">what the session's own total knows beyond its requests</Fact>}
      {entry.requestId !== undefined && <Id name="Request" value={entry.requestId} />}
      {entry.messageId !== undefined && <Id name="Message" value={entry.messageId} />}
      {entry.cliSessionId !== undefined && <Id name="CLI session" value={entry.cliSessionId} />}
    </>
  );
}

function Id({ name, value }: { readonly name: string; readonly value: string }): ReactElement {
  return (
    <Fact name={name}>
      <span className="mono" title={value}>
        {value}
      </span>
    </Fact>
  );
}

function Versions({
  history,
  current,
}: {
  readonly history: readonly LedgerEntry[];
  readonly current: number;
}): ReactElement {
  return (
    <section className="inspect-block" aria-label="Versions">
      <div className="section-head">Versions</div>
      <ul className="budget-history">
        {history.map((version) => (
          <li key={version.id}>
            <span className="t3 tab nowrap">{exactClock(Date.parse(version.recordedAt))}</span>
            <span className={version.id === current ? "t1 medium" : "t2"}>
              {SOURCE_WORDS[version.source]}: {countWords(version.tokens.input)} in, {countWords(version.tokens.output)}{" "}
              out, {entryCost(version)}
            </span>
            <span className="t3">{version.supersededBy === undefined ? "counts" : "superseded"}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Reports({ reports }: { readonly reports: QueryOutput<"usage.entry">["reports"] }): ReactElement | null {
  if (reports.length === 0) return null;
  return (
    <section className="inspect-block" aria-label="What each source said">
      <div className="section-head">What each source said</div>
      <ul className="budget-history">
        {reports.map((word) => (
          <li key={`${word.source} ${word.sourceKey}`}>
            <span className="t3 tab nowrap">{exactClock(Date.parse(word.at))}</span>
            <span className="t1">
              {SOURCE_WORDS[word.source]}:{" "}
              {word.tokens === null
                ? "no tokens"
                : `${countWords(word.tokens.input)} in, ${countWords(word.tokens.cacheRead)} cached, ${countWords(word.tokens.output)} out`}
            </span>
            <Confidence value={word.confidence} />
          </li>
        ))}
      </ul>
    </section>
  );
}
