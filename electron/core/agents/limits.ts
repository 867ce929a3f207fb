/** Reads "you are out of quota" and "sign in" out of what CLIs print, and the reset time where they tell one. */

export interface Limit {
  readonly detail: string;
  /** Wall-clock ms. */
  readonly until?: number;
}

const LIMIT =
  /(usage|rate|session|weekly|5-hour|daily|spend(ing)?) limit|limit (reached|exceeded|will reset)|hit your .{0,40}limit|too many requests|quota (exceeded|exhausted)|exhausted your .{0,40}quota|resource_exhausted|\b429\b/i;
const LOGIN =
  /please run \/login|not logged in|(invalid|incorrect) (x-)?api.key|api key not valid|authentication_error|\b401\b|oauth token (has )?expired|please (log|sign) ?in|login required|sign in to continue|no (auth|credentials)|set an auth method/i;

/** The limit a text speaks of, if any. `wallNowMs` anchors relative and clock times. Pure. */
export function findLimit(text: string, wallNowMs: number): Limit | undefined {
  const found = lastWith(text, LIMIT);
  if (found === undefined) return undefined;
  const until = resetTime(found.sentence, wallNowMs) ?? resetTime(found.rest.slice(0, 2000), wallNowMs);
  return until === undefined ? { detail: found.sentence } : { detail: found.sentence, until };
}

/** The words that ask for a sign-in, if any. */
export function findLogin(text: string): string | undefined {
  return lastWith(text, LOGIN)?.sentence;
}

/** What a screen speaks of last: an older trouble may still stand above the newer one. Pure. */
export function findTrouble(
  text: string,
  wallNowMs: number,
): { readonly limit: Limit } | { readonly login: string } | undefined {
  const login = lastWith(text, LOGIN);
  const limit = findLimit(text, wallNowMs);
  if (login === undefined) return limit === undefined ? undefined : { limit };
  const isLimitLater = limit !== undefined && (lastWith(text, LIMIT)?.line ?? -1) > login.line;
  return isLimitLater ? { limit } : { login: login.sentence };
}

/** A line that begins so is not the rest of the one above. */
const NEW_PARAGRAPH = /^\s*([^\p{L}\p{N}\s("'/]|$)/u;

function lastWith(text: string, pattern: RegExp): { line: number; sentence: string; rest: string } | undefined {
  const lines = text.split("\n");
  const line = lines.findLastIndex((candidate) => pattern.test(candidate));
  if (line < 0) return undefined;
  const after = lines.slice(line + 1);
  const next = after.findIndex((candidate) => NEW_PARAGRAPH.test(candidate));
  // Narrow screens break a sentence over several lines; more than three are not one sentence.
  const wrapped = after.slice(0, Math.min(3, next < 0 ? after.length : next));
  const words = [lines[line] ?? "", ...wrapped].join(" ").replace(/\s+/g, " ");
  const sentence = words
    .replace(/^[^\p{L}\p{N}]+/u, "")
    .trim()
    .slice(0, 300);
  return { line, sentence, rest: after.join(" ").replace(/\s+/g, " ") };
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `|<unix seconds>`, `in 2h 5m`, `resets at 3pm (Europe/Berlin)`, `reset at 14:30`, `try again at 3:30 PM`. */
export function resetTime(text: string, wallNowMs: number): number | undefined {
  return unixTime(text, wallNowMs) ?? relativeTime(text, wallNowMs) ?? clockTime(text, wallNowMs);
}

function unixTime(text: string, wallNowMs: number): number | undefined {
  const seconds = Number(/limit reached\|(\d{10})\b/.exec(text)?.[1]);
  return Number.isFinite(seconds) && seconds * 1000 > wallNowMs ? seconds * 1000 : undefined;
}

function relativeTime(text: string, wallNowMs: number): number | undefined {
  const phrase =
    /(?:try again|retry|retrying|resets?|reset) (?:after|in) ((?:\d+(?:\.\d+)? ?(?:days?|hours?|minutes?|mins?|seconds?|secs?|[dhms])\b[ ,]*(?:and )?)+)/i.exec(
      text,
    )?.[1];
  if (phrase === undefined) return undefined;
  let total = 0;
  for (const [, amount, unit] of phrase.matchAll(/(\d+(?:\.\d+)?) ?([dhms])/gi)) {
    total += Number(amount) * (UNIT_MS[(unit ?? "").toLowerCase()] ?? 0);
  }
  return total > 0 ? wallNowMs + total : undefined;
}

function clockTime(text: string, wallNowMs: number): number | undefined {
  const match =
    /(?:resets?(?: at)?|again at) (\d{1,2})(?::(\d{2}))? ?(am|pm)?(?: \(([A-Za-z_]+\/[A-Za-z_/]+|UTC)\))?/i.exec(text);
  if (match === null || (match[2] === undefined && match[3] === undefined)) return undefined;
  const half = match[3]?.toLowerCase();
  const hour = half === undefined ? Number(match[1]) : (Number(match[1]) % 12) + (half === "pm" ? 12 : 0);
  const wanted = hour * 60 + Number(match[2] ?? 0);
  const minuteMs = 60_000;
  const ahead = (wanted - minuteOfDay(wallNowMs, match[4]) + 24 * 60) % (24 * 60);
  return Math.floor(wallNowMs / minuteMs) * minuteMs + (ahead === 0 ? 24 * 60 : ahead) * minuteMs;
}

function minuteOfDay(wallMs: number, timeZone: string | undefined): number {
  const parts = clockFormat(timeZone).formatToParts(wallMs);
  const part = (type: string): number => Number(parts.find((candidate) => candidate.type === type)?.value ?? 0);
  return part("hour") * 60 + part("minute");
}

function clockFormat(timeZone: string | undefined): Intl.DateTimeFormat {
  const form = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  try {
    return new Intl.DateTimeFormat("en-GB", timeZone === undefined ? form : { ...form, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", form);
  }
}
