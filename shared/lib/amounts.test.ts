import { expect, it } from "vitest";
import { showCost, showSpend, showTokens } from "./amounts.ts";

it("shows tokens in three figures", () => {
  expect([0, 940, 999, 1000, 12_400, 99_949, 412_000, 999_499, 999_500, 2_250_000, 41_200_000].map(showTokens)).toEqual(
    ["0", "940", "999", "1.0k", "12.4k", "99.9k", "412k", "999k", "1.00M", "2.25M", "41.2M"],
  );
});

it("never shows a missing price as nothing", () => {
  expect([null, 0, 1, 9_999_999, 10_000_000, 3_210_000_000].map(showCost)).toEqual([
    "no price",
    "$0.00",
    "<$0.01",
    "<$0.01",
    "$0.01",
    "$3.21",
  ]);
  expect(showSpend({ costNanos: 0, unpricedTokens: 900 })).toBe("no price");
  expect(showSpend({ costNanos: 3_210_000_000, unpricedTokens: 12_400 })).toBe("$3.21 + 12.4k no price");
});
