/** True when every word of `text` occurs in one of the fields, whatever its capitals. */
export function matchesText(text: string, fields: readonly (string | undefined)[]): boolean {
  const all = fields.join(" ").toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
