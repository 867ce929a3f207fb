/** Agents that wait for a person, answered in place: the list on the left, one item with everything needed to decide. */
import { useEffect, type ReactElement } from "react";
import {
  useAppState,
  useInbox,
  useIsLive,
  useKeys,
  useNavigation,
  useNowText,
  useRoute,
} from "#renderer/state/hooks.ts";
import { useInboxActions } from "#renderer/state/inboxItems.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Page } from "#renderer/ui/Page.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { isSameDay } from "#shared/lib/words.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import { InboxList } from "./InboxList.tsx";
import { ItemDetail } from "./ItemDetail.tsx";
import { NothingWaits } from "./NothingWaits.tsx";
import "./inbox.css";

export function InboxPage(): ReactElement {
  const items = useInbox();
  const hasTree = useAppState((state) => state.hasTree);
  const navigation = useNavigation();
  const isLive = useIsLive();
  const { snooze } = useInboxActions();
  const current = useCurrentItem(items);
  const fact = useNowText((now) => factOf(items, now));
  const show = (item: InboxItem | undefined) => {
    if (item !== undefined) navigation.replace({ page: "inbox", id: item.id });
  };
  const step = (by: number) => {
    const at = items.findIndex((item) => item.id === current?.id);
    show(items[Math.min(items.length - 1, Math.max(0, at + by))]);
  };
  const canSnooze = current?.status === "open" && isLive;
  const snoozeIt = () => {
    if (current === undefined || !canSnooze) return;
    const next = items.find((item) => item.status === "open" && item.id !== current.id);
    snooze(current);
    show(next);
  };
  useKeys("Inbox", [
    { keys: "j", label: "Next item", run: () => step(1) },
    { keys: "k", label: "Previous item", run: () => step(-1) },
    { keys: "z", label: "Snooze for 30 minutes", run: snoozeIt },
  ]);
  return (
    <Page
      title="Inbox"
      fact={fact}
      bleed
      actions={
        items.length > 0 && (
          <span className="row inbox-actions">
            <Button kind="quiet" keys="j" onClick={() => step(1)}>
              Next
            </Button>
            <Button kind="quiet" keys="k" onClick={() => step(-1)}>
              Previous
            </Button>
            <Button kind="quiet" keys="z" disabled={!canSnooze} onClick={snoozeIt}>
              Snooze
            </Button>
          </span>
        )
      }
    >
      {!hasTree ? (
        <Skeleton rows={6} />
      ) : items.length === 0 ? (
        <NothingWaits />
      ) : (
        <div className="inbox">
          <InboxList items={items} currentId={current?.id} onShow={show} />
          <div className="inbox-detail scroll">
            {current === undefined ? <NothingWaits /> : <ItemDetail key={current.id} item={current} />}
          </div>
        </div>
      )}
    </Page>
  );
}

/** The item of the route; else the first that waits, which the route then names: settled, it stays in sight. */
function useCurrentItem(items: readonly InboxItem[]): InboxItem | undefined {
  const route = useRoute();
  const navigation = useNavigation();
  const wanted = route.page === "inbox" ? route.id : undefined;
  const found = items.find((item) => item.id === wanted) ?? items.find((item) => item.status === "open");
  const foundId = found?.id;
  useEffect(() => {
    if (foundId !== undefined && foundId !== wanted) navigation.replace({ page: "inbox", id: foundId });
  }, [foundId, wanted, navigation]);
  return found;
}

function factOf(items: readonly InboxItem[], now: number): string {
  const open = items.filter((item) => item.status === "open").length;
  const answered = items.filter((item) => item.status === "answered" && isSameDay(Date.parse(item.since), now)).length;
  const parts = [open === 0 ? "Nothing waits" : `${open} open`];
  if (answered > 0) parts.push(`${answered} answered today`);
  return parts.join(", ");
}
