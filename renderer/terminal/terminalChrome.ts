/** What a person chose about terminals in this window alone; kept in the browser, never in the core. */
import { createStore } from "zustand/vanilla";
import { useStore } from "zustand";

export interface TerminalChrome {
  readonly screenReader: boolean;
}

const STORAGE_KEY = "signalbox.terminal.screenReader";

export const terminalChrome = createStore<TerminalChrome>(() => ({
  screenReader: typeof localStorage !== "undefined" && localStorage.getItem(STORAGE_KEY) === "on",
}));

export function toggleScreenReader(): void {
  const screenReader = !terminalChrome.getState().screenReader;
  localStorage.setItem(STORAGE_KEY, screenReader ? "on" : "off");
  terminalChrome.setState({ screenReader });
}

export function useScreenReader(): boolean {
  return useStore(terminalChrome, (state) => state.screenReader);
}
