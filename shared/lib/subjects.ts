/**
 * NATS subject grammar (semantics.md 2.1): tokens separated by dots, `*` one whole token, `>` one or more trailing
 * tokens. Pure and total: every function answers for every string.
 */
const WHITESPACE_OR_CONTROL = /[\s\p{Cc}]/u;

export interface SubjectProblem {
  /** The first token that is wrong, as written. */
  readonly token: string;
  /** Its position, from 0. */
  readonly index: number;
  /** A sentence for a person. */
  readonly message: string;
}

/** A literal subject: what can be published. */
export function isValidSubject(subject: string): boolean {
  return tokenProblem(subject) === undefined && !subject.split(".").some((token) => token === "*" || token === ">");
}

export function isValidPattern(pattern: string): boolean {
  return patternProblem(pattern) === undefined;
}

/** The first mistake in a pattern, or undefined when it is valid. */
export function patternProblem(pattern: string): SubjectProblem | undefined {
  const bad = tokenProblem(pattern);
  const tokens = pattern.split(".");
  const early = tokens.indexOf(">");
  if (early >= 0 && early < tokens.length - 1 && (bad === undefined || early < bad.index)) {
    return {
      token: ">",
      index: early,
      message: `">" stands for all that follows, so it can only be the last token of "${pattern}".`,
    };
  }
  return bad;
}

function tokenProblem(subject: string): SubjectProblem | undefined {
  const tokens = subject.split(".");
  for (const [index, token] of tokens.entries()) {
    if (token === "") {
      const message =
        subject === ""
          ? "A subject cannot be empty."
          : `Token ${index + 1} of "${subject}" is empty; dots separate tokens.`;
      return { token, index, message };
    }
    if (WHITESPACE_OR_CONTROL.test(token)) {
      return { token, index, message: `Token "${token}" holds whitespace, which subjects do not allow.` };
    }
  }
  return undefined;
}

/** True when the literal `subject` falls under `pattern`; invalid ones never match. */
export function matchesSubject(pattern: string, subject: string): boolean {
  if (pattern === subject) return isValidSubject(subject);
  return isValidSubject(subject) && isValidPattern(pattern) && matchTokens(pattern.split("."), subject.split("."));
}

/** A matcher with the pattern parsed once; for subjects that are known to be valid (they were stored). */
export function subjectMatcher(pattern: string): (subject: string) => boolean {
  if (!isValidPattern(pattern)) return () => false;
  if (pattern === ">") return () => true;
  const tokens = pattern.split(".");
  if (!tokens.includes("*") && tokens.at(-1) !== ">") return (subject) => subject === pattern;
  return (subject) => matchTokens(tokens, subject.split("."));
}

function matchTokens(pattern: readonly string[], subject: readonly string[]): boolean {
  for (const [index, token] of pattern.entries()) {
    if (token === ">") return subject.length > index;
    if (index >= subject.length) return false;
    if (token !== "*" && token !== subject[index]) return false;
  }
  return pattern.length === subject.length;
}

/** True when every subject that `inner` matches is matched by `outer`: the test a grant needs. */
export function containsPattern(outer: string, inner: string): boolean {
  if (!isValidPattern(outer) || !isValidPattern(inner)) return false;
  const wide = outer.split(".");
  const narrow = inner.split(".");
  for (const [index, token] of wide.entries()) {
    const other = narrow[index];
    if (other === undefined) return false;
    if (token === ">") return true;
    if (other === ">") return false;
    if (token === "*") continue;
    if (token !== other) return false;
  }
  return wide.length === narrow.length;
}

/** True when some subject is matched by both patterns. */
export function overlapsPattern(a: string, b: string): boolean {
  if (!isValidPattern(a) || !isValidPattern(b)) return false;
  const left = a.split(".");
  const right = b.split(".");
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const one = left[index];
    const two = right[index];
    if (one === ">" || two === ">") return true;
    if (one !== two && one !== "*" && two !== "*") return false;
  }
  return left.length === right.length;
}

/** What every match begins with, up to the first wildcard: `ws.shop.` of `ws.shop.*.exited`; all of a literal. */
export function literalPrefix(pattern: string): string {
  const tokens = pattern.split(".");
  const first = tokens.findIndex((token) => token === "*" || token === ">");
  return first < 0
    ? pattern
    : tokens
        .slice(0, first)
        .map((token) => `${token}.`)
        .join("");
}
