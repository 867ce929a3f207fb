import type { KeyboardEvent, ReactElement } from "react";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { Snowflake } from "lucide-react";
import { BudgetBar } from "#renderer/ui/BudgetBar.tsx";
import type { BudgetRow } from "./budgetRows.ts";
import { ofWords, rowNote, scopeName } from "./budgetWords.ts";
import { amountWords } from "#shared/model/budgetWords.ts";
import { sumWords, type Measure } from "./measures.ts";

interface Props {
  readonly rows: readonly BudgetRow[];
  readonly measure: Measure;
  readonly selected: string | undefined;
  readonly onSelect: (scope: string | undefined) => void;
}

/** The supervision tree with what it spends. Selecting a row narrows the page to it; arrow keys move. */
export function BudgetTree({ rows, measure, selected, onSelect }: Props): ReactElement {
  const at = rows.findIndex((row) => row.scope === selected);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "Escape") onSelect(undefined);
    else if (step === 0) return;
    else onSelect(rows[Math.min(rows.length - 1, Math.max(0, at + step))]?.scope);
    event.preventDefault();
  };
  return (
    <div className="budget-tree" role="tree" aria-label="Budget tree" tabIndex={0} onKeyDown={onKeyDown}>
      {rows.map((row) => (
        <BudgetLine
          key={row.scope}
          row={row}
          measure={measure}
          isSelected={row.scope === selected}
          onSelect={() => onSelect(row.scope === selected ? undefined : row.scope)}
        />
      ))}
    </div>
  );
}

interface LineProps {
  readonly row: BudgetRow;
  readonly measure: Measure;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}

function BudgetLine({ row, measure, isSelected, onSelect }: LineProps): ReactElement {
  const { scope, depth, node, budget, more, sum } = row;
  return (
    <div role="treeitem" aria-level={depth + 1} aria-selected={isSelected} className="budget-row" onClick={onSelect}>
      <span className="budget-name" style={{ paddingLeft: depth * 16 }}>
        {budget?.level === "frozen" ? (
          <Snowflake size={12} aria-hidden="true" className="t2" />
        ) : (
          <Lamp state={node?.state ?? "idle"} size={11} />
        )}
        <span className={depth <= 1 ? "ell medium" : "ell"} title={scope === "*" ? undefined : scope}>
          {scopeName(scope)}
        </span>
      </span>
      {budget === undefined ? <span /> : <BudgetBar budget={budget} />}
      <span className="num medium">
        {budget === undefined ? sumWords(sum, measure) : amountWords(budget.unit, budget.spent)}
      </span>
      <span className="t2 tab nowrap">{budget === undefined ? "" : ofWords(budget)}</span>
      <span className="t3 ell budget-note">
        {budget === undefined ? "" : rowNote(budget)}
        {more > 0 && ` +${more}`}
      </span>
    </div>
  );
}
