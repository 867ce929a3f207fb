/** What a prompt tells the fake model to do: `[[tool NAME {json}]]` (repeatable), `[[text …]]`, `[[delay MS]]`, `[[error CODE]]`; what stands before the last `[[new]]` is past. */
export interface ToolDirective {
  readonly name: string;
  readonly input: Record<string, unknown>;
}

export interface Directives {
  /** One per model turn, in order; the text comes after the last. */
  readonly tools: readonly ToolDirective[];
  readonly text: string | undefined;
  /** Pause between words. */
  readonly delayMs: number;
  readonly error: number;
}

export function parseDirectives(words: string): Directives {
  // Some CLIs put a prompt that was cut off and the next one into one message.
  const prompt = words.slice(Math.max(0, words.lastIndexOf("[[new]]")));
  return {
    tools: parseTools(prompt),
    text: /\[\[text (.*?)\]\]/s.exec(prompt)?.[1],
    delayMs: Number(/\[\[delay (\d+)\]\]/.exec(prompt)?.[1] ?? 0),
    error: Number(/\[\[error (\d+)\]\]/.exec(prompt)?.[1] ?? 0),
  };
}

function parseTools(prompt: string): readonly ToolDirective[] {
  const tools: ToolDirective[] = [];
  for (const match of prompt.matchAll(/\[\[tool (\S+) /g)) {
    const start = match.index + match[0].length;
    const json = prompt.slice(start, endOfObject(prompt, start));
    try {
      tools.push({ name: match[1] ?? "", input: JSON.parse(json) });
    } catch {
      // Not a directive after all.
    }
  }
  return tools;
}

/** Index after the brace that closes the object at `start`; braces inside strings do not count. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let isQuoted = false;
  for (let index = start; index < text.length; index += 1) {
    const character = text[index];
    if (isQuoted) {
      if (character === "\\") index += 1;
      else if (character === '"') isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === "{") depth += 1;
    else if (character === "}" && (depth -= 1) === 0) return index + 1;
  }
  return text.length;
}
