/** What lies over the page: one dialog at a time, and toasts. Features open them by name; the app draws them. */
import type { AppStore } from "./appStore.ts";

export type Overlay =
  /** `text` is typed in already: ">" for commands, "@" for agents. */
  | { readonly kind: "palette"; readonly text?: string }
  | { readonly kind: "emergencyStop" }
  | { readonly kind: "keys" }
  /** Under this node; its fleet's top supervisor, or a choice, without one. */
  | { readonly kind: "addChild"; readonly what: "agent" | "supervisor"; readonly parent?: string }
  | { readonly kind: "openFleet" }
  | { readonly kind: "confirm"; readonly question: Question };

/** Asked before something that stops more than one agent or deletes data. */
export interface Question {
  readonly title: string;
  /** What it will take with it, in a sentence. */
  readonly body: string;
  /** The verb on the button. */
  readonly action: string;
  readonly isDangerous: boolean;
  readonly run: () => void;
}

export interface Toast {
  readonly id: string;
  readonly kind: "undo" | "error";
  readonly text: string;
  readonly undo?: () => void;
}

export function openOverlay(store: AppStore, overlay: Overlay): void {
  store.setState({ overlay });
}

export function closeOverlay(store: AppStore): void {
  store.setState({ overlay: undefined });
}

let lastToast = 0;
/** More would cover the page; the oldest goes. */
const MAX_TOASTS = 3;

export function showToast(store: AppStore, toast: Omit<Toast, "id">): void {
  lastToast += 1;
  const entry = { ...toast, id: `toast-${lastToast}` };
  store.setState(({ toasts }) => ({ toasts: [...toasts, entry].slice(-MAX_TOASTS) }));
}

export function dropToast(store: AppStore, id: string): void {
  store.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
}
