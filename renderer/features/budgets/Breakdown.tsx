/** Who or what the span's spending was for, largest first; pressing a row narrows the page to it. */
import type { ReactElement } from "react";
import { plural } from "#shared/lib/words.ts";
import { tokenWords } from "#shared/lib/amountWords.ts";
import type { QueryOutput } from "#shared/contract/index.ts";
import type { UsageGroup } from "#shared/contract/usage.ts";
import { cliName } from "#shared/model/stateWords.ts";
import { usageSourceSchema } from "#shared/model/usage.ts";
import { SOURCE_WORDS } from "./ledgerWords.ts";
import { sumWords, valueOf, type Measure } from "./measures.ts";

type Rows = QueryOutput<"usage.totals">["rows"];
export type Group = Exclude<UsageGroup, "none" | "day" | "session">;

export const GROUPS: readonly { readonly value: Group; readonly label: string }[] = [
  { value: "agent", label: "Agent" },
  { value: "subtree", label: "Subtree" },
  { value: "model", label: "Model" },
  { value: "source", label: "Source" },
  { value: "cli", label: "CLI" },
  { value: "task", label: "Task" },
  { value: "fleet", label: "Fleet" },
];

interface Props {
  readonly rows: Rows;
  readonly group: Group;
  readonly measure: Measure;
  /** Keys that have a colour in the chart, in its order. */
  readonly coloured: readonly string[];
  readonly onPick: (key: string) => void;
}

export function Breakdown({ rows, group, measure, coloured, onPick }: Props): ReactElement {
  const most = Math.max(1, ...rows.map((row) => valueOf(row, measure)));
  if (rows.length === 0) return <p className="ledger-empty t2">Nothing was spent in this time.</p>;
  const ranked = rows.toSorted((left, right) => valueOf(right, measure) - valueOf(left, measure));
  return (
    <div className="breakdown" role="table" aria-label={`By ${group}`}>
      {ranked.map((row) => {
        const colour = coloured.indexOf(row.key);
        return (
          <button key={row.key} type="button" role="row" className="breakdown-row" onClick={() => onPick(row.key)}>
            <span role="cell" className="ell medium breakdown-name" title={row.key}>
              <span className={`swatch ${colour < 0 ? "swatch-none" : `swatch-${colour + 1}`}`} aria-hidden="true" />
              {groupLabel(group, row)}
            </span>
            <span role="cell" className="breakdown-bar" aria-hidden="true">
              <span style={{ width: `${(valueOf(row, measure) / most) * 100}%` }} />
            </span>
            <span role="cell" className="num medium">
              {sumWords(row, measure)}
            </span>
            <span role="cell" className="num t2">
              {tokenWords(row.totalTokens)}
            </span>
            <span role="cell" className="num t3">
              {plural(row.entries, "request")}
            </span>
            <span role="cell" className="t3 ell breakdown-note">
              {noteOf(row)}
            </span>
          </button>
        );
      })}
    </div>
  );
}

/** The word a person knows for a group's key. */
export function groupLabel(group: Group, { key, label }: { readonly key: string; readonly label: string }): string {
  if (group === "cli") return cliName(key);
  const source = group === "source" ? usageSourceSchema.safeParse(key).data : undefined;
  if (source !== undefined) return SOURCE_WORDS[source];
  return label === "" ? "none" : label;
}

function noteOf(row: Rows[number]): string {
  const notes: string[] = [];
  if (row.unpricedTokens > 0) notes.push(`${tokenWords(row.unpricedTokens)} without a price`);
  if (row.estimatedEntries > 0) notes.push(`${plural(row.estimatedEntries, "estimate")}`);
  if (row.interruptedEntries > 0) notes.push(`${row.interruptedEntries} interrupted`);
  return notes.join(", ");
}
