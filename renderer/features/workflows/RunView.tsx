/** One run: its picture, live or as it was, with the line of time below it. */
import type { ReactElement } from "react";
import { exactClock } from "#shared/lib/words.ts";
import { useKeys } from "#renderer/state/hooks.ts";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { eventLine } from "./eventLine.ts";
import { Picture } from "./Picture.tsx";
import { TheatreBar } from "./TheatreBar.tsx";
import { nextSpeed, type Theatre } from "./useTheatre.ts";
import { budgetWords, runLamp, runWords } from "./workflowWords.ts";

interface Props {
  readonly theatre: Theatre;
  readonly selected: string | undefined;
  readonly onSelect: (step: string | undefined) => void;
  readonly onBack: () => void;
}

export function RunView({ theatre, selected, onSelect, onBack }: Props): ReactElement {
  const { run, now, frames, frame, atMs } = theatre;
  const { head } = run;
  const steps = run.spec.steps.map(({ id }) => id);
  const move = (by: number) => {
    const at = selected === undefined ? (by > 0 ? -1 : 0) : steps.indexOf(selected);
    onSelect(steps[(at + by + steps.length) % steps.length]);
  };
  useKeys("Run", [
    { keys: "space", label: "Play or hold", run: theatre.toggle },
    { keys: "[", label: "Previous event", run: () => theatre.step(-1) },
    { keys: "]", label: "Next event", run: () => theatre.step(1) },
    { keys: "v", label: "Another speed", run: () => theatre.setSpeed(nextSpeed(theatre.speed)) },
    { keys: "l", label: "Live", run: theatre.goLive },
    { keys: "j", label: "Next step", run: () => move(1) },
    { keys: "k", label: "Previous step", run: () => move(-1) },
    { keys: "i", label: "Close the inspector", run: () => onSelect(undefined) },
    { keys: "esc", label: "All runs", run: onBack },
  ]);
  const shown = frames[frame];
  const budget = budgetWords(head);
  return (
    <div className="wf-run-view">
      <div className="wf-sentence">
        <span className="medium wf-run-state">
          <Lamp state={runLamp(head.state)} size={13} /> {runWords(head, now)}
        </span>
        {budget !== undefined && <span className="t2">{budget}</span>}
        <span className="small t3 ell grow">{head.detail ?? (shown === undefined ? "" : eventLine(shown.event))}</span>
        {atMs !== undefined && <span className="small wf-past">As it was at {exactClock(now)}</span>}
      </div>
      {theatre.problem !== undefined && <Problem title={theatre.problem} action="Try again" onAction={theatre.again} />}
      <Picture run={run} now={now} selected={selected} onSelect={onSelect} />
      <TheatreBar theatre={theatre} />
    </div>
  );
}
