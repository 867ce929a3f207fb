/** Arrow keys on the tree (ARIA tree pattern), as a pure function of what is on the page. */
export type SteerKey = "up" | "down" | "left" | "right" | "home" | "end";

/** Rows of the diagram and of the outline fit. */
export interface SteerRow {
  readonly path: string;
  readonly parent: string | undefined;
  /** Undefined for agents. */
  readonly isOpen?: boolean | undefined;
}

export type Steering =
  | { readonly type: "select"; readonly path: string }
  | { readonly type: "fold"; readonly path: string; readonly isOpen: boolean };

/** Undefined where the key has nowhere to go. */
export function steer(rows: readonly SteerRow[], at: string | undefined, key: SteerKey): Steering | undefined {
  const index = rows.findIndex((row) => row.path === at);
  const row = rows[index];
  if (key === "home" || (row === undefined && key !== "end")) return select(rows[0]);
  if (key === "end" || row === undefined) return select(rows.at(-1));
  if (key === "down") return select(rows[index + 1]);
  if (key === "up") return select(rows[index - 1]);
  return key === "right" ? inward(row, rows[index + 1]) : outward(row);
}

function inward(row: SteerRow, next: SteerRow | undefined): Steering | undefined {
  if (row.isOpen === false) return { type: "fold", path: row.path, isOpen: true };
  return row.isOpen === true && next?.parent === row.path ? select(next) : undefined;
}

/** The top of a fleet does not fold by an arrow: a person holding Left would lose the whole picture. */
function outward(row: SteerRow): Steering | undefined {
  if (row.isOpen === true && row.parent !== undefined) return { type: "fold", path: row.path, isOpen: false };
  return row.parent === undefined ? undefined : { type: "select", path: row.parent };
}

function select(row: SteerRow | undefined): Steering | undefined {
  return row === undefined ? undefined : { type: "select", path: row.path };
}
