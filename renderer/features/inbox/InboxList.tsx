import type { ReactElement } from "react";
import { useNowText } from "#renderer/state/hooks.ts";
import { lampOf, waiterOf, wishOf } from "#renderer/state/inboxItems.ts";
import { Age } from "#renderer/state/StateWord.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { stateTextColor } from "#renderer/ui/stateToken.ts";
import { clockWords } from "#shared/lib/words.ts";
import type { InboxItem } from "#shared/model/inbox.ts";

interface Props {
  readonly items: readonly InboxItem[];
  readonly currentId: string | undefined;
  readonly onShow: (item: InboxItem) => void;
}

/** Open items, then snoozed ones, then what was settled. */
export function InboxList({ items, currentId, onShow }: Props): ReactElement {
  const open = items.filter((item) => item.status === "open");
  const snoozed = items.filter((item) => item.status === "snoozed");
  const settled = items.filter((item) => item.status === "answered" || item.status === "withdrawn");
  const rows = (list: readonly InboxItem[], Row: typeof OpenRow) =>
    list.map((item) => <Row key={item.id} item={item} isCurrent={item.id === currentId} onShow={() => onShow(item)} />);
  return (
    <nav className="inbox-list scroll" aria-label="Inbox items">
      <ul>{rows(open, OpenRow)}</ul>
      {snoozed.length > 0 && <h2 className="inbox-heading">Snoozed</h2>}
      <ul>{rows(snoozed, ShortRow)}</ul>
      {settled.length > 0 && <h2 className="inbox-heading">Answered</h2>}
      <ul>{rows(settled, ShortRow)}</ul>
    </nav>
  );
}

interface RowProps {
  readonly item: InboxItem;
  readonly isCurrent: boolean;
  readonly onShow: () => void;
}

function OpenRow({ item, isCurrent, onShow }: RowProps): ReactElement {
  const lamp = lampOf(item);
  return (
    <li>
      <button type="button" className="inbox-open" aria-current={isCurrent ? "true" : undefined} onClick={onShow}>
        <span className="inbox-lamp">
          <Lamp state={lamp} size={15} />
        </span>
        <span className="inbox-words">
          <span className="medium ell">{waiterOf(item)}</span>
          <span className="small medium ell" style={{ color: stateTextColor(lamp) }}>
            {wishOf(item)}
          </span>
          <span className="small t2 ell">{item.body}</span>
        </span>
        <span className="small t3">
          <Age since={item.since} />
        </span>
      </button>
    </li>
  );
}

function ShortRow({ item, isCurrent, onShow }: RowProps): ReactElement {
  const at = item.status === "snoozed" ? (item.until ?? item.since) : item.since;
  const time = useNowText((now) => clockWords(Date.parse(at), now));
  const isWithdrawn = item.status === "withdrawn";
  const said = item.status === "answered" ? `${item.answer ?? "Answered"}: ${item.body}` : item.body;
  return (
    <li>
      <button
        type="button"
        className="inbox-short small"
        aria-current={isCurrent ? "true" : undefined}
        onClick={onShow}
      >
        <Lamp state={lampOf(item)} size={12} />
        <span className="medium t2">{waiterOf(item)}</span>
        <span className="t3 ell grow" style={isWithdrawn ? { textDecoration: "line-through" } : undefined}>
          {said}
        </span>
        {isWithdrawn && <span className="sr-only">withdrawn</span>}
        <span className="t3 tab nowrap">{item.status === "snoozed" ? `to ${time}` : time}</span>
      </button>
    </li>
  );
}
