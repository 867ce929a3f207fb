/** The answers of an open item. Each has its letter; Enter takes the marked one, but never what cannot be undone. */
import { useRef, useState, type KeyboardEvent, type ReactElement, type Ref } from "react";
import { useIsLive, useKeys } from "#renderer/state/hooks.ts";
import { isEnterSafe, markedAtFirst, useInboxActions } from "#renderer/state/inboxItems.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Kbd } from "#renderer/ui/Kbd.tsx";
import type { InboxItem } from "#shared/model/inbox.ts";

type Option = InboxItem["options"][number];

interface AnswersProps {
  readonly item: InboxItem;
  /** True: the caller did it, and nothing is sent. */
  readonly instead?: (option: Option) => boolean;
}

export function Answers({ item, instead }: AnswersProps): ReactElement {
  const isLive = useIsLive();
  const actions = useInboxActions();
  const [marked, setMarked] = useState(() => markedAtFirst(item));
  const [sending, setSending] = useState<string>();
  const fields = useRef(new Map<string, HTMLInputElement>());

  const send = async (option: Option, text?: string) => {
    if (!isLive || sending !== undefined) return;
    setSending(option.id);
    await actions.answer(item, option, text);
    setSending(undefined);
  };
  const choose = (option: Option) => {
    setMarked(option.id);
    if (isLive && instead?.(option) === true) return;
    if (option.takesText) fields.current.get(option.id)?.focus();
    else void send(option);
  };
  const mark = (step: number) => {
    const at = item.options.findIndex((option) => option.id === marked);
    const next = item.options[(at + step + item.options.length) % item.options.length];
    setMarked(next?.id);
  };
  const enter = () => {
    const option = item.options.find((candidate) => candidate.id === marked);
    if (option !== undefined && isEnterSafe(item, option)) choose(option);
  };
  useKeys("Answers", [
    ...item.options.map((option) => ({
      keys: option.key.toLowerCase(),
      label: option.label,
      run: () => choose(option),
    })),
    { keys: "down", label: "Mark the next answer", run: () => mark(1) },
    { keys: "up", label: "Mark the previous answer", run: () => mark(-1) },
    {
      keys: "enter",
      label: item.irreversible ? "Take the marked answer; never one that allows it" : "Take the marked answer",
      run: enter,
    },
  ]);
  return (
    <div className="answers" role="group" aria-label="Answers">
      {item.options.map((option) => {
        const shared = {
          option,
          item,
          isMarked: option.id === marked,
          isSending: sending === option.id,
          isDisabled: !isLive || sending !== undefined,
        };
        if (!option.takesText) return <Choice key={option.id} {...shared} onChoose={() => choose(option)} />;
        const keep: Ref<HTMLInputElement> = (field) => {
          if (field !== null) fields.current.set(option.id, field);
        };
        return (
          <OwnWords
            key={option.id}
            {...shared}
            fieldRef={keep}
            onMark={() => setMarked(option.id)}
            onSend={(text) => void send(option, text)}
          />
        );
      })}
    </div>
  );
}

interface ChoiceProps {
  readonly option: Option;
  readonly item: InboxItem;
  readonly isMarked: boolean;
  readonly isSending: boolean;
  readonly isDisabled: boolean;
}

function Choice({
  option,
  item,
  isMarked,
  isSending,
  isDisabled,
  onChoose,
}: ChoiceProps & { readonly onChoose: () => void }): ReactElement {
  const isSafe = isEnterSafe(item, option);
  const hint = [option.hint, isSafe ? undefined : "Not reversible, so Enter never picks it"]
    .filter((part) => part !== undefined)
    .join(". ");
  return (
    <button
      type="button"
      className="answer"
      data-marked={isMarked || undefined}
      disabled={isDisabled}
      aria-keyshortcuts={option.key}
      onClick={onChoose}
      onKeyDown={(event: KeyboardEvent) => {
        // A focused button would answer Enter by itself.
        if (event.key === "Enter" && !isSafe) event.preventDefault();
      }}
    >
      <Kbd keys={option.key.toLowerCase()} />
      <span className="medium nowrap">{isSending ? "Sending" : option.label}</span>
      <span className="small t3 grow answer-hint">{hint}</span>
      {isMarked && isSafe && <Kbd keys="enter" />}
    </button>
  );
}

interface OwnWordsProps extends ChoiceProps {
  readonly fieldRef: Ref<HTMLInputElement>;
  readonly onMark: () => void;
  readonly onSend: (text: string) => void;
}

function OwnWords({
  option,
  item,
  isMarked,
  isSending,
  isDisabled,
  fieldRef,
  onMark,
  onSend,
}: OwnWordsProps): ReactElement {
  const [text, setText] = useState("");
  const submit = () => {
    if (text.trim() !== "") onSend(text);
  };
  const placeholder = item.kind === "permission" ? "What to do instead" : "Type one line, or paste a link";
  return (
    <div className="answer-words" data-marked={isMarked || undefined}>
      <div className="answer-words-head">
        <Kbd keys={option.key.toLowerCase()} />
        <span className="medium">{option.label}</span>
        <span className="small t3 grow ell">{option.hint}</span>
      </div>
      <div className="answer-field">
        <input
          ref={fieldRef}
          aria-label={option.label}
          placeholder={placeholder}
          value={text}
          disabled={isDisabled}
          autoComplete="off"
          onFocus={onMark}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.nativeEvent.isComposing) submit();
            if (event.key === "Escape") event.currentTarget.blur();
          }}
        />
        <Button
          kind="quiet"
          keys="enter"
          running={isSending && "Sending"}
          disabled={text.trim() === "" || isDisabled}
          onClick={submit}
        >
          Send
        </Button>
      </div>
    </div>
  );
}
