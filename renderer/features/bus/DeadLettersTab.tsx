/** Dead letters: a list with filters, one in full beside it, and what can be done to many at once. */
import { ListFilter } from "lucide-react";
import { useRef, type ReactElement } from "react";
import { exactClock, clockWords, plural } from "#shared/lib/words.ts";
import { DEAD_LETTER_STATES, ERROR_CLASSES } from "#shared/model/deadLetter.ts";
import type { DeadLetter, DeadLetterState } from "#shared/model/deadLetter.ts";
import { errorClassWord, letterStateWord, standingWords } from "#shared/model/deadLetterWords.ts";
import { useLetterActs } from "#renderer/state/deadLetters.ts";
import { useIsLive, useNowText } from "#renderer/state/hooks.ts";
import { Blank } from "#renderer/ui/Blank.tsx";
import { Button } from "#renderer/ui/Button.tsx";
import { Field } from "#renderer/ui/Field.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { BusFrame } from "./BusFrame.tsx";
import { LetterBulk } from "./LetterBulk.tsx";
import { LetterDetails } from "./LetterDetails.tsx";
import { letterLamp } from "./letterLamp.ts";
import { useDeadLetters, type DeadLettersPage } from "./useDeadLetters.ts";
import "./deadLetters.css";

export function DeadLettersTab(): ReactElement {
  const field = useRef<HTMLInputElement>(null);
  const page = useDeadLetters(field);
  const { query, selected, select, data } = page;
  return (
    <BusFrame
      tab="dead"
      fact={data !== undefined && factOf(data.counts)}
      actions={
        <Field
          icon={<ListFilter size={13} />}
          keys="/"
          width={180}
          type="search"
          placeholder="Consumer or type"
          aria-label="Filter by consumer or type"
          value={page.text}
          inputRef={field}
          onChange={(event) => page.setText(event.target.value)}
        />
      }
      inspector={selected !== undefined && <LetterDetails key={selected} id={selected} />}
      onCloseInspector={() => select(undefined)}
    >
      {query.error !== null && data === undefined && (
        <Problem title={query.error.message} action="Try again" onAction={() => void query.refetch()} />
      )}
      {query.error === null && data === undefined && <Skeleton rows={8} />}
      {data !== undefined && (
        <div className="bus">
          <Filters page={page} />
          {data.healer === "gave_up" && <HealerDown />}
          <LetterBulk page={page} />
          <Rows page={page} />
        </div>
      )}
    </BusFrame>
  );
}

function factOf(counts: Readonly<Record<string, number>>): string {
  const waiting = counts["needs_human"] ?? 0;
  const healing = (counts["retrying"] ?? 0) + (counts["new"] ?? 0);
  if (waiting + healing === 0) return "Nothing waits";
  return [waiting > 0 && `${waiting} wait for you`, healing > 0 && `${healing} being healed`]
    .filter(Boolean)
    .join(", ");
}

/** What waits for a person first. */
const STATES: readonly DeadLetterState[] = [
  "needs_human",
  ...DEAD_LETTER_STATES.filter((state) => state !== "needs_human"),
];

function Filters({ page }: { readonly page: DeadLettersPage }): ReactElement {
  const counts = page.data?.counts;
  return (
    <div className="bus-filters">
      {STATES.map((state) => (
        <Button
          key={state}
          kind="quiet"
          className="letter-state"
          aria-pressed={page.states.includes(state)}
          onClick={() => page.toggle(state)}
        >
          <Lamp state={letterLamp(state)} size={12} /> {letterStateWord(state)} {counts?.[state] ?? 0}
        </Button>
      ))}
      <span className="grow" />
      <label className="field letter-class">
        <select
          aria-label="Cause"
          value={page.errorClass ?? ""}
          onChange={(event) => page.setErrorClass(ERROR_CLASSES.find((one) => one === event.target.value))}
        >
          <option value="">Every cause</option>
          {ERROR_CLASSES.map((one) => (
            <option key={one} value={one}>
              {errorClassWord(one)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function HealerDown(): ReactElement {
  const acts = useLetterActs();
  const isLive = useIsLive();
  return (
    <div className="letter-healer" role="alert">
      <span>
        The healer failed too often and rests. It is started again within five minutes; nothing is lost meanwhile.
      </span>
      <Button disabled={!isLive} onClick={() => void acts.startHealer()}>
        Start it now
      </Button>
    </div>
  );
}

function Rows({ page }: { readonly page: DeadLettersPage }): ReactElement {
  const { data, shown, selected, select, isFiltered } = page;
  if (data === undefined || shown.length === 0)
    return (
      <Blank
        title={isFiltered ? "No dead letter matches." : "There are no dead letters."}
        commands={isFiltered ? [] : ["signalbox dead-letters ls"]}
      >
        {isFiltered
          ? "Choose other states or another cause."
          : "A message that its consumer fails at, as often as it may, is kept here with what went wrong. The healer tries again by itself; what it cannot heal waits for you."}
      </Blank>
    );
  return (
    <>
      <div className="letter-row bus-head" aria-hidden="true">
        <span>Number</span>
        <span>State</span>
        <span>What and for whom</span>
        <span>Why</span>
        <span className="num" title="By its consumer, and after that by the healer or a person">
          Tried
        </span>
        <span>Died</span>
      </div>
      <div className="scroll bus-scroll" role="listbox" aria-label="Dead letters, newest first" tabIndex={0}>
        {shown.map((letter) => (
          <Row key={letter.id} letter={letter} isSelected={letter.id === selected} onSelect={() => select(letter.id)} />
        ))}
        {data.matching > shown.length && (
          <div className="letter-more">
            <Button kind="quiet" onClick={page.more}>
              Show older ones, {plural(data.matching - shown.length, "more")}
            </Button>
          </div>
        )}
      </div>
    </>
  );
}

function triedWords(attempts: number, retries: number): string {
  const own = `${plural(attempts, "time")} by its consumer`;
  return retries === 0 ? own : `${own}, then ${plural(retries, "time")} as a dead letter`;
}

/** Short, for the column. */
function wordOf({ state, plan, waitsFor }: DeadLetter): string {
  if (waitsFor !== undefined) return `Waits for ${waitsFor}`;
  return state === "retrying" && plan !== undefined
    ? `Next ${exactClock(Date.parse(plan.dueAt))}`
    : letterStateWord(state);
}

function Row({
  letter,
  isSelected,
  onSelect,
}: {
  readonly letter: DeadLetter;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}): ReactElement {
  const { id, state, type, consumer, error, attempts, retries, diedAt } = letter;
  const died = useNowText((now) => clockWords(Date.parse(diedAt), now));
  return (
    <div
      role="option"
      aria-selected={isSelected}
      aria-label={`Dead letter ${id}, ${standingWords(letter)}, ${type} for ${consumer}: ${error.message}`}
      tabIndex={-1}
      className="letter-row letter-line"
      onClick={onSelect}
    >
      <span className="tab t2">{id}</span>
      <span className="letter-word" title={standingWords(letter)}>
        <Lamp state={letterLamp(state)} size={13} />
        <span className="ell">{wordOf(letter)}</span>
      </span>
      <span className="ell">
        <span className="mono">{type}</span> <span className="t2">for {consumer}</span>
      </span>
      <span className="ell t2">
        <span className="medium">{errorClassWord(error.class)}.</span> {error.message}
      </span>
      <span className="num tab t2" title={triedWords(attempts, retries)}>
        {attempts}
        {retries > 0 && ` + ${retries}`}
      </span>
      <span className="t2 tab nowrap">{died}</span>
    </div>
  );
}
