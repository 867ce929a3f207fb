/** How a person looks at the tree: zoom, folding, hover and what the blast radius shows. Never server state. */
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import { isSheet, useSheet } from "#renderer/ui/widths.ts";
import type { BlastEffect, BlastRadius } from "./blastRadius.ts";
import type { ZoomLevel } from "./layout.ts";

export interface TreeView {
  readonly shape: "diagram" | "outline";
  /** Undefined: chosen by the number of agents. */
  readonly level: ZoomLevel | undefined;
  /** What a person folded (false) or opened (true). */
  readonly folds: ReadonlyMap<string, boolean>;
  readonly hovered: string | undefined;
  readonly isBlastShown: boolean;
  /** Beside the page. */
  readonly isInspectorShown: boolean;
  /** Over the page, where there is no room beside it; opened only by hand. */
  readonly isSheetShown: boolean;
  /** Of the hovered or else the selected node, while the blast radius is shown. */
  readonly radius: BlastRadius | undefined;
  readonly effects: ReadonlyMap<string, BlastEffect>;
}

const NO_EFFECTS: ReadonlyMap<string, BlastEffect> = new Map();

export const treeView = createStore<TreeView>(() => ({
  shape: "diagram",
  level: undefined,
  folds: new Map(),
  hovered: undefined,
  isBlastShown: true,
  isInspectorShown: true,
  isSheetShown: false,
  radius: undefined,
  effects: NO_EFFECTS,
}));

export function useTreeView<T>(select: (view: TreeView) => T): T {
  return useStore(treeView, select);
}

export function setFold(path: string, isOpen: boolean): void {
  treeView.setState(({ folds }) => ({ folds: new Map(folds).set(path, isOpen) }));
}

/** A new zoom level starts from what that level shows; folding done on another level would only confuse. */
export function setLevel(level: ZoomLevel): void {
  treeView.setState({ level, folds: new Map() });
}

export function setShape(shape: TreeView["shape"]): void {
  treeView.setState({ shape, hovered: undefined });
}

export function setHovered(hovered: string | undefined): void {
  if (treeView.getState().hovered !== hovered) treeView.setState({ hovered });
}

export function showRadius(radius: BlastRadius | undefined): void {
  treeView.setState({ radius, effects: radius?.effects ?? NO_EFFECTS });
}

export function toggleBlast(): void {
  treeView.setState(({ isBlastShown }) => ({ isBlastShown: !isBlastShown }));
}

export function useInspectorShown(): boolean {
  const isOver = useSheet();
  return useTreeView((view) => (isOver ? view.isSheetShown : view.isInspectorShown));
}

export function toggleInspector(): void {
  const isOver = isSheet();
  treeView.setState(({ isInspectorShown, isSheetShown }) =>
    isOver ? { isSheetShown: !isSheetShown } : { isInspectorShown: !isInspectorShown },
  );
}
