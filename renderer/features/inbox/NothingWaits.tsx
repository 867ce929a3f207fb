import type { ReactElement } from "react";
import { useHomeCounts } from "#renderer/state/hooks.ts";
import { homeSentence } from "#shared/model/stateWords.ts";

/** An empty inbox is good news and looks like it: one quiet sentence in the page's own frame. */
export function NothingWaits(): ReactElement {
  const counts = useHomeCounts();
  return (
    <div className="inbox-empty">
      <div className="strong title">Nothing waits for you</div>
      <p className="t2">
        Requests for permission, questions, and supervisors that gave up appear here and can be answered in place.{" "}
        {homeSentence({ ...counts, needs: 0 })}
      </p>
    </div>
  );
}
