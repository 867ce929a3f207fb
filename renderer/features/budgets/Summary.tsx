/** The answer first: what was spent, of what, and how sure that is. */
import type { ReactElement } from "react";
import { useAppState, useNowText } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import type { Budget } from "#shared/model/budget.ts";
import type { UsageSum } from "#shared/model/usage.ts";
import { clockWords, plural } from "#shared/lib/words.ts";
import { costWords, tokenWords } from "#shared/lib/amountWords.ts";
import type { Forecast } from "./chartData.ts";
import { scopeName } from "./budgetWords.ts";
import { sumWords, type Measure } from "./measures.ts";
import { SPAN_WORDS, type Span } from "./periods.ts";

interface Props {
  readonly total: UsageSum;
  readonly measure: Measure;
  readonly span: Span;
  readonly scope: string | undefined;
  readonly budget: Budget | undefined;
  readonly forecast: Forecast | undefined;
  readonly onCheck: (what: "prices" | "ledger") => void;
}

export function Summary(props: Props): ReactElement {
  const { total, measure, span, scope, budget } = props;
  const cached = total.cacheRead + total.cacheWrite;
  const percent =
    budget === undefined || budget.allowance <= 0 ? undefined : Math.round((budget.spent / budget.allowance) * 100);
  return (
    <div className="summary">
      <div className="summary-line">
        <span className="figure">{sumWords(total, measure)}</span>
        <span className="t2">
          {scope === undefined ? "" : `${scopeName(scope)}, `}
          {budget === undefined
            ? SPAN_WORDS[span]
            : `of ${measure === "cost" ? costWords(budget.allowance) : tokenWords(budget.allowance)}, ${percent ?? 100}%`}
        </span>
        <span className="t2">
          {tokenWords(total.totalTokens)} tokens{cached > 0 && `, ${tokenWords(cached)} of them cached`}
        </span>
        <Burn />
      </div>
      <Doubts {...props} />
    </div>
  );
}

function Burn(): ReactElement | null {
  const burn = useAppState((state) => state.burn);
  if (burn === undefined || burn.perMinuteTokens === 0) return null;
  return (
    <span className="t2 tab" title="Over the last five minutes, all agents">
      {costWords(burn.perHourNanos)} an hour now, {tokenWords(Math.round(burn.perMinuteTokens))} tokens a minute
    </span>
  );
}

function Doubts({ total, measure, forecast, budget, span, onCheck }: Props): ReactElement | null {
  const limitAt = useNowText((now) =>
    budget?.forecastAt === undefined ? "" : clockWords(Date.parse(budget.forecastAt), now),
  );
  const ahead = measure === "cost" && forecast !== undefined ? forecastWords(forecast, span) : "";
  const isSure = total.unpricedEntries === 0 && total.estimatedEntries === 0;
  if (ahead === "" && limitAt === "" && isSure) return null;
  return (
    <div className="summary-doubts small">
      {ahead !== "" && <span className="t2">{ahead}</span>}
      {limitAt !== "" && <span className="budget-notice">Its budget is used up about {limitAt} at this pace.</span>}
      {!isSure && <Unsure total={total} onCheck={onCheck} />}
    </div>
  );
}

function Unsure({ total, onCheck }: Pick<Props, "total" | "onCheck">): ReactElement {
  return (
    <>
      {total.unpricedEntries > 0 && (
        <Button kind="quiet" onClick={() => onCheck("prices")}>
          {`${plural(total.unpricedEntries, "request")}, ${tokenWords(total.unpricedTokens)} tokens, have no price`}
        </Button>
      )}
      {total.estimatedEntries > 0 && (
        <span className="t2">
          {plural(total.estimatedEntries, "entry is", "entries are")} estimated, {costWords(total.estimatedCostNanos)}{" "}
          of it
        </span>
      )}
    </>
  );
}

function forecastWords({ forecastNanos, lowNanos, highNanos }: Forecast, span: Span): string {
  if (forecastNanos === null) return "";
  const range =
    lowNanos === null || highNanos === null ? "" : `, from ${costWords(lowNanos)} to ${costWords(highNanos)}`;
  const end = span === "day" ? "by midnight" : span === "week" ? "by Sunday night" : "by the end of the month";
  return `About ${costWords(forecastNanos)} ${end}${range}.`;
}
