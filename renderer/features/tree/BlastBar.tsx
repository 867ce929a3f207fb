/** The blast radius in one sentence, at the bottom of the page. `B` hides and shows it. */
import type { ReactElement } from "react";
import { Button } from "#renderer/ui/Button.tsx";
import { blastSentence } from "./blastWords.ts";
import { toggleBlast, useTreeView } from "./treeView.ts";

export function BlastBar(): ReactElement | null {
  const radius = useTreeView((view) => view.radius);
  if (radius === undefined) return null;
  const { lead, rest } = blastSentence(radius);
  return (
    <div className="tree-blastbar" role="status" aria-label="What a failure takes with it">
      <svg width="26" height="12" fill="none" aria-hidden="true">
        <circle cx="5" cy="6" r="3.6" stroke="var(--st-crashed-lamp)" strokeWidth="2" />
        <path d="M9 6h16" stroke="var(--st-crashed-lamp)" strokeWidth="2" strokeDasharray="4 3" />
      </svg>
      <span className="tree-blastbar-text">
        <span className="medium">{lead}</span> <span className="t2">{rest}</span>
      </span>
      <Button kind="quiet" keys="B" onClick={toggleBlast}>
        Hide
      </Button>
    </div>
  );
}
