import { ArrowLeftRight } from "lucide-react";
import type { ReactElement } from "react";
import { Age } from "#renderer/state/StateWord.tsx";
import { countWords } from "#shared/lib/words.ts";
import { partyName, type Conversation } from "./conversations.ts";

interface Props {
  readonly conversations: readonly Conversation[];
  readonly currentKey: string | undefined;
  readonly onShow: (one: Conversation) => void;
}

/** The newest first; what waits is counted. */
export function ConversationList({ conversations, currentKey, onShow }: Props): ReactElement {
  return (
    <nav className="messages-list scroll" aria-label="Conversations">
      <ul>
        {conversations.map((one) => (
          <li key={one.key}>
            <button
              type="button"
              className="messages-row"
              aria-current={one.key === currentKey ? "true" : undefined}
              onClick={() => onShow(one)}
            >
              <span className="medium messages-parties">
                <span className="ell">{partyName(one.parties[0])}</span>
                <ArrowLeftRight size={12} strokeWidth={1.6} aria-label="and" />
                <span className="ell">{partyName(one.parties[1])}</span>
              </span>
              <span className="small t3 nowrap">
                <Age since={one.last.postedAt} />
              </span>
              <span className="small t2 ell">
                {partyName(one.last.from)}: {one.last.text}
              </span>
              {one.waiting > 0 && (
                <span className="small messages-waiting nowrap">{countWords(one.waiting)} waiting</span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
