/** A fake for looking at screens: what an agent's terminal shows, and a line now and then. */

const ESC = "\u001b[";
const green = (text: string) => `${ESC}32m${text}${ESC}0m`;
const bold = (text: string) => `${ESC}1m${text}${ESC}0m`;
const dim = (text: string) => `${ESC}2m${text}${ESC}0m`;
const yellow = (text: string) => `${ESC}33m${text}${ESC}0m`;

export function terminalText(path: string): string {
  const name = path.split("/").at(-1) ?? path;
  const lines = [
    `${green("*")} Write ${bold("tests/tax-region.e2e.ts")} ${dim("112 lines")}`,
    `${green("*")} Bash ${bold("pnpm exec prisma migrate status")}`,
    `  ${yellow("1 migration has drifted from the local history")}`,
    "",
    "The test database has drifted. To get a clean run I",
    "would reset it and apply all migrations again.",
    "",
    `${dim("$")} pnpm test --filter ${name}`,
    `${ESC}32m PASS ${ESC}0m src/orders/tax.test.ts ${dim("(18 tests)")}`,
    `${ESC}31m FAIL ${ESC}0m src/orders/region.test.ts`,
    `  ${ESC}31mexpected "DE-BY", received undefined${ESC}0m`,
    `  see https://example.com/builds/8841`,
  ];
  return `${lines.join("\r\n")}\r\n`;
}

export function terminalLine(count: number): string {
  return `${dim(`[${count}]`)} Backfilled ${count * 250} of 41 000 rows of ${bold("orders.tax_region")}\r\n`;
}
