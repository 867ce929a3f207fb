import type { ReactElement } from "react";
import { exactClock } from "#shared/lib/words.ts";
import type { LetterHistory } from "#shared/model/deadLetter.ts";
import { deedWord } from "#shared/model/deadLetterWords.ts";
import "./payloadEditor.css";

/** What happened to a dead letter, line by line, oldest first. */
export function LetterTimeline({
  history,
  isLong = false,
}: {
  readonly history: readonly LetterHistory[];
  readonly isLong?: boolean;
}): ReactElement {
  return (
    <dl className="letter-history small">
      {history.map(({ at, actor, what, detail }, index) => (
        <div key={`${at}-${index}`} style={{ display: "contents" }}>
          <dt className="mono t3 tab">{exactClock(Date.parse(at))}</dt>
          <dd>
            <span className="medium">{deedWord(what)}</span>
            {isLong && <span className="t3"> by {actor}</span>}
            <span className="t2">: {detail}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
