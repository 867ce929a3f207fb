/** Scrolling that serves the eye: a row stays where it was when the tree changes shape, and a selection comes into view. */
import { useCallback, useLayoutEffect, useRef, type RefObject } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import type { TreeLayout } from "./layout.ts";
import { rowAt, steadyScroll } from "./place.ts";
import { treeView } from "./treeView.ts";

export function useParentOf(): (path: string) => string | undefined {
  const { store } = useApp();
  return useCallback((path: string) => store.getState().parents.get(path), [store]);
}

interface Scene {
  readonly layout: TreeLayout;
  /** Of the scrolling box. */
  readonly height: number;
  readonly selected: string | undefined;
}

/**
 * When levels, folds or the window change, the hovered or selected row (or what now stands for it) stays where the eye is.
 * A selection made by the keyboard or on another page comes into view; one made here is in view already.
 */
export function useSteadyScroll(scroller: RefObject<HTMLElement | null>, scene: Scene): void {
  const { layout, height, selected } = scene;
  const before = useRef({ layout, height });
  const seen = useRef<string>(undefined);
  /** Where it was scrolled to: a page that became shorter has been moved by the browser before it can be asked. */
  const scrolledTo = useRef(0);
  const parentOf = useParentOf();
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const remember = (): void => void (scrolledTo.current = element.scrollTop);
    element.addEventListener("scroll", remember, { passive: true });
    return () => element.removeEventListener("scroll", remember);
  }, [scroller]);
  useLayoutEffect(() => {
    const element = scroller.current;
    const old = { ...before.current, scrollTop: scrolledTo.current };
    before.current = { layout, height };
    if (element === null || height === 0) return;
    const isNew = selected !== seen.current && rowAt(layout, selected) !== undefined;
    if (isNew) seen.current = selected;
    const top = steadyScroll({ old, layout, height, selected, isNew, hovered: treeView.getState().hovered, parentOf });
    if (top === element.scrollTop) return;
    element.scrollTo({ top, behavior: "instant" });
    // Said now and not with the next frame: the rows that are in view there are drawn with this one.
    element.dispatchEvent(new Event("scroll"));
  }, [scroller, layout, height, selected, parentOf]);
}
