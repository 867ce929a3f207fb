import type { ReactElement } from "react";
import type { UsageConfidence } from "#shared/model/usage.ts";
import { CONFIDENCE_BARS, CONFIDENCE_WORDS } from "./ledgerWords.ts";

/** Three bars for exact, two for rounded, one for estimated; always with the word. */
export function Confidence({ value }: { readonly value: UsageConfidence }): ReactElement {
  return (
    <span className="confidence">
      <svg viewBox="0 0 12 12" width={12} height={12} aria-hidden="true">
        {[4, 7, 10].map((height, index) => (
          <rect
            key={height}
            x={index * 4}
            y={11 - height}
            width={2.6}
            height={height}
            rx={0.6}
            className={index < CONFIDENCE_BARS[value] ? "confidence-on" : "confidence-off"}
          />
        ))}
      </svg>
      {CONFIDENCE_WORDS[value]}
    </span>
  );
}
