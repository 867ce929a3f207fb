/** "Life 3 ended, exit 0": how a terminal says that nothing will come any more. */
export function endWords(generation: number, detail: string): string {
  const how = /^[A-Z][a-z]/.test(detail) ? detail.charAt(0).toLowerCase() + detail.slice(1) : detail;
  return how === "" ? `Life ${generation} ended` : `Life ${generation} ended, ${how}`;
}
