/** A fake for looking at screens: `*` is one token, a last `>` is the rest. */
export function subjectMatches(pattern: string, subject: string): boolean {
  return pattern.split(/,\s*/).some((one) => matchesOne(one.split("."), subject.split(".")));
}

function matchesOne(pattern: readonly string[], subject: readonly string[]): boolean {
  for (const [index, token] of pattern.entries()) {
    if (token === ">") return subject.length > index;
    if (token !== "*" && token !== subject[index]) return false;
  }
  return pattern.length === subject.length;
}
