/** Searching one session's log from its beginning, a chunk at a time: memory does not depend on the log's size. */
import type { OutputHit } from "#core/ports/outputLog.ts";
import { maskSecrets, type SecretState } from "#shared/lib/secrets.ts";
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
  readonly onGap?: () => void;
}

/** Words as written, any run of blanks between them, case ignored unless asked for. */
export function outputMatcher(text: string, caseSensitive: boolean): RegExp {
  const words = text.split(/\s+/u).map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`));
  return new RegExp(words.join("[ \\u00a0]+"), caseSensitive ? "gu" : "giu");
}

/**
 * Hits in the order of the log, in batches of a chunk, secrets masked. `onGap` is told once when a part of the log is gone.
 * Throws on a disk error.
 */
export async function* scanSession(request: ScanRequest): AsyncGenerator<OutputHit[]> {
  const { sessionId, dir, signal } = request;
  const withSession = (hits: readonly LineHit[]): OutputHit[] => hits.map((hit) => ({ sessionId, ...hit }));
  let scan = new Scan(request.matcher);
  let gaps = 0;
  for await (const { offset, bytes, gap } of streamSegments(dir, { chunkBytes: CHUNK_BYTES, signal })) {
    const hits = gap === undefined ? scan.push(bytes, offset) : scan.end();
    if (hits.length > 0) yield withSession(hits);
    if (gap === undefined) continue;
    // A line does not go on behind a gap.
    scan = new Scan(request.matcher);
    if (gaps++ === 0) request.onGap?.();
  }
  const last = signal.aborted ? [] : scan.end();
  if (last.length > 0) yield withSession(last);
}

type LineHit = Omit<OutputHit, "sessionId">;

/** One unbroken stretch of output. */
class Scan {
  readonly #reader = new PlainTextReader();
  readonly #matcher: RegExp;
  readonly #seen = new Set<string>();
  readonly #secrets: SecretState = { pemLeft: 0 };

  constructor(matcher: RegExp) {
    this.#matcher = matcher;
  }

  push(bytes: Uint8Array, offset: number): LineHit[] {
    return this.#find(this.#reader.push(bytes, offset));
  }

  end(): LineHit[] {
    return this.#find(this.#reader.end());
  }

  /** Masking costs more than finding: it is done where something was found, or a private key block may be under way. */
  #find(lines: PlainLines): LineHit[] {
    const plain = lines.text.toString("utf8");
    const hits = findHits(lines, { plain, matcher: this.#matcher, seen: this.#seen });
    if (hits.length === 0 && this.#secrets.pemLeft === 0 && !plain.includes("PRIVATE KEY")) return [];
    const masked = maskSecrets(plain, this.#secrets);
    return hits.map(({ offset, lineStart, lineEnd, at, length }) => ({
      offset,
      ...cutAround(masked.slice(lineStart, lineEnd), at - lineStart, length),
    }));
  }
}

/** Places within the text of a chunk. */
interface Found {
  readonly offset: number;
  readonly lineStart: number;
  readonly lineEnd: number;
  readonly at: number;
  readonly length: number;
}

interface Finding {
  readonly plain: string;
  readonly matcher: RegExp;
  readonly seen: Set<string>;
}

function findHits({ text, offsets, redrawn, repeated }: PlainLines, { plain, matcher, seen }: Finding): Found[] {
  const hits: Found[] = [];
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
      const { index: at } = match;
      hits.push({ offset: offsets[line] ?? 0, lineStart, lineEnd: end, at, length: match[0].length });
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
