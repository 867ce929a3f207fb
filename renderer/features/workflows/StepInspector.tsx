/** All there is to know of one step at the moment shown: its machine, what went in, what came out, what happened to it. */
import type { ReactElement, ReactNode } from "react";
import { clockWords, exactClock } from "#shared/lib/words.ts";
import { stateName } from "#shared/model/workflow.ts";
import type { Entry, Run } from "#shared/model/workflow.ts";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { stateTextColor } from "#renderer/ui/stateToken.ts";
import { eventLine, stepOfEvent } from "./eventLine.ts";
import { shortSnapshot } from "./Picture.tsx";
import type { Frame } from "./replay.ts";
import { entryLamp, entryWords, stepTokens, toolOf } from "./workflowWords.ts";

interface Props {
  readonly run: Run;
  readonly entry: Entry;
  readonly now: number;
  readonly frames: readonly Frame[];
  /** False in the past: nothing can be done about it. */
  readonly isNow: boolean;
}

export function StepInspector({ run, entry, now, frames, isNow }: Props): ReactElement {
  const step = run.spec.steps.find(({ id }) => id === entry.step);
  const lamp = entryLamp(entry);
  return (
    <div className="wf-side">
      <div className="row">
        <Lamp state={lamp} size={14} />
        <h2 className="strong ell grow">{entry.step}</h2>
        <span className="small" style={{ color: stateTextColor(lamp) }}>
          {entryWords(entry, run, now)}
        </span>
      </div>
      {isNow && entry.state === "failed" && <FailedActions entry={entry} hasPlanB={step?.planB !== undefined} />}
      {entry.error !== undefined && <p className="small bad">{entry.error.message}</p>}
      <dl className="wf-facts-list small">
        <Fact name="State">{stateName(entry, step?.doing)}</Fact>
        <Fact name="Done by">
          <span className="mono">{toolOf(entry.target)}</span>
          {entry.plan === "b" && <span className="t3"> plan B</span>}
        </Fact>
        <Fact name="Lock">{lockWords(entry, now)}</Fact>
        <Fact name="Attempts">{attemptWords(entry, step?.retries ?? 0)}</Fact>
        <Fact name="Needs">{step === undefined || step.needs.length === 0 ? "nothing" : step.needs.join(", ")}</Fact>
        <Fact name="Began with">{snapshotWords(entry.hydratedFrom)}</Fact>
        <Fact name="Left behind">{snapshotWords(entry.snapshot)}</Fact>
        {stepTokens(entry) !== undefined && <Fact name="Tokens">{stepTokens(entry)}</Fact>}
        <Fact name="Context">
          <span className="mono">{entry.contextId}</span>
        </Fact>
      </dl>
      <Payload name="Input" value={entry.input} />
      <Payload name="Output" value={entry.output} />
      <section aria-label="History">
        <div className="section-head">History</div>
        <ol className="wf-history small">
          {frames
            .filter(({ event }) => stepOfEvent(event) === entry.step)
            .map(({ event, wallMs }) => (
              <li key={event.seq}>
                <span className="t3 tab">{exactClock(wallMs)}</span> <span>{eventLine(event)}</span>
              </li>
            ))}
        </ol>
      </section>
    </div>
  );
}

function FailedActions({ entry, hasPlanB }: { readonly entry: Entry; readonly hasPlanB: boolean }): ReactElement {
  const isLive = useIsLive();
  const retry = useCommand("workflow.retryStep");
  const planB = useCommand("workflow.planB");
  const ref = { run: entry.run, step: entry.step };
  return (
    <div className="row">
      <Button disabled={!isLive} running={retry.isPending && "Trying"} onClick={() => void retry.run(ref)}>
        Try again
      </Button>
      {hasPlanB && entry.plan === "a" && (
        <Button disabled={!isLive} running={planB.isPending && "Changing"} onClick={() => void planB.run(ref)}>
          Take plan B
        </Button>
      )}
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return (
    <>
      <dt className="t3">{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function lockWords({ lockedBy, leaseUntil, stalled }: Entry, now: number): string {
  if (lockedBy === undefined) return "nobody";
  const until = leaseUntil === undefined ? "" : `, lease to ${clockWords(Date.parse(leaseUntil), now)}`;
  return `${lockedBy}${until}${stalled ? ", no sign of life" : ""}`;
}

function attemptWords({ attempts }: Entry, retries: number): string {
  return `${attempts} of ${retries + 1}`;
}

function snapshotWords(snapshot: Entry["snapshot"]): ReactElement {
  return snapshot === undefined ? (
    <span className="t3">no memory</span>
  ) : (
    <span className="mono" title={snapshot.url}>
      {shortSnapshot(snapshot.id)}
    </span>
  );
}

/** As much as a person reads; the rest is in the event. */
const MOST_SHOWN = 20_000;

function Payload({ name, value }: { readonly name: string; readonly value: unknown }): ReactElement | null {
  if (value === undefined) return null;
  const text = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
  return (
    <section aria-label={name}>
      <div className="section-head">{name}</div>
      <pre className="code-block wf-payload" tabIndex={0}>
        {text.slice(0, MOST_SHOWN)}
      </pre>
    </section>
  );
}
