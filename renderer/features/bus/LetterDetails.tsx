/** One dead letter in full: what it carries, what went wrong, what was tried, what comes next, and what can be done. */
import { Copy } from "lucide-react";
import { useState, type ReactElement } from "react";
import { countWords, clockWords, exactClock, plural } from "#shared/lib/words.ts";
import type { DeadLetterDetail } from "#shared/model/deadLetter.ts";
import {
  actsOf,
  consequenceOf,
  errorClassWord,
  standingWords,
  payloadForReading,
} from "#shared/model/deadLetterWords.ts";
import type { LetterAct } from "#shared/model/deadLetterWords.ts";
import { familyOf, familyWords } from "#shared/model/letterFamily.ts";
import { useDeadLetter, useLetterActs } from "#renderer/state/deadLetters.ts";
import { useIsLive, useKeys, useNavigation, useNowText } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { LetterTimeline } from "#renderer/ui/LetterTimeline.tsx";
import { PayloadEditor } from "#renderer/ui/PayloadEditor.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { letterLamp } from "./letterLamp.ts";

export function LetterDetails({ id }: { readonly id: number }): ReactElement {
  const { letter, problem, again } = useDeadLetter(id);
  if (problem !== undefined) return <Problem title={problem} action="Ask again" onAction={again} />;
  return letter === undefined ? <Skeleton rows={8} /> : <Letter letter={letter} />;
}

function Letter({ letter }: { readonly letter: DeadLetterDetail }): ReactElement {
  const acts = useLetterActs();
  const [isEditing, setEditing] = useState(false);
  const { id, state, error, stack, history } = letter;
  return (
    <div className="bus-details">
      <div className="row">
        <Lamp state={letterLamp(state)} size={15} />
        <h2 className="strong">Dead letter {id}</h2>
        <span className="grow" />
        <span className="small t2">{standingWords(letter)}</span>
      </div>
      <p className="t2 letter-error">
        <span className="medium">{errorClassWord(error.class)}.</span> {error.message}
      </p>
      {letter.waitsFor !== undefined && <Waits id={letter.waitsFor} then={letter.plan?.sentence} />}
      {letter.waitsFor === undefined && letter.plan !== undefined && <Plan plan={letter.plan} />}
      {!isEditing && <Acts letter={letter} onEdit={() => setEditing(true)} />}
      <Facts letter={letter} />
      <div className="section-head">{letter.edited === undefined ? "Content" : "Content, as you changed it"}</div>
      {isEditing ? (
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
      ) : (
        <pre className="code-block bus-json" tabIndex={0} aria-label="Content">
          {payloadForReading(letter.edited ?? letter.original)}
        </pre>
      )}
      {letter.edited !== undefined && (
        <details>
          <summary className="small t3">As it was</summary>
          <pre className="code-block bus-json">{payloadForReading(letter.original)}</pre>
        </details>
      )}
      <div className="section-head">What happened to it</div>
      <LetterTimeline history={history} isLong />
      {stack !== undefined && (
        <details>
          <summary className="small t3">Stack</summary>
          <pre className="code-block bus-json">{stack}</pre>
        </details>
      )}
      <Button
        kind="quiet"
        icon={<Copy size={13} />}
        onClick={() => void navigator.clipboard.writeText(JSON.stringify(letter, null, 2))}
      >
        Copy as JSON
      </Button>
    </div>
  );
}

function Plan({ plan }: { readonly plan: NonNullable<DeadLetterDetail["plan"]> }): ReactElement {
  return (
    <p className="letter-plan small">
      <span className="medium">{plan.by === "healer" ? "The healer" : "You"}</span>,{" "}
      {exactClock(Date.parse(plan.dueAt))}: {plan.sentence}
    </p>
  );
}

/** "Send it again" tries it out of turn. */
function Waits({ id, then }: { readonly id: number; readonly then: string | undefined }): ReactElement {
  const navigation = useNavigation();
  const show = () => navigation.replace({ page: "bus", tab: "dead", name: String(id) });
  return (
    <p className="letter-plan small">
      Waits for{" "}
      <button type="button" className="link" onClick={show}>
        dead letter {id}
      </button>
      , an earlier one of its run that is not settled.{then !== undefined && ` Then: ${then}`}
    </p>
  );
}

