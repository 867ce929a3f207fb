import { expect, test } from "vitest";
import { TerminalQueries } from "./terminalQueries.ts";

const ESC = "\u001b";

function answers(...chunks: readonly string[]): string {
  let said = "";
  const queries = new TerminalQueries((bytes) => (said += Buffer.from(bytes).toString("latin1")));
  for (const chunk of chunks) queries.feed(Buffer.from(chunk, "latin1"));
  return said;
}

test("device attributes, cursor position, status and OSC 7501 are answered", () => {
  expect(answers(`${ESC}[c`)).toBe(`${ESC}[?62;22c`);
  expect(answers(`x${ESC}[0cy`)).toBe(`${ESC}[?62;22c`);
  expect(answers(`${ESC}[6n`)).toBe(`${ESC}[1;1R`);
  expect(answers(`${ESC}[5n`)).toBe(`${ESC}[0n`);
  expect(answers(`${ESC}]7501;?\u0007`)).toBe(`${ESC}]7501;?\u0007`);
  expect(answers(`${ESC}]7501;?${ESC}\\`)).toBe(`${ESC}]7501;?${ESC}\\`);
});

test("several queries are answered once each, in order", () => {
  expect(answers(`a${ESC}[6nb${ESC}[c`, "plain", `${ESC}[6n`)).toBe(`${ESC}[1;1R${ESC}[?62;22c${ESC}[1;1R`);
});

test("a query is understood however it is cut", () => {
  for (const query of [`${ESC}[0c`, `${ESC}[6n`, `${ESC}]7501;?${ESC}\\`, `${ESC}]7501;?\u0007`]) {
    const whole = answers(query);
    for (let cut = 1; cut < query.length; cut += 1) {
      expect(answers(`text${query.slice(0, cut)}`, `${query.slice(cut)}text`)).toBe(whole);
    }
    expect(answers(...query.split(""))).toBe(whole);
  }
});

test("colours, titles and plain text are no queries", () => {
  expect(answers(`${ESC}[31mred${ESC}[0m`, `${ESC}]0;title [c\u0007`, "[c[6n", `${ESC}[?1049h`, `${ESC}[16n`)).toBe("");
});
