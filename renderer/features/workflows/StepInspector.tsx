/** All there is to know of one step at the moment shown: its machine, what went in, what came out, what happened to it. */
import type { ReactElement, ReactNode } from "react";
import { clockWords, exactClock } from "#shared/lib/words.ts";
import { FINAL_RUN_STATES, stateName } from "#shared/model/workflow.ts";
import type { Entry, Run } from "#shared/model/workflow.ts";
import type { StepSpec } from "#shared/model/workflowFile.ts";
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
      {isNow && entry.state === "failed" && mayStillMove(run, entry) && (
        <FailedActions entry={entry} hasPlanB={step?.planB !== undefined} />
      )}
      {entry.error !== undefined && <p className="small bad">{entry.error.message}</p>}
      <Facts entry={entry} now={now} step={step} />
      <Payload name="Input" value={entry.input} />
      <Payload name="Output" value={entry.output} />
      <Payload name="Undo with" value={entry.undo?.input} />
      <Payload name="Undo gave" value={entry.undo?.output} />
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

interface FactsProps extends Pick<Props, "entry" | "now"> {
  readonly step: StepSpec | undefined;
}

function Facts({ entry, now, step }: FactsProps): ReactElement {
  const isUndo = entry.undo !== undefined;
  const needs = step?.needs ?? [];
  const tokens = stepTokens(entry);
  return (
    <dl className="wf-facts-list small">
      <Fact name="State">{stateName(entry, step?.doing)}</Fact>
      <Fact name={isUndo ? "Undone by" : "Done by"}>
        <span className="mono">{toolOf(entry.target)}</span>
        {entry.plan === "b" && !isUndo && <span className="t3"> plan B</span>}
      </Fact>
      <Fact name="Lock">{lockWords(entry, now)}</Fact>
      <Fact name="Attempts">{attemptWords(entry, step?.retries ?? 0)}</Fact>
      <Fact name="Undo">{undoWords(step, entry)}</Fact>
      <Fact name="Needs">{needs.length === 0 ? "nothing" : needs.join(", ")}</Fact>
      <Fact name="Began with">{snapshotWords(entry.hydratedFrom)}</Fact>
      <Fact name="Left behind">{snapshotWords(entry.snapshot)}</Fact>
      {tokens !== undefined && <Fact name="Tokens">{tokens}</Fact>}
      <Fact name="Context">
        <span className="mono">{entry.contextId}</span>
      </Fact>
    </dl>
  );
}

/** A run that is over, or is being undone, tries none of its steps again. */
function mayStillMove({ head }: Run, { undo }: Entry): boolean {
  return !FINAL_RUN_STATES.has(head.state) && (head.undo === undefined || undo !== undefined);
}

function FailedActions({ entry, hasPlanB }: { readonly entry: Entry; readonly hasPlanB: boolean }): ReactElement {
  const isLive = useIsLive();
  const retry = useCommand("workflow.retryStep");
  const planB = useCommand("workflow.planB");
  const skip = useCommand("workflow.skipUndo");
  const ref = { run: entry.run, step: entry.step };
  return (
    <div className="row">
      <Button disabled={!isLive} running={retry.isPending && "Trying"} onClick={() => void retry.run(ref)}>
        Try again
      </Button>
      {entry.undo !== undefined && (
        <Button disabled={!isLive} running={skip.isPending && "Skipping"} onClick={() => void skip.run(ref)}>
          Skip this undo
        </Button>
      )}
      {hasPlanB && entry.plan === "a" && entry.undo === undefined && (
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

/** How what it does, by the way it goes, can be taken back. */
function undoWords(step: StepSpec | undefined, { plan, call }: Entry): ReactElement {
  const way = plan === "a" ? step?.undo : step?.planB?.undo;
  if (way === undefined || call !== undefined) return <span className="t3">the file does not say how</span>;
  const { kind } = way.call;
  return <span className="mono">{kind === "tool" ? `${way.call.server}.${way.call.tool}` : way.call.agent}</span>;
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
