/** Light, dark or the system's, written to the root element; the last choice is kept so that a start does not flash. */
import type { Settings } from "#shared/model/settings.ts";

export type Theme = Settings["theme"];

const STORAGE_KEY = "signalbox.theme";

export function rememberedTheme(): Theme {
  const stored = localStorage.getItem(STORAGE_KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

export function applyTheme(theme: Theme): void {
  localStorage.setItem(STORAGE_KEY, theme);
  const isDark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
}

/** Follows the system while the choice is the system's. */
export function onSystemTheme(listener: () => void): () => void {
  const query = matchMedia("(prefers-color-scheme: dark)");
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}
