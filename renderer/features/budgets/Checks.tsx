/** What the numbers do not say by themselves: where sources disagree, what nobody knows, what has no price, who can be stopped how. */
import type { ReactElement, ReactNode } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useIsLive, useNavigation, useNowText } from "#renderer/state/hooks.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import type { QueryOutput } from "#shared/contract/index.ts";
import { clockWords, plural } from "#shared/lib/words.ts";
import { tokenWords } from "#shared/lib/amountWords.ts";
import { cliName } from "#shared/model/stateWords.ts";
import { SOURCE_WORDS } from "./ledgerWords.ts";

interface SpanProps {
  readonly from: string;
  readonly scope: string | undefined;
}

interface ListProps {
  readonly query: {
    readonly error: Error | null;
    readonly data: readonly unknown[] | undefined;
    readonly refetch: () => unknown;
  };
  readonly empty: string;
  readonly children: ReactNode;
}

function List({ query, empty, children }: ListProps): ReactElement {
  if (query.error !== null)
    return <Problem title={query.error.message} action="Try again" onAction={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton rows={4} />;
  return query.data.length === 0 ? <p className="ledger-empty t2">{empty}</p> : <ul className="checks">{children}</ul>;
}

export function DriftList({ from, scope }: SpanProps): ReactElement {
  const query = useCoreQuery("usage.drift", { from, ...(scope === undefined ? {} : { scope }) });
  return (
    <List query={query} empty="Where several sources speak of the same session, they agree.">
      {query.data?.map((drift) => (
        <Drift key={`${drift.cliSessionId} ${drift.sessionId} ${drift.a} ${drift.b}`} drift={drift} />
      ))}
    </List>
  );
}

function Drift({ drift }: { readonly drift: QueryOutput<"usage.drift">[number] }): ReactElement {
  const difference = drift.tokensA - drift.tokensB;
  const navigation = useNavigation();
  const { path, sessionId } = drift;
  return (
    <li className="check">
      <div className="row">
        <span className="medium ell">{path ?? `${cliName(drift.agent)}, outside Signalbox`}</span>
        <span className="grow" />
        {path !== undefined && sessionId !== undefined && (
          <Button kind="quiet" onClick={() => navigation.navigate({ page: "session", path, sessionId })}>
            Session
          </Button>
        )}
      </div>
      <div className="t2">
        {SOURCE_WORDS[drift.a]} counts {tokenWords(drift.tokensA)}, {SOURCE_WORDS[drift.b].toLowerCase()}{" "}
        {tokenWords(drift.tokensB)}: {tokenWords(Math.abs(difference))} {difference > 0 ? "less" : "more"}.
      </div>
      {drift.explained.map(({ why, requests, tokens }) => (
        <div key={why} className="t3">
          {tokenWords(Math.abs(tokens))} in {plural(requests, "request")}: {why}
        </div>
      ))}
      <div className={drift.unexplainedTokens === 0 ? "t3" : "budget-notice"}>
        {drift.unexplainedTokens === 0
          ? "All of it is explained."
          : `${tokenWords(Math.abs(drift.unexplainedTokens))} tokens are not explained.`}
      </div>
    </li>
  );
}

const WHY: Readonly<Record<QueryOutput<"usage.unknown">[number]["why"], string>> = {
  interrupted: "interrupted before its usage was told",
  auxiliary: "a request the CLI made for itself, without usage",
  no_usage_in_answer: "the provider's answer held no usage",
  bad_numbers: "the numbers told could not be believed",
  source_lost: "its source fell silent",
};

export function UnknownList({ from }: { readonly from: string }): ReactElement {
  const query = useCoreQuery("usage.unknown", { from });
  return (
    <List query={query} empty="Every request that is known has its tokens known.">
      {query.data?.map((one, index) => (
        <Unknown key={`${one.at} ${one.requestId ?? index}`} one={one} />
      ))}
    </List>
  );
}

function Unknown({ one }: { readonly one: QueryOutput<"usage.unknown">[number] }): ReactElement {
  const at = useNowText((now) => clockWords(Date.parse(one.at), now));
  return (
    <li className="check">
      <div className="row">
        <span className="t3 tab nowrap">{at}</span>
        <span className="medium ell">{one.path ?? cliName(one.agent)}</span>
        {one.model !== undefined && <span className="t3 ell">{one.model}</span>}
      </div>
      <div className="t2">
        {SOURCE_WORDS[one.source]}: {WHY[one.why]}. {one.detail ?? ""}
      </div>
    </li>
  );
}

export function PriceList(): ReactElement {
  const { store } = useApp();
  const isLive = useIsLive();
  const query = useCoreQuery("prices.list", { onlyUsed: true });
  const models = query.data === undefined ? undefined : [...query.data.unpriced, ...query.data.models];
  const set = (model: string, provider: string) => openOverlay(store, { kind: "setPrice", model, provider });
  return (
    <>
      {query.data !== undefined && (
        <p className="small t3 checks-head">
          Prices: {query.data.version}
          {query.data.date === undefined ? "" : `, of ${query.data.date}`}. Dollars per million tokens; your own win.
        </p>
      )}
      <List query={{ ...query, data: models }} empty="No model was used yet.">
        {query.data?.unpriced.map(({ model, provider, tokens, entries }) => (
          <li key={`${provider} ${model}`} className="check check-line">
            <span className="mono ell">{model}</span>
            <span className="budget-notice small">
              no price: {tokenWords(tokens)} in {plural(entries, "request")} cost something nobody counts
            </span>
            <span className="grow" />
            <Button disabled={!isLive} onClick={() => set(model, provider)}>
              Set a price
            </Button>
          </li>
        ))}
        {query.data?.models.map((price) => (
          <li key={`${price.provider} ${price.model}`} className="check check-line">
            <span className="mono ell">{price.model}</span>
            <span className="t3">{price.provider}</span>
            <span className="grow" />
            <span className="t2 tab nowrap">
              {perMillion(price.inputNanos)} in, {perMillion(price.outputNanos)} out
              {price.cacheReadNanos === null ? "" : `, ${perMillion(price.cacheReadNanos)} cache read`}
            </span>
            {price.overridden && <span className="chip">yours</span>}
            <Button kind="quiet" disabled={!isLive} onClick={() => set(price.model, price.provider)}>
              Change
            </Button>
          </li>
        ))}
      </List>
    </>
  );
}

/** Nano-dollars per token are thousandths of a dollar per million. */
function perMillion(nanos: number): string {
  return `$${Number((nanos / 1000).toPrecision(4))}`;
}
