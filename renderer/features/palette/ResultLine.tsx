import { Fragment, type ReactElement, type ReactNode } from "react";
import { Kbd } from "#renderer/ui/Kbd.tsx";
import type { Result } from "./results.ts";

interface Props {
  readonly id: string;
  readonly result: Result;
  readonly isMarked: boolean;
  readonly onMark: () => void;
  readonly onRun: () => void;
}

export function ResultLine({ id, result: { entry, ranges }, isMarked, onMark, onRun }: Props): ReactElement {
  return (
    <div
      id={id}
      className="palette-line"
      role="option"
      aria-selected={isMarked}
      tabIndex={-1}
      onMouseMove={isMarked ? undefined : onMark}
      onClick={onRun}
    >
      <span className="palette-icon">{entry.icon}</span>
      <span className={`${entry.isMono === true ? "mono " : ""}nowrap ell palette-title`}>
        {stressed(entry.title, ranges)}
      </span>
      <span className="small t3 ell grow">{entry.hint}</span>
      {isMarked && entry.actions !== undefined && <Kbd keys="tab" />}
      {isMarked ? <Kbd keys="enter" /> : entry.keys !== undefined && <Kbd keys={entry.keys.split(" ")} />}
    </div>
  );
}

/** The matched parts in the stronger weight. */
function stressed(text: string, ranges: Result["ranges"]): ReactNode {
  const letters = Array.from({ length: text.length }, (_, at) => text.charAt(at));
  const marks = letters.map(() => false);
  for (const [start, end] of ranges) marks.fill(true, start, end);
  const parts: { text: string; isOn: boolean }[] = [];
  for (const [index, letter] of letters.entries()) {
    const isOn = marks[index] ?? false;
    const last = parts.at(-1);
    if (last !== undefined && last.isOn === isOn) last.text += letter;
    else parts.push({ text: letter, isOn });
  }
  return parts.map((part, index) => <Fragment key={index}>{part.isOn ? <b>{part.text}</b> : part.text}</Fragment>);
}
