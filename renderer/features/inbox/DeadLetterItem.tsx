/** A dead letter in the inbox: what it carries, what the healer tried, why it could not be delivered, and what to do. */
import { useState, type ReactElement } from "react";
import { letterIdOf, useDeadLetter, useLetterActs } from "#renderer/state/deadLetters.ts";
import { useNowText } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { LetterTimeline } from "#renderer/ui/LetterTimeline.tsx";
import { PayloadEditor } from "#renderer/ui/PayloadEditor.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { countWords, exactClock, exactDuration } from "#shared/lib/words.ts";
import type { DeadLetterDetail } from "#shared/model/deadLetter.ts";
import {
  consequenceOf,
  dataForReading,
  errorClassWord,
  letterStateWord,
  payloadForReading,
} from "#shared/model/deadLetterWords.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import { Answers } from "./Answers.tsx";

export function DeadLetterItem({ item, id }: { readonly item: InboxItem; readonly id: number }): ReactElement {
  const { letter, problem, again } = useDeadLetter(id);
  if (problem !== undefined)
    return (
      <Problem title={`Dead letter ${id} cannot be shown`} action="Ask again" onAction={again}>
        {problem}
      </Problem>
    );
  return letter === undefined ? <Skeleton rows={8} /> : <Opened item={item} letter={letter} />;
}

function Opened({ item, letter }: { readonly item: InboxItem; readonly letter: DeadLetterDetail }): ReactElement {
  const acts = useLetterActs();
  const [isEditing, setEditing] = useState(false);
  const { id, error, history, state } = letter;
  const tried = history.filter(({ what }) => what !== "died" && what !== "planned");
  return (
    <>
      <From letter={letter} isOpen={item.status === "open"} />
      {isEditing ? (
        <div className="letter-edit">
          <PayloadEditor
            text={payloadForReading(letter.edited ?? letter.original)}
            consequence={consequenceOf("edit", letter)}
            onSend={async (text) => {
              const refused = await acts.edit(id, text);
              if (refused === undefined) setEditing(false);
              return refused;
            }}
            onCancel={() => setEditing(false)}
          />
        </div>
      ) : (
        <pre className="code-block item-command letter-payload" tabIndex={0} aria-label="Content">
          {dataForReading(letter.edited ?? letter.original)}
        </pre>
      )}
      <div className="item-why">
        <section>
          <h3 className="section-head">What the healer tried</h3>
          {tried.length === 0 ? <p className="small t2">Nothing yet.</p> : <LetterTimeline history={tried} />}
        </section>
        <section>
          <h3 className="section-head">Why it was not delivered</h3>
          <p className="t2 letter-cause">
            <span className="medium">{errorClassWord(error.class)}.</span> {error.message}
          </p>
        </section>
      </div>
      {item.status === "open" && !isEditing && <Choices item={item} letter={letter} onEdit={() => setEditing(true)} />}
      {item.status !== "open" && (
        <div className="item-settled">
          <span>{letterStateWord(state)}.</span>
          {state === "discarded" && <Button onClick={() => void acts.restore(id)}>Take it back</Button>}
        </div>
      )}
    </>
  );
}

/** The inbox's options, with what this letter offers just now. */
function Choices({
  item,
  letter,
  onEdit,
}: {
  readonly item: InboxItem;
  readonly letter: DeadLetterDetail;
  readonly onEdit: () => void;
}): ReactElement {
  const acts = useLetterActs();
  const [other] = letter.alternatives;
  const options = item.options.flatMap((option) => {
    if (option.id === "edit") return { ...option, takesText: false };
    if (option.id !== "alternate") return option;
    return other === undefined ? [] : { ...option, label: `Let ${other.tool} of ${other.server} do it` };
  });
  return (
    <Answers
      item={{ ...item, options }}
      instead={(option) => {
        if (option.id === "edit") onEdit();
        else if (option.id === "discard") void acts.discard(letter.id);
        else if (option.id === "alternate" && other !== undefined) void acts.alternate(letter.id, other);
        else return false;
        return true;
      }}
    />
  );
}

/** "task.assign from fleet/planner to loader, sent 13:58:20, MESSAGES 48 201. Open 8m 02s." */
function From({ letter, isOpen }: { readonly letter: DeadLetterDetail; readonly isOpen: boolean }): ReactElement {
  const { type, agent, source, consumer, stream, seq, firstFailedAt, diedAt } = letter;
  const age = useNowText((now) => exactDuration(now - Date.parse(diedAt)));
  const sender = agent ?? source;
  return (
    <p className="item-where small t3">
      <span className="mono">{type}</span> {sender !== undefined && `from ${sender} `}to {consumer}, first failed{" "}
      {exactClock(Date.parse(firstFailedAt))}, {stream} {countWords(seq)}.{isOpen && ` Open ${age}.`}
    </p>
  );
}

/** Whether an item is one of these. */
export function letterOf(item: InboxItem): number | undefined {
  return item.kind === "dead_letter" ? letterIdOf(item.id) : undefined;
}
