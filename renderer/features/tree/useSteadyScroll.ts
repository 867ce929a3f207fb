/** Scrolling that serves the eye: a row stays where it was when the tree changes shape, and a selection comes into view. */
import { useCallback, useLayoutEffect, useRef, type RefObject } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import type { LayoutRow, TreeLayout } from "./layout.ts";
import { keepPlace, rowAt, rowsWithin, shownRow } from "./place.ts";
import { treeView } from "./treeView.ts";

/** Rows above and below a selection that just came into view. */
const MARGIN_PX = 60;

export function useParentOf(): (path: string) => string | undefined {
  const { store } = useApp();
  return useCallback((path: string) => store.getState().parents.get(path), [store]);
}

/** When levels or folds change, the hovered or selected row (or what now stands for it) stays where the eye is. */
export function useKeptPlace(
  scroller: RefObject<HTMLElement | null>,
  layout: TreeLayout,
  selected: string | undefined,
): void {
  const before = useRef(layout);
  const parentOf = useParentOf();
  useLayoutEffect(() => {
    const element = scroller.current;
    const old = before.current;
    before.current = layout;
    if (element === null || old === layout || old.columns.width === 0) return;
    const { scrollTop, clientHeight } = element;
    const isOnScreen = (row: LayoutRow): boolean => row.y >= scrollTop && row.y <= scrollTop + clientHeight;
    const named = [treeView.getState().hovered, selected]
      .map((path) => shownRow(old, path, parentOf))
      .find((row) => row !== undefined && isOnScreen(row));
    const anchor =
      named ?? (scrollTop > 0 ? rowsWithin(old.rows, scrollTop, scrollTop + clientHeight).find(isOnScreen) : undefined);
    element.scrollTo({
      top: keepPlace({ before: anchor, after: shownRow(layout, anchor?.path, parentOf) }, scrollTop),
      behavior: "instant",
    });
  }, [layout, scroller, selected, parentOf]);
}

/** A selection made by the keyboard or on another page comes into view; one made here is in view already. */
export function useSelectionInView(
  scroller: RefObject<HTMLElement | null>,
  layout: TreeLayout,
  selected: string | undefined,
): void {
  const seen = useRef<string>(undefined);
  useLayoutEffect(() => {
    const element = scroller.current;
    const row = rowAt(layout, selected);
    if (element === null || selected === seen.current || row === undefined) return;
    seen.current = selected;
    const { scrollTop, clientHeight } = element;
    if (row.y < scrollTop + MARGIN_PX) element.scrollTo({ top: Math.max(0, row.y - MARGIN_PX), behavior: "instant" });
    else if (row.y > scrollTop + clientHeight - 2 * MARGIN_PX)
      element.scrollTo({ top: row.y - clientHeight + 2 * MARGIN_PX, behavior: "instant" });
  }, [scroller, layout, selected]);
}
