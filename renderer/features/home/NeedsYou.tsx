/** What waits for a person, answered in place. The marked row takes the keys; what cannot be undone is only reviewed here. */
import { useState, type ReactElement } from "react";
import { useIsLive, useKeys, useNavigation, useOpenInbox } from "#renderer/state/hooks.ts";
import { isEnterSafe, lampOf, useInboxActions, waiterOf, wishOf } from "#renderer/state/inboxItems.ts";
import type { KeyBinding } from "#renderer/state/keys.ts";
import { Age } from "#renderer/state/StateWord.tsx";
import { Button } from "#renderer/ui/Button.tsx";
import { Kbd } from "#renderer/ui/Kbd.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { stateTextColor } from "#renderer/ui/stateToken.ts";
import type { InboxItem } from "#shared/model/inbox.ts";

/** More would push what broke and what runs off the first screen. */
const SHOWN = 5;

export function NeedsYou(): ReactElement | null {
  const items = useOpenInbox();
  const navigation = useNavigation();
  const [markedId, setMarked] = useState<string>();
  const shown = items.slice(0, SHOWN);
  const at = Math.max(
    0,
    shown.findIndex((item) => item.id === markedId),
  );
  const marked = shown[at];
  const move = (step: number) => setMarked(shown[Math.min(shown.length - 1, Math.max(0, at + step))]?.id);
  const itemKeys = useItemKeys(marked);
  useKeys(
    "Needs you",
    shown.length === 0
      ? []
      : [
          { keys: "j", label: "Next", run: () => move(1) },
          { keys: "k", label: "Previous", run: () => move(-1) },
          ...itemKeys,
        ],
  );
  if (items.length === 0) return null;
  return (
    <section aria-label={`Needs you, ${items.length}`}>
      <div className="section-head">
        <h2>Needs you</h2>
        <span className="count">{items.length}</span>
        <button type="button" className="aside small key-hint" onClick={() => navigation.navigate({ page: "inbox" })}>
          Open inbox <Kbd keys={["g", "i"]} />
        </button>
      </div>
      <ul className="list">
        {shown.map((item) => (
          <Need key={item.id} item={item} isMarked={item === marked} onMark={() => setMarked(item.id)} />
        ))}
      </ul>
      {items.length > SHOWN && <div className="small t3 home-rest">and {items.length - SHOWN} more in the inbox</div>}
    </section>
  );
}

function useItemKeys(item: InboxItem | undefined): readonly KeyBinding[] {
  const navigation = useNavigation();
  const isLive = useIsLive();
  const { answer, snooze } = useInboxActions();
  if (item === undefined) return [];
  const name = waiterOf(item);
  const open = () => navigation.navigate({ page: "inbox", id: item.id });
  const answers = item.options.map((option): KeyBinding => {
    const needsReview = option.takesText || !isEnterSafe(item, option);
    return {
      keys: option.key.toLowerCase(),
      label: needsReview ? `Review ${name}: ${option.label}` : `${option.label}: ${name}`,
      run: () => (needsReview ? open() : void (isLive && answer(item, option))),
    };
  });
  return [
    ...answers,
    { keys: "enter", label: "Open the marked item", run: open },
    { keys: "a", label: "Answer the marked item", run: open },
    { keys: "o", label: "Open its terminal", run: () => navigation.navigate({ page: "terminals", path: item.path }) },
    { keys: "z", label: "Snooze the marked item", run: () => snooze(item) },
  ];
}

interface NeedProps {
  readonly item: InboxItem;
  readonly isMarked: boolean;
  readonly onMark: () => void;
}

function Need({ item, isMarked, onMark }: NeedProps): ReactElement {
  const navigation = useNavigation();
  const name = waiterOf(item);
  return (
    <li className="need" data-marked={isMarked || undefined} onMouseEnter={onMark} onFocus={onMark}>
      <span className="need-lamp">
        <Lamp state={lampOf(item)} size={15} />
      </span>
      <button type="button" className="need-text" onClick={() => navigation.navigate({ page: "inbox", id: item.id })}>
        <span className="row need-head">
          <span className="medium ell">{name}</span>
          <span className="small medium nowrap" style={{ color: stateTextColor(lampOf(item)) }}>
            {wishOf(item)}
          </span>
          <span className="small t3">
            <Age since={item.since} />
          </span>
        </span>
        <span className="row need-body t2">
          <span className={item.kind === "permission" ? "mono ell" : "ell"}>{item.body}</span>
          {item.irreversible && <span className="small medium bad nowrap">not reversible</span>}
        </span>
      </button>
      <NeedActions item={item} isMarked={isMarked} />
    </li>
  );
}

/** Labels that fit a row; longer questions are answered in the inbox. */
const SHORT = 22;

function NeedActions({ item, isMarked }: { readonly item: InboxItem; readonly isMarked: boolean }): ReactElement {
  const navigation = useNavigation();
  const isLive = useIsLive();
  const { answer } = useInboxActions();
  const [sending, setSending] = useState<string>();
  const name = waiterOf(item);
  const review = () => navigation.navigate({ page: "inbox", id: item.id });
  const safe = item.options.filter(
    (option) =>
      !option.takesText &&
      isEnterSafe(item, option) &&
      option.id !== "allow_session" &&
      option.id !== "dismiss" &&
      option.id !== "leave",
  );
  const isShort = safe.length > 0 && safe.length <= 3 && safe.every((option) => option.label.length <= SHORT);
  const fitting = isShort ? safe : [];
  // Of a permission the refusal comes first and the likely answer last, beside the pointer's way; answers keep their numbers' order.
  const shown = item.kind === "permission" ? fitting.toReversed() : fitting;
  const send = async (option: InboxItem["options"][number]) => {
    setSending(option.id);
    await answer(item, option);
    setSending(undefined);
  };
  const isReviewed = item.irreversible || shown.length === 0;
  return (
    <span className="row need-actions">
      {shown.map((option, index) => (
        <Button
          key={option.id}
          kind={
            isMarked && !isReviewed && index === shown.length - 1 && item.kind === "permission" ? "primary" : "plain"
          }
          keys={isMarked ? option.key.toLowerCase() : undefined}
          disabled={!isLive}
          running={sending === option.id && "Sending"}
          aria-label={`${option.label}: ${name}`}
          onClick={() => void send(option)}
        >
          {option.label}
        </Button>
      ))}
      {isReviewed && (
        <Button
          kind={isMarked ? "primary" : "plain"}
          keys={isMarked ? "enter" : undefined}
          aria-label={`${item.kind === "question" ? "Answer" : "Review"} ${name}`}
          onClick={review}
        >
          {item.kind === "question" ? "Answer" : "Review"}
        </Button>
      )}
    </span>
  );
}
