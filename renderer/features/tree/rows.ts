/** What every row of the diagram gets. */
import type { LayoutRow } from "./layout.ts";

export interface RowProps {
  readonly row: LayoutRow;
  /** Where the keyboard is. */
  readonly isActive: boolean;
  readonly isSelected: boolean;
  /** Not found by the filter. */
  readonly isDimmed: boolean;
  /** Of the diagram, in px. */
  readonly width: number;
}

/** For aria-activedescendant. */
export function rowId(path: string): string {
  return `tree-row-${path}`;
}
