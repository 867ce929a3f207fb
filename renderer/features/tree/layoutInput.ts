/** What the layout of the tree is made from. */
/** 1: every agent a row. 2: a supervisor is a line with lamps. 3: an area is a line with counts. */
export type ZoomLevel = 1 | 2 | 3;

/** What the geometry needs of a node; a `TreeNode` fits. Children are in start order. */
export interface LayoutNode {
  readonly path: string;
  readonly kind: "supervisor" | "agent";
  readonly strategy?: string | undefined;
  readonly children: readonly LayoutNode[];
}

export interface LayoutInput {
  readonly roots: readonly LayoutNode[];
  readonly level: ZoomLevel;
  /** Of the diagram, in px. */
  readonly width: number;
  /** What a person folded (false) or opened (true); wins over everything else. */
  readonly folds?: ReadonlyMap<string, boolean>;
  /** Nodes that gave up or escalated: whatever holds one opens by itself. */
  readonly urgent?: ReadonlySet<string>;
  /** Nodes a filter found: whatever holds one opens by itself. */
  readonly matches?: ReadonlySet<string>;
}
