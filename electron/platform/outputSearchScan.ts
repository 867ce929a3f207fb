/** Searching one session's log from its beginning, a chunk at a time: memory does not depend on the log's size. */
import type { OutputHit } from "#core/ports/outputLog.ts";
import { PlainTextReader } from "./outputSearchText.ts";
import type { PlainLines } from "./outputSearchText.ts";
import { streamSegments } from "./segmentLog.ts";

const CHUNK_BYTES = 1024 * 1024;
const MAX_LINE_CHARS = 400;
/** A spinner or a repainting program draws the same line thousands of times; each is reported once in a while. */
const REMEMBERED_LINES = 256;

export interface ScanRequest {
  readonly sessionId: string;
  readonly dir: string;
  readonly matcher: RegExp;
  readonly signal: AbortSignal;
}

/** Words as written, any run of blanks between them, case ignored unless asked for. */
export function outputMatcher(text: string, caseSensitive: boolean): RegExp {
  const words = text.split(/\s+/u).map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`));
  return new RegExp(words.join("[ \\u00a0]+"), caseSensitive ? "gu" : "giu");
}

/** Hits in the order of the log, in batches of a chunk. Throws on a disk error. */
export async function* scanSession({ sessionId, dir, matcher, signal }: ScanRequest): AsyncGenerator<OutputHit[]> {
  const reader = new PlainTextReader();
  const seen = new Set<string>();
  for await (const { offset, bytes } of streamSegments(dir, { chunkBytes: CHUNK_BYTES, signal })) {
    const hits = findHits(reader.push(bytes, offset), matcher, seen);
    if (hits.length > 0) yield hits.map((hit) => ({ sessionId, ...hit }));
  }
  const last = signal.aborted ? [] : findHits(reader.end(), matcher, seen);
  if (last.length > 0) yield last.map((hit) => ({ sessionId, ...hit }));
}

type LineHit = Omit<OutputHit, "sessionId">;

function findHits({ text, offsets, redrawn, repeated }: PlainLines, matcher: RegExp, seen: Set<string>): LineHit[] {
  const plain = text.toString("utf8");
  const hits: LineHit[] = [];
  const known = repeated === 0 ? 0 : text.subarray(0, repeated).toString("utf8").length;
  let line = 0;
  let lineStart = 0;
  matcher.lastIndex = 0;
  for (let match = matcher.exec(plain); match !== null; match = matcher.exec(plain)) {
    if (match.index + match[0].length <= known) continue;
    let lineEnd = plain.indexOf("\n", lineStart);
    while (lineEnd >= 0 && lineEnd < match.index) {
      line += 1;
      lineStart = lineEnd + 1;
      lineEnd = plain.indexOf("\n", lineStart);
    }
    const end = lineEnd < 0 ? plain.length : lineEnd;
    const content = plain.slice(lineStart, end);
    if (redrawn[line] !== true || isNew(content, seen)) {
      hits.push({ offset: offsets[line] ?? 0, ...cutAround(content, match.index - lineStart, match[0].length) });
    }
    // One hit a line, as with grep.
    matcher.lastIndex = end + 1;
  }
  return hits;
}

function isNew(content: string, seen: Set<string>): boolean {
  const key = content.trim();
  const wasSeen = seen.delete(key);
  seen.add(key);
  const oldest = seen.size > REMEMBERED_LINES ? seen.values().next().value : undefined;
  if (oldest !== undefined) seen.delete(oldest);
  return !wasSeen;
}

/** At most 400 characters with the match in view; never half a surrogate pair. */
function cutAround(content: string, start: number, length: number): Pick<LineHit, "line" | "start" | "end"> {
  const shown = Math.min(length, MAX_LINE_CHARS);
  const before = Math.floor((MAX_LINE_CHARS - shown) / 2);
  let from = Math.max(0, Math.min(start - before, content.length - MAX_LINE_CHARS));
  let to = Math.min(content.length, from + MAX_LINE_CHARS);
  if (isLowSurrogate(content, from)) from += 1;
  if (isLowSurrogate(content, to)) to -= 1;
  return { line: content.slice(from, to), start: start - from, end: Math.min(start - from + length, to - from) };
}

function isLowSurrogate(content: string, index: number): boolean {
  const code = content.charCodeAt(index);
  return index > 0 && code >= 0xdc00 && code <= 0xdfff;
}
