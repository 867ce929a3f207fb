/** Keeps the blast radius of the hovered, else the selected node up to date while it is shown. */
import { useEffect } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useNowText } from "#renderer/state/hooks.ts";
import { blastRadius } from "./blastRadius.ts";
import { fleetSnapshot } from "./treeData.ts";
import { showRadius, useTreeView } from "./treeView.ts";

export function useBlastRadius(selected: string | undefined): void {
  const { store } = useApp();
  const hovered = useTreeView((view) => view.hovered);
  const isShown = useTreeView((view) => view.isBlastShown);
  const subject = hovered ?? selected;
  // Once a second is enough for "2 of 5 used" to follow; hovering and selecting answer at once.
  const second = useNowText((now) => String(Math.floor(now / 1000)));
  useEffect(() => {
    const fleet = isShown && subject !== undefined ? fleetSnapshot(store.getState(), subject) : undefined;
    showRadius(fleet === undefined || subject === undefined ? undefined : blastRadius(fleet, subject));
  }, [store, subject, isShown, second]);
  useEffect(() => () => showRadius(undefined), []);
}
