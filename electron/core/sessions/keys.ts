/** Key names a person may write (`ctrl-c`, `alt-x`, `f5`, `enter`) to the bytes a terminal sends for them. */
const NAMED: Readonly<Record<string, string>> = {
  enter: "\r",
  return: "\r",
  tab: "\t",
  "shift-tab": "\x1b[Z",
  esc: "\x1b",
  escape: "\x1b",
  space: " ",
  backspace: "\x7f",
  delete: "\x1b[3~",
  insert: "\x1b[2~",
  up: "\x1b[A",
  down: "\x1b[B",
  right: "\x1b[C",
  left: "\x1b[D",
  home: "\x1b[H",
  end: "\x1b[F",
  pageup: "\x1b[5~",
  pagedown: "\x1b[6~",
  f1: "\x1bOP",
  f2: "\x1bOQ",
  f3: "\x1bOR",
  f4: "\x1bOS",
  f5: "\x1b[15~",
  f6: "\x1b[17~",
  f7: "\x1b[18~",
  f8: "\x1b[19~",
  f9: "\x1b[20~",
  f10: "\x1b[21~",
  f11: "\x1b[23~",
  f12: "\x1b[24~",
};

/** Undefined when there is no such key. */
export function keyBytes(name: string): Uint8Array | undefined {
  const text = keyText(name.trim());
  return text === undefined ? undefined : new TextEncoder().encode(text);
}

function keyText(name: string): string | undefined {
  const lower = name.toLowerCase();
  const named = NAMED[lower];
  if (named !== undefined) return named;
  const modified = /^(ctrl|control|alt|meta)[-+](.+)$/.exec(lower);
  if (modified?.[1] !== undefined && modified[2] !== undefined) {
    return modified[1].startsWith("c") ? controlText(modified[2]) : altText(name.slice(modified[1].length + 1));
  }
  return Array.from(name).length === 1 ? name : undefined;
}

function controlText(key: string): string | undefined {
  if (key === "space" || key === "@") return "\x00";
  if (/^[a-z[\\\]^_]$/.test(key)) return String.fromCharCode(key.toUpperCase().charCodeAt(0) & 31);
  return undefined;
}

function altText(key: string): string | undefined {
  const rest = keyText(key);
  return rest === undefined ? undefined : `\x1b${rest}`;
}
