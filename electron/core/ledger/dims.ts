/** The words entries share, filtered and grouped in memory: there are hundreds of them where there are millions of entries. */
import type { UsageFilter, UsageGroup } from "#shared/contract/index.ts";
import type { Row } from "#core/ports/database.ts";
import type { Store } from "#core/store/index.ts";

export interface Dim {
  readonly id: number;
  readonly path: string;
  readonly task: string;
  readonly agent: string;
  readonly provider: string;
  readonly model: string;
  readonly source: string;
  readonly kind: string;
  readonly confidence: string;
  readonly outcome: string;
  readonly imported: boolean;
}

/** The path itself, and every supervisor and fleet above it. */
export type AncestorsOf = (path: string) => readonly string[];

export function readDims(store: Pick<Store, "all">): readonly Dim[] {
  return store.all("SELECT * FROM usage_dims").map(toDim);
}

function toDim(row: Row): Dim {
  const word = (column: string): string => String(row[column]);
  return {
    id: Number(row["id"]),
    path: word("path"),
    task: word("task"),
    agent: word("agent"),
    provider: word("provider"),
    model: word("model"),
    source: word("source"),
    kind: word("kind"),
    confidence: word("confidence"),
    outcome: word("outcome"),
    imported: row["imported"] === 1,
  };
}

const EQUAL = ["agent", "model", "source", "confidence", "kind", "outcome"] as const;

/** Everything of the filter but its period, sessions and text. */
export function matchesDim(dim: Dim, filter: UsageFilter, ancestorsOf: AncestorsOf): boolean {
  if (EQUAL.some((key) => filter[key] !== undefined && filter[key] !== dim[key])) return false;
  if (filter.imported !== "with" && dim.imported !== (filter.imported === "only")) return false;
  if (filter.scope === undefined) return true;
  return dim.path !== "" && ancestorsOf(dim.path).includes(filter.scope);
}

export function dimSays(dim: Dim, text: string): boolean {
  const part = text.toLowerCase();
  return [dim.path, dim.model, dim.agent, dim.provider].some((word) => word.toLowerCase().includes(part));
}

const OUTSIDE = { key: "", label: "Outside Signalbox" };
const NO_TASK = { key: "", label: "No task" };
const NO_NAME = { key: "", label: "Unknown" };

/** The groups an entry with these words belongs to: one, except that it counts for every supervisor above it. */
export function groupsOf(dim: Dim, groupBy: UsageGroup, ancestorsOf: AncestorsOf): readonly Group[] {
  switch (groupBy) {
    case "agent":
      return named(dim.path, OUTSIDE);
    case "subtree":
      return dim.path === "" ? [OUTSIDE] : ancestorsOf(dim.path).flatMap((path) => named(path, OUTSIDE));
    case "fleet":
      return named(dim.path.replace(/\/.*$/, ""), OUTSIDE);
    case "model":
      return named(dim.model, NO_NAME);
    case "source":
      return named(dim.source, NO_NAME);
    case "cli":
      return named(dim.agent, NO_NAME);
    case "task":
      return named(dim.task, NO_TASK);
    case "session":
    case "day":
    case "none":
      return [{ key: "all", label: "All" }];
  }
}

interface Group {
  readonly key: string;
  readonly label: string;
}

function named(key: string, otherwise: Group): readonly Group[] {
  return [key === "" ? otherwise : { key, label: key }];
}
