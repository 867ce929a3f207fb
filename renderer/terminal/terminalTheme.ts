/** The terminal's colours, taken from the page's tokens, and news of a change of theme. */
import type { ITheme } from "@xterm/xterm";
import type { ISearchDecorationOptions } from "@xterm/addon-search";

/** While finding, the marked match is the selection and wears the match's colour. */
export function readTheme(isFinding = false, root: HTMLElement = document.documentElement): ITheme {
  const style = getComputedStyle(root);
  const token = (name: string) => style.getPropertyValue(name).trim();
  const isDark = root.dataset["theme"] !== "light";
  const foreground = token("--term-fg");
  const dim = token("--term-dim");
  const colors = {
    red: token("--term-red"),
    green: token("--term-green"),
    yellow: token("--term-yellow"),
    blue: token("--term-blue"),
    magenta: token("--term-magenta"),
    cyan: token("--term-cyan"),
  };
  return {
    ...colors,
    background: token("--term-bg"),
    foreground,
    cursor: foreground,
    cursorAccent: token("--term-bg"),
    selectionBackground: token(isFinding ? "--term-match-on" : "--surface-selected"),
    selectionInactiveBackground: token(isFinding ? "--term-match-on" : "--surface-pressed"),
    black: isDark ? token("--surface-pressed") : foreground,
    brightBlack: dim,
    // White text must be readable on a light ground, too.
    white: isDark ? foreground : dim,
    brightRed: colors.red,
    brightGreen: colors.green,
    brightYellow: colors.yellow,
    brightBlue: colors.blue,
    brightMagenta: colors.magenta,
    brightCyan: colors.cyan,
    brightWhite: isDark ? "#ffffff" : foreground,
    overviewRulerBorder: token("--term-bg"),
    scrollbarSliderBackground: `${token("--border-strong")}55`,
    scrollbarSliderHoverBackground: `${token("--border-strong")}88`,
    scrollbarSliderActiveBackground: `${token("--border-strong")}aa`,
  };
}

export function readMatchColors(root: HTMLElement = document.documentElement): ISearchDecorationOptions {
  const style = getComputedStyle(root);
  const match = style.getPropertyValue("--term-match").trim();
  const active = style.getPropertyValue("--term-match-on").trim();
  return {
    matchBackground: match,
    matchOverviewRuler: match,
    activeMatchBackground: active,
    activeMatchColorOverviewRuler: active,
  };
}

/** Calls back after the page's theme changed; the returned function ends that. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => observer.disconnect();
}
