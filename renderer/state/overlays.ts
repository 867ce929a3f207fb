/** What lies over the page: one dialog at a time, and toasts. Features open them by name; the app draws them. */
import type { AppStore } from "./appStore.ts";
import type { Overlay, Toast } from "./overlayKinds.ts";

export type { Overlay, Question, Toast } from "./overlayKinds.ts";

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
