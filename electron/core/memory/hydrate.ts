/** A snapshot as text for who takes over: what is wanted, what is known, what was said. What does not fit is named, with where it lies. */
import type { SnapshotData } from "#shared/model/memory.ts";
import { tokensOf } from "./compress.ts";

/** A quarter of the smallest window (AI-8): the rest is for the work. */
export const HYDRATE_TOKENS = 8192;
const VALUE_CHARS = 2000;

interface Section {
  readonly title: string;
  /** The most useful first. */
  readonly lines: readonly string[];
}

export function hydrationText(id: string, data: SnapshotData, maxTokens: number = HYDRATE_TOKENS): string {
  const { context, budget } = data;
  const parts = [
    `Context ${context.id}, revision ${context.revision}, from ${id}.`,
    ...(context.intent === undefined ? [] : [`What is wanted: ${context.intent}`]),
    ...(budget === undefined ? [] : [`Token budget: ${budget.tokens - budget.used} of ${budget.tokens} left.`]),
  ];
  let left = maxTokens - tokensOf(parts.join("\n"));
  for (const { title, lines } of sectionsOf(data)) {
    if (lines.length === 0) continue;
    const kept: string[] = [];
    for (const line of lines) {
      const tokens = tokensOf(line) + 1;
      if (tokens > left) break;
      kept.push(line);
      left -= tokens;
    }
    const missing = lines.length - kept.length;
    const note = missing === 0 ? [] : [`(${missing} more did not fit here; read ${id} for all of them.)`];
    parts.push("", `${title}:`, ...kept, ...note);
  }
  return parts.join("\n");
}

function sectionsOf({ variables, memories, summary, messages }: SnapshotData): readonly Section[] {
  return [
    {
      title: "Variables",
      lines: variables.map(({ name, value, author }) => `- ${name} = ${shown(value)} (by ${author})`),
    },
    { title: "Memories", lines: memories.map(({ kind, text, author }) => `- ${kind}: ${text} (by ${author})`) },
    // The newest message is worth more than an older one.
    { title: "Messages, newest first", lines: messages.toReversed().map(({ author, text }) => `- ${author}: ${text}`) },
    { title: "Earlier messages", lines: summary === undefined ? [] : summary.text.split("\n") },
  ];
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= VALUE_CHARS
    ? text
    : `${text.slice(0, VALUE_CHARS).toWellFormed()} […the first ${VALUE_CHARS} of ${text.length} characters]`;
}
