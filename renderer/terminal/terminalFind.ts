/** Find within one terminal: xterm's search with this product's words and colours. */
import type { SearchAddon } from "@xterm/addon-search";
import type { Terminal } from "@xterm/xterm";
import { readMatchColors, readTheme } from "./terminalTheme.ts";

export interface FindResult {
  /** From 0; -1 while none is marked. */
  readonly index: number;
  readonly count: number;
}

export interface FindOptions {
  readonly caseSensitive: boolean;
  /** While typing: the marked match may stay where it is. */
  readonly isTyping?: boolean;
}

export interface TerminalFind {
  next(text: string, options: FindOptions): void;
  previous(text: string, options: FindOptions): void;
  clear(): void;
  onResult(listener: (result: FindResult) => void): () => void;
}

/** Beyond this the search addon stops counting. */
export const COUNT_LIMIT = 1000;

export function createFind(terminal: Terminal, search: SearchAddon): TerminalFind {
  const options = ({ caseSensitive, isTyping }: FindOptions) => ({
    caseSensitive,
    incremental: isTyping === true,
    decorations: readMatchColors(),
  });
  return {
    next(text, how) {
      terminal.options.theme = readTheme(true);
      search.findNext(text, options(how));
    },
    previous(text, how) {
      terminal.options.theme = readTheme(true);
      search.findPrevious(text, options(how));
    },
    clear() {
      terminal.options.theme = readTheme();
      search.clearDecorations();
      terminal.clearSelection();
    },
    onResult(listener) {
      const handle = search.onDidChangeResults(({ resultIndex, resultCount }) =>
        listener({ index: resultIndex, count: resultCount }),
      );
      return () => handle.dispose();
    },
  };
}

/** "2 of 37", "None", and nothing before there is anything to look for. */
export function findWords(text: string, { index, count }: FindResult): string {
  if (text === "") return "";
  if (count === 0) return "None";
  const all = count >= COUNT_LIMIT ? `${COUNT_LIMIT}+` : String(count);
  return index < 0 ? all : `${index + 1} of ${all}`;
}