function Facts({ letter }: { readonly letter: DeadLetterDetail }): ReactElement {
  const {
    type,
    consumer,
    stream,
    seq,
    subject,
    agent,
    source,
    server,
    tool,
    contextId,
    correlationId,
    attempts,
    retries,
    keptUntil,
  } = letter;
  const first = useNowText((now) => clockWords(Date.parse(letter.firstFailedAt), now));
  const died = useNowText((now) => clockWords(Date.parse(letter.diedAt), now));
  const until = useNowText((now) => (keptUntil === undefined ? "" : clockWords(Date.parse(keptUntil), now)));
  const facts: readonly (readonly [string, string | undefined, boolean?])[] = [
    ["What", type, true],
    ["From", agent ?? source],
    ["For", letter.hasTaker ? consumer : `${consumer}, which nobody listens as now`],
    ["Where", `${stream} ${countWords(seq)}`],
    ["Subject", subject, true],
    ["Tool", tool === undefined ? undefined : [tool, server].filter(Boolean).join(" of ")],
    ["Context", contextId, true],
    ["Run", correlationId, true],
    [
      "Failed",
      `${plural(attempts, "time")} from ${first} to ${died}${retries === 0 ? "" : `, then tried ${plural(retries, "more time")}`}`,
    ],
    ["Rule", familyWords(familyOf(letter))],
    ["Code", letter.error.code, true],
    ["Kept", keptUntil === undefined ? undefined : `until ${until}`],
  ];
  return (
    <dl className="bus-facts small">
      {facts.flatMap(([name, value, isMono]) =>
        value === undefined
          ? []
          : [
              <dt key={name} className="t3">
                {name}
              </dt>,
              <dd key={`${name} value`} className={isMono === true ? "mono" : undefined}>
                {value}
              </dd>,
            ],
      )}
    </dl>
  );
}

const ACT_WORDS: Readonly<Record<LetterAct, string>> = {
  retry: "Send it again",
  edit: "Change it and send it again",
  alternate: "Let another tool do it",
  discard: "Discard it",
  restore: "Take it back",
};

const ACT_KEYS: Readonly<Partial<Record<LetterAct, string>>> = { retry: "r", edit: "e", discard: "x", restore: "r" };

interface KeysProps {
  readonly acts: readonly LetterAct[];
  readonly run: (act: LetterAct) => void;
  readonly isOff: boolean;
}

function ActKeys({ acts, run, isOff }: KeysProps): null {
  useKeys(
    "Dead letter",
    acts.map((act) => ({ keys: ACT_KEYS[act] ?? "", label: ACT_WORDS[act], run: () => !isOff && run(act) })),
  );
  return null;
}

function Acts({
  letter,
  onEdit,
}: {
  readonly letter: DeadLetterDetail;
  readonly onEdit: () => void;
}): ReactElement | null {
  const acts = useLetterActs();
  const isLive = useIsLive();
  const [running, setRunning] = useState<LetterAct>();
  const [other] = letter.alternatives;
  const offered = actsOf(letter).filter((act) => act !== "alternate" || other !== undefined);
  if (offered.length === 0) return null;
  const run = async (act: LetterAct) => {
    setRunning(act);
    if (act === "edit") onEdit();
    else if (act === "alternate") await (other === undefined ? undefined : acts.alternate(letter.id, other));
    else await acts[act](letter.id);
    setRunning(undefined);
  };
  const bound = offered.filter((act) => ACT_KEYS[act] !== undefined);
  return (
    <ul className="letter-acts">
      <ActKeys acts={bound} run={(act) => void run(act)} isOff={!isLive || running !== undefined} />
      {offered.map((act) => (
        <li key={act}>
          <Button
            kind={act === "retry" ? "primary" : "plain"}
            keys={ACT_KEYS[act]}
            disabled={!isLive || running !== undefined}
            onClick={() => void run(act)}
          >
            {act === "alternate" && other !== undefined ? `Let ${other.tool} of ${other.server} do it` : ACT_WORDS[act]}
          </Button>
          <span className="small t3">{consequenceOf(act, letter)}</span>
        </li>
      ))}
    </ul>
  );
}
