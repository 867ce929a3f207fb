/** One agent: lamp, name, CLI, state, and in the room that is left what it does or what a failure would do to it. */
import { memo, type ReactElement } from "react";
import { Mail, RotateCcw } from "lucide-react";
import { useAppState, useNode, useNowText } from "#renderer/state/hooks.ts";
import { waitingByPath } from "#renderer/state/mailSlice.ts";
import { stateTextColor } from "#renderer/ui/stateToken.ts";
import type { NodePatch } from "#shared/contract/index.ts";
import { plural } from "#shared/lib/words.ts";
import { cliName, stateWords } from "#shared/model/stateWords.ts";
import { effectWord } from "./blastWords.ts";
import { NodeLamp } from "./NodeLamp.tsx";
import { Spend } from "./Spend.tsx";
import { rowId, type RowProps } from "./rows.ts";
import { useTreeView } from "./treeView.ts";

export const AgentRow = memo(function AgentRow({ row, isActive, isSelected, isDimmed, width }: RowProps) {
  const node = useNode(row.path);
  const effect = useTreeView((view) => view.effects.get(row.path));
  const isFailing = useTreeView((view) => view.radius?.failing.path === row.path);
  const mail = useWaitingMail(row.path);
  const word = useNowText((now) => (node === undefined ? "" : stateWords(node, now)));
  if (node === undefined) return null;
  const hit = effect === undefined || (isFailing && isSelected) ? undefined : effectWord(effect);
  const said = [
    node.id,
    cliName(node.agent),
    word,
    detailOf(node, word),
    node.restarts > 0 ? plural(node.restarts, "restart") : "",
    mail,
    row.order === undefined ? "" : `starts as number ${row.order}`,
    hit === undefined ? "" : `would be hit: ${hit}`,
  ];
  return (
    <div
      id={rowId(row.path)}
      className="tree-row"
      role="treeitem"
      aria-level={row.depth}
      aria-posinset={row.position}
      aria-setsize={row.setSize}
      aria-selected={isSelected}
      aria-label={said.filter((part) => part !== "").join(", ")}
      data-path={row.path}
      data-active={isActive || undefined}
      data-hit={effect !== undefined && !isFailing ? effect : undefined}
      data-dimmed={isDimmed || undefined}
      style={{ left: row.x - 5, top: row.y - 14, maxWidth: Math.max(200, width - row.x - 7) }}
    >
      <NodeLamp node={node} size={16} />
      <span className="tree-name">{node.id}</span>
      <span className="tree-cli">{cliName(node.agent)}</span>
      <span className="tree-word" style={{ color: stateTextColor(node.state) }}>
        {word}
      </span>
      <Spend path={row.path} />
      <MailCount words={mail} />
      <Tail node={node} detail={detailOf(node, word)} hit={hit} />
    </div>
  );
});

/** "2 messages wait"; empty where none does. */
function useWaitingMail(path: string): string {
  const count = useAppState((state) => waitingByPath(state.mail).get(path) ?? 0);
  return count === 0 ? "" : plural(count, "message waits", "messages wait");
}

function MailCount({ words }: { readonly words: string }): ReactElement | null {
  if (words === "") return null;
  return (
    <span className="tree-mail" title={words}>
      <Mail size={11} strokeWidth={1.8} aria-hidden="true" />
      {words.split(" ")[0]}
    </span>
  );
}

interface TailProps {
  readonly node: NodePatch;
  readonly detail: string;
  readonly hit: string | undefined;
}

function Tail({ node, detail, hit }: TailProps): ReactElement {
  return (
    <>
      <span className="tree-detail">{detail}</span>
      {hit === undefined ? (
        <span className="tree-restarts">{node.restarts > 0 ? plural(node.restarts, "restart") : ""}</span>
      ) : (
        <span className="tree-effect">
          <RotateCcw size={11} strokeWidth={1.8} aria-hidden="true" />
          {hit}
        </span>
      )}
    </>
  );
}

/** What the state's own words do not say yet: "Crashed, exit 3" needs no "Exit 3" behind it. */
function detailOf(node: NodePatch, word: string): string {
  const detail = node.detail ?? "";
  return word.toLowerCase().includes(detail.toLowerCase()) ? "" : detail;
}
