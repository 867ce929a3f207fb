/** Find in one terminal; with "All lives" in everything the agent ever printed, as a list that leads into the recording. */
import { Search, X } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent, type ReactElement } from "react";
import type { SearchHit } from "#shared/contract/index.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { findWords, type FindResult, type TerminalFind } from "./terminalFind.ts";
import { livesWords, useLivesSearch } from "./useLivesSearch.ts";

interface Props {
  readonly find: TerminalFind | undefined;
  /** Whose lives are searched. */
  readonly path: string;
  readonly onOpenHit: (hit: SearchHit) => void;
  readonly onClose: () => void;
}

const NOTHING: FindResult = { index: -1, count: 0 };

export function FindBar({ find, path, onOpenHit, onClose }: Props): ReactElement {
  const [text, setText] = useState("");
  const [caseSensitive, setCaseSensitive] = useState(false);
  const [isAllLives, setAllLives] = useState(false);
  const [result, setResult] = useState(NOTHING);
  const input = useRef<HTMLInputElement>(null);
  const lives = useLivesSearch({ text: isAllLives ? text : "", path, caseSensitive });
  useEffect(() => input.current?.focus(), []);
  useEffect(() => find?.onResult(setResult), [find]);
  useEffect(() => {
    if (text === "" || isAllLives) find?.clear();
    else find?.previous(text, { caseSensitive, isTyping: true });
  }, [find, text, caseSensitive, isAllLives]);
  const close = () => {
    find?.clear();
    onClose();
  };
  const step = (isBack: boolean) =>
    isBack ? find?.previous(text, { caseSensitive }) : find?.next(text, { caseSensitive });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") close();
    else if (event.key === "Enter" || event.key === "ArrowUp" || event.key === "ArrowDown")
      step(event.key === "ArrowUp" || (event.key === "Enter" && !event.shiftKey));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const words = isAllLives ? livesWords(text, lives) : findWords(text, result);
  return (
    <div className="find-bar" role="search" aria-label="Find in this terminal">
      <div className="find-row">
        <Search size={14} aria-hidden="true" />
        <input
          ref={input}
          className="mono find-input"
          aria-label="Find"
          value={text}
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <span className={words === "None" ? "small tab nowrap bad" : "small t3 tab nowrap"} role="status">
          {words}
        </span>
        <button
          type="button"
          className="chip find-switch"
          aria-pressed={caseSensitive}
          title="Match capitals"
          onClick={() => setCaseSensitive(!caseSensitive)}
        >
          Aa
        </button>
        <button
          type="button"
          className="chip find-switch"
          aria-pressed={isAllLives}
          onClick={() => setAllLives(!isAllLives)}
        >
          All lives
        </button>
        {!isAllLives && (
          <Button kind="quiet" keys="up" className="find-key" aria-label="Previous match" onClick={() => step(true)} />
        )}
        {!isAllLives && (
          <Button kind="quiet" keys="down" className="find-key" aria-label="Next match" onClick={() => step(false)} />
        )}
        <Button kind="quiet" icon={<X size={13} />} aria-label="Close" onClick={close} />
      </div>
      {isAllLives && lives.hits.length > 0 && (
        <ul className="find-hits scroll" aria-label="Matches in all lives">
          {lives.hits.map((hit) => (
            <li key={`${hit.sessionId}-${hit.offset}-${hit.start}`}>
              <button type="button" className="find-hit" onClick={() => onOpenHit(hit)}>
                <span className="small t3 nowrap">life {hit.generation}</span>
                <span className="mono ell">
                  {hit.line.slice(0, hit.start).trimStart()}
                  <mark>{hit.line.slice(hit.start, hit.end)}</mark>
                  {hit.line.slice(hit.end)}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
