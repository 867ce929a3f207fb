/** Rows of the outline: the tree in reading order, folded, filtered and sorted among siblings. Pure. */
import type { NodePatch } from "#shared/contract/index.ts";
import { cliName } from "#shared/model/stateWords.ts";
import { NEED_ORDER } from "#shared/model/states.ts";
import type { LayoutNode } from "./layout.ts";

export type SortKey = "name" | "state" | "cli" | "strategy" | "restarts" | "lives";
export interface Sorting {
  readonly key: SortKey;
  readonly isDescending: boolean;
}

export interface OutlineRow {
  readonly path: string;
  readonly parent: string | undefined;
  readonly depth: number;
  readonly position: number;
  readonly setSize: number;
  /** Undefined for agents. */
  readonly isOpen: boolean | undefined;
}

export interface OutlineInput {
  readonly shape: readonly LayoutNode[];
  readonly folds: ReadonlyMap<string, boolean>;
  /** Undefined without a filter; else only these and what stands above them is shown. */
  readonly matches: ReadonlySet<string> | undefined;
  readonly sorting: Sorting | undefined;
  readonly nodeOf: (path: string) => NodePatch | undefined;
}

export function outlineRows(input: OutlineInput): readonly OutlineRow[] {
  const rows: OutlineRow[] = [];
  const kept = input.matches === undefined ? undefined : keptBy(input.shape, input.matches);
  const visit = (siblings: readonly LayoutNode[], parent: string | undefined, depth: number): void => {
    const shown = kept === undefined ? siblings : siblings.filter((node) => kept.has(node.path));
    sorted(shown, input).forEach((node, index) => {
      const isOpen = node.kind === "agent" ? undefined : (input.folds.get(node.path) ?? true);
      rows.push({ path: node.path, parent, depth, position: index + 1, setSize: shown.length, isOpen });
      if (isOpen === true) visit(node.children, node.path, depth + 1);
    });
  };
  visit(input.shape, undefined, 1);
  return rows;
}

/** Matches and everything above them. */
function keptBy(shape: readonly LayoutNode[], matches: ReadonlySet<string>): ReadonlySet<string> {
  const kept = new Set<string>();
  const visit = (node: LayoutNode): boolean => {
    const below = node.children.map(visit);
    const isKept = matches.has(node.path) || below.includes(true);
    if (isKept) kept.add(node.path);
    return isKept;
  };
  shape.forEach(visit);
  return kept;
}

function sorted(nodes: readonly LayoutNode[], { sorting, nodeOf }: OutlineInput): readonly LayoutNode[] {
  if (sorting === undefined) return nodes;
  const sign = sorting.isDescending ? -1 : 1;
  const keyed = nodes.map((node) => ({ node, key: sortKey(nodeOf(node.path), sorting.key) }));
  return keyed.toSorted((a, b) => sign * compare(a.key, b.key)).map((one) => one.node);
}

function sortKey(node: NodePatch | undefined, key: SortKey): string | number {
  if (node === undefined) return "";
  const keys: Record<SortKey, () => string | number> = {
    name: () => node.id.toLowerCase(),
    state: () => NEED_ORDER.indexOf(node.state),
    cli: () => cliName(node.agent),
    strategy: () => node.strategy ?? "",
    restarts: () => node.restartsInWindow ?? node.restarts,
    lives: () => node.generation,
  };
  return keys[key]();
}

function compare(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}
