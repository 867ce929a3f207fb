/** What the person chose on this page; it lasts as long as the window. */
import { createStore } from "zustand/vanilla";
import type { GridSize } from "./shown.ts";

export interface TerminalsView {
  readonly size: GridSize;
  /** Paths in tile order; the rest of the tiles is filled by need. Undefined until a person picked. */
  readonly picked: readonly string[] | undefined;
  readonly isListOpen: boolean;
}

export const terminalsView = createStore<TerminalsView>(() => ({ size: 4, picked: undefined, isListOpen: false }));
