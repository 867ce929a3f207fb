/** The picture of a run: the line through its steps, and beside each its lamp, its word and who has its lock. */
import { memo, useMemo, type ReactElement } from "react";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { stateLampColor, stateTextColor } from "#renderer/ui/stateToken.ts";
import { jointPath, tickStrokes } from "#renderer/ui/ticks.ts";
import type { Entry, Run } from "#shared/model/workflow.ts";
import { layoutPicture, polyline, STEP_PX, type PictureLayout, type StepPlace, type Way } from "./pictureLayout.ts";
import { entryLamp, entryWords, stepTokens, thoughtWords, toolOf } from "./workflowWords.ts";

interface Props {
  readonly run: Run;
  /** Of the moment shown, ms since 1970. */
  readonly now: number;
  readonly selected: string | undefined;
  readonly onSelect: (step: string) => void;
}

export function Picture({ run, now, selected, onSelect }: Props): ReactElement {
  const layout = useMemo(() => layoutPicture(run.spec.steps), [run.spec]);
  const entries = new Map(run.entries.map((entry) => [entry.step, entry]));
  return (
    <div className="wf-picture scroll">
      <div className="wf-canvas" role="listbox" aria-label="Steps" style={{ height: layout.height }}>
        <PictureLines layout={layout} run={run} />
        {layout.steps.map((place) => {
          const entry = entries.get(place.id);
          return entry === undefined ? null : (
            <StepRow
              key={place.id}
              run={run}
              entry={entry}
              now={now}
              top={place.at.y - STEP_PX / 2}
              left={layout.textX}
              isSelected={selected === place.id}
              onSelect={() => onSelect(place.id)}
            />
          );
        })}
      </div>
    </div>
  );
}

const PictureLines = memo(function PictureLines({
  layout,
  run,
}: {
  readonly layout: PictureLayout;
  readonly run: Run;
}) {
  const entries = new Map(run.entries.map((entry) => [entry.step, entry]));
  return (
    <svg className="wf-lines" width="100%" height={layout.height} fill="none" aria-hidden="true">
      {layout.ways.map((way) => (
        <WayLine key={`${way.from} ${way.to}`} way={way} to={entries.get(way.to)} />
      ))}
      {layout.steps.map((place) => (
        <StepLine key={place.id} place={place} entry={entries.get(place.id)} />
      ))}
    </svg>
  );
});

/** Thick where the run has gone, thin where it may still go, dashed where it went and has come back. */
function WayLine({ way, to }: { readonly way: Way; readonly to: Entry | undefined }): ReactElement {
  const isBack = to?.state === "undone";
  const isGone = to !== undefined && !isBack && to.state !== "waiting" && to.state !== "aborted";
  return (
    <path className="wf-way" data-gone={isGone || undefined} data-back={isBack || undefined} d={polyline(way.points)} />
  );
}

function StepLine({ place, entry }: { readonly place: StepPlace; readonly entry: Entry | undefined }): ReactElement {
  const state = entry === undefined ? "stopped" : entryLamp(entry);
  const { tick, siding } = place;
  const isB = entry?.plan === "b";
  return (
    <g style={{ color: stateLampColor(state) }}>
      {siding !== undefined && <path className="wf-siding" data-taken={isB || undefined} d={polyline(siding)} />}
      {tickStrokes(state, tick).map((stroke) => (
        <path
          key={stroke.d}
          className={`wf-tick-${stroke.tone}`}
          d={stroke.d}
          strokeWidth={stroke.width}
          strokeDasharray={stroke.dash}
        />
      ))}
      <path className="wf-joint" d={jointPath(tick.x2, tick.y)} />
      <circle className="wf-point" cx={place.at.x} cy={place.at.y} r="4" />
    </g>
  );
}

interface RowProps {
  readonly run: Run;
  readonly entry: Entry;
  readonly now: number;
  readonly top: number;
  readonly left: number;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}

function StepRow({ run, entry, now, top, left, isSelected, onSelect }: RowProps): ReactElement {
  const lamp = entryLamp(entry);
  const words = entryWords(entry, run, now);
  const thought = thoughtWords(entry);
  return (
    <button
      type="button"
      className="wf-row"
      role="option"
      aria-selected={isSelected}
      aria-label={`${entry.step}, ${words}${thought === undefined ? "" : `, ${thought}`}`}
      style={{ top, left, height: STEP_PX }}
      onClick={onSelect}
    >
      <Lamp state={lamp} size={14} remaining={retryShare(entry, now)} />
      <span className="wf-name">
        <span className="strong ell">{entry.step}</span>
        <span className="mono micro t3 ell">{toolOf(entry.target)}</span>
      </span>
      <span className="wf-word">
        <span className="small ell" style={{ color: stateTextColor(lamp) }}>
          {words}
        </span>
        <span className="small t3 ell">{thought ?? outcomeWords(entry)}</span>
      </span>
      <span className="wf-facts small t3">
        <span className="ell">{lockWords(entry)}</span>
        <span className="ell">{beganWords(entry)}</span>
      </span>
    </button>
  );
}

function retryShare({ state, since, nextAt }: Entry, now: number): number | undefined {
  if (state !== "retrying" || nextAt === undefined) return undefined;
  const total = Date.parse(nextAt) - Date.parse(since);
  return total <= 0 ? 0 : Math.min(1, Math.max(0, (Date.parse(nextAt) - now) / total));
}

function lockWords({ lockedBy }: Entry): string {
  return lockedBy === undefined ? "" : `locked by ${lockedBy}`;
}

function beganWords(entry: Entry): string {
  const { attempts, state, hydratedFrom } = entry;
  const parts = [
    hydratedFrom === undefined ? undefined : `from ${shortSnapshot(hydratedFrom.id)}`,
    attempts > 1 && state !== "waiting" ? `attempt ${attempts}` : undefined,
    stepTokens(entry),
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

/** `snap:3fa9c2d1`. */
export function shortSnapshot(id: string): string {
  return id.slice(0, 13);
}

/** The first words of what it left. */
function outcomeWords(entry: Entry): string {
  const output = entry.state === "undone" ? entry.undo?.output : entry.output;
  if (output === undefined) return "";
  if (typeof output !== "object" || output === null) return JSON.stringify(output) ?? "";
  const said = Object.entries(output).find(([, value]) => typeof value === "string" || typeof value === "number");
  return said === undefined ? "" : `${said[0]}: ${String(said[1])}`;
}
