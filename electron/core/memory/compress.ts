/**
 * What is left out of a context's messages when they grow too long, and what is said about it. Extractive: every line of the
 * summary is a sentence of a message, word for word. Nothing is made up, what was left out is counted, and where the
 * original lies is said. Pure.
 */
import type { ContextMessage, ContextSummary } from "#shared/model/memory.ts";
import { MAX_MESSAGES } from "#shared/model/memory.ts";

/** Mission AI-8. */
export const WINDOW_TOKENS = 32_768;
const RESERVE_TOKENS = 1024;
const COMPRESS_AT = 0.75;
const KEEP_SHARE = 0.3;
const KEEP_LAST = 5;
const WEIGHTS = { recency: 0.4, density: 0.2, task: 0.3, user: 0.1 } as const;
/** The summary's own share of the window; its oldest lines go when it is full. */
const SUMMARY_CHARS = 12_000;
const LINE_CHARS = 240;
const WORD = /[\p{L}\p{N}]{3,}/gu;
const SENTENCE = /[^.!?\n]+[.!?]*/gu;

/** Four characters a token: an estimate, which is enough to decide when to compress. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

export interface Compressible {
  readonly messages: readonly ContextMessage[];
  readonly summary: ContextSummary | undefined;
  readonly intent: string | undefined;
}

export function isTooLong({ messages, summary }: Compressible): boolean {
  const tokens = messages.reduce((sum, { text }) => sum + tokensOf(text), tokensOf(summary?.text ?? ""));
  return messages.length > MAX_MESSAGES || tokens > (WINDOW_TOKENS - RESERVE_TOKENS) * COMPRESS_AT;
}

export interface Compressed {
  readonly kept: readonly ContextMessage[];
  readonly dropped: readonly ContextMessage[];
  /** Without the snapshot, which the caller takes first. */
  readonly summary: Omit<ContextSummary, "snapshots">;
}

/** Undefined: there is nothing that may be left out. */
export function compress(context: Compressible): Compressed | undefined {
  const { messages, summary, intent } = context;
  const last = messages.slice(-KEEP_LAST);
  const older = messages.slice(0, -KEEP_LAST);
  if (older.length === 0) return undefined;
  const task = wordsOf(intent ?? "");
  const ranked = older
    .map((message, index) => ({ message, score: scoreOf(message, { index, count: messages.length, task }) }))
    .sort((left, right) => right.score - left.score || right.message.seq - left.message.seq);
  let tokensLeft = WINDOW_TOKENS * KEEP_SHARE - last.reduce((sum, { text }) => sum + tokensOf(text), 0);
  let placesLeft = Math.floor(MAX_MESSAGES * KEEP_SHARE) - last.length;
  const keptSeqs = new Set(last.map(({ seq }) => seq));
  for (const { message } of ranked) {
    const tokens = tokensOf(message.text);
    if (placesLeft <= 0 || tokens > tokensLeft) continue;
    keptSeqs.add(message.seq);
    placesLeft -= 1;
    tokensLeft -= tokens;
  }
  const kept = messages.filter(({ seq }) => keptSeqs.has(seq));
  const dropped = messages.filter(({ seq }) => !keptSeqs.has(seq));
  if (dropped.length === 0) return undefined;
  const lines = [
    ...(summary?.text ?? "").split("\n").filter((line) => line.startsWith("- ")),
    ...dropped.map((message) => lineOf(message, task)),
  ];
  return { kept, dropped, summary: summaryOf(lines, (summary?.dropped ?? 0) + dropped.length) };
}

interface Place {
  readonly index: number;
  readonly count: number;
  readonly task: ReadonlySet<string>;
}

/** Between 0 and 1. */
export function scoreOf(message: ContextMessage, { index, count, task }: Place): number {
  const recency = count <= 1 ? 1 : index / (count - 1);
  const all = [...message.text.toLowerCase().matchAll(WORD)].map(([word]) => word);
  const distinct = new Set(all);
  const density = all.length === 0 ? 0 : distinct.size / all.length;
  const shared = [...task].filter((word) => distinct.has(word)).length;
  const relevance = task.size === 0 ? 0 : shared / task.size;
  const user = message.role === "user" ? 1 : 0;
  return WEIGHTS.recency * recency + WEIGHTS.density * density + WEIGHTS.task * relevance + WEIGHTS.user * user;
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set([...text.toLowerCase().matchAll(WORD)].map(([word]) => word));
}

/** The sentence that has most of the task's words, else the first; cut, and said to be cut, where it is long. */
function lineOf({ author, at, text }: ContextMessage, task: ReadonlySet<string>): string {
  const sentences = [...text.matchAll(SENTENCE)]
    .map(([sentence]) => sentence.trim())
    .filter((sentence) => sentence !== "");
  let best = sentences[0] ?? text.trim();
  let most = 0;
  for (const sentence of sentences) {
    const shared = [...wordsOf(sentence)].filter((word) => task.has(word)).length;
    if (shared > most) {
      most = shared;
      best = sentence;
    }
  }
  const plain = best.replaceAll(/\s+/g, " ");
  const cut = plain.length > LINE_CHARS ? `${plain.slice(0, LINE_CHARS).toWellFormed()} […]` : plain;
  const rest = sentences.length > 1 ? ` (1 of ${sentences.length} sentences)` : "";
  return `- ${author}, ${at}: ${cut}${rest}`;
}

/** The newest lines that fit; how many messages have no line any more is said. */
function summaryOf(lines: readonly string[], dropped: number): Omit<ContextSummary, "snapshots"> {
  const kept: string[] = [];
  let chars = 0;
  for (const line of lines.toReversed()) {
    chars += line.length + 1;
    if (chars > SUMMARY_CHARS) break;
    kept.unshift(line);
  }
  const without = dropped - kept.length;
  const head =
    `${dropped} earlier ${dropped === 1 ? "message was" : "messages were"} left out; the originals are in the snapshots named here. ` +
    `Each line is taken from one of them word for word${without > 0 ? `; ${without} of the oldest have no line any more` : ""}.`;
  return { text: [head, ...kept].join("\n"), dropped };
}
