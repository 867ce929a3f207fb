/** Three dots, the filled ones restart when the middle one fails. Always beside the strategy's name, so unnamed. */
import type { ReactElement } from "react";
import type { Strategy } from "#shared/model/states.ts";

const FILLED: Readonly<Record<Strategy, readonly boolean[]>> = {
  one_for_one: [false, true, false],
  one_for_all: [true, true, true],
  rest_for_one: [false, true, true],
  simple_one_for_one: [false, true, false],
};

export function StrategyGlyph({ strategy }: { readonly strategy: Strategy }): ReactElement {
  return (
    <svg className="strategy-glyph" width="20" height="8" viewBox="0 0 20 8" fill="none" aria-hidden="true">
      {FILLED[strategy].map((isFilled, index) =>
        isFilled ? (
          <circle key={index} cx={4 + index * 6} cy="4" r="2.4" fill="currentColor" />
        ) : (
          <circle key={index} cx={4 + index * 6} cy="4" r="1.9" stroke="currentColor" />
        ),
      )}
    </svg>
  );
}
