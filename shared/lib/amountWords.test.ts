import { expect, it } from "vitest";
import { costWords, parseTokens, parseUsd, spendWords, tokenWords } from "./amountWords.ts";

it("shows tokens in three figures", () => {
  const counts = [0, 940, 999, 1000, 12_400, 412_000, 999_499, 999_500, 2_250_000, 41_200_000];
  expect(counts.map(tokenWords)).toEqual(["0", "940", "999", "1k", "12.4k", "412k", "999k", "1M", "2.25M", "41.2M"]);
});

it("shows money to the cent, and what is less than one as less than one", () => {
  expect([0, 1, 9_999_999, 10_000_000, 3_210_000_000, -400_000_000].map(costWords)).toEqual([
    "$0.00",
    "<$0.01",
    "<$0.01",
    "$0.01",
    "$3.21",
    "-$0.40",
  ]);
});

it("never shows a missing price as nothing", () => {
  expect(spendWords({ costNanos: 0, unpricedTokens: 900 })).toBe("no price");
  expect(spendWords({ costNanos: 3_210_000_000, unpricedTokens: 12_400 })).toBe("$3.21 + 12.4k no price");
});

it("reads what a person types, and nothing else", () => {
  expect(["5", "$5.25", "0.000000001", "-1", "1e3", "5,00", ""].map(parseUsd)).toEqual([
    5_000_000_000,
    5_250_000_000,
    1,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(["250000", "250k", "2.5M", "1 g", "-3", "k"].map(parseTokens)).toEqual([
    250_000,
    250_000,
    2_500_000,
    1_000_000_000,
    undefined,
    undefined,
  ]);
});
