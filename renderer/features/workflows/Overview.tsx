/** The workflows there are, and their runs. */
import { Play } from "lucide-react";
import { useState, type ReactElement } from "react";
import { clockWords } from "#shared/lib/words.ts";
import type { WorkflowDefinition } from "#shared/contract/index.ts";
import type { Run } from "#shared/model/workflow.ts";
import { useIsLive, useKeys, useNowText } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { stateTextColor } from "#renderer/ui/stateToken.ts";
import { budgetWords, entryLamp, runLamp, runWords } from "./workflowWords.ts";

interface Props {
  readonly definitions: readonly WorkflowDefinition[];
  readonly runs: readonly Run[];
  readonly onRun: (definition: WorkflowDefinition) => void;
  readonly onOpen: (run: string) => void;
}

export function Overview({ definitions, runs, onRun, onOpen }: Props): ReactElement {
  const isLive = useIsLive();
  const [current, setCurrent] = useState<string>();
  const ids = runs.map(({ head }) => head.id);
  const step = (by: 1 | -1) => {
    const at = current === undefined ? -1 : ids.indexOf(current);
    setCurrent(ids[at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by))]);
  };
  useKeys("Workflows", [
    { keys: "j", label: "Next run", run: () => step(1) },
    { keys: "k", label: "Run above", run: () => step(-1) },
    { keys: "down", label: "Next run", run: () => step(1), hidden: true },
    { keys: "up", label: "Run above", run: () => step(-1), hidden: true },
    { keys: "enter", label: "Open the run", run: () => current !== undefined && onOpen(current) },
    {
      keys: "n",
      label: "Run the first workflow",
      run: () => isLive && definitions[0] !== undefined && onRun(definitions[0]),
    },
  ]);
  return (
    <div className="wf-overview scroll">
      <section aria-label="Workflows">
        <div className="section-head">
          Workflows <span className="count">{definitions.length}</span>
        </div>
        {definitions.length === 0 ? (
          <p className="small t3 wf-none">No fleet that is known now has one.</p>
        ) : (
          <ul className="list">
            {definitions.map((definition, index) => (
              <li key={`${definition.fleet}/${definition.spec.name}`} className="wf-definition">
                <span className="wf-definition-name">
                  <span className="medium ell">{definition.spec.name}</span>
                  <span className="small t3 ell">{definition.fleet}</span>
                </span>
                <span className="small t2 ell grow">
                  {definition.spec.about ?? definition.spec.steps.map(({ id }) => id).join(", ")}
                </span>
                <Button
                  icon={<Play size={13} />}
                  keys={index === 0 ? "n" : undefined}
                  disabled={!isLive}
                  onClick={() => onRun(definition)}
                >
                  Run
                </Button>
              </li>
            ))}
          </ul>
        )}
      </section>
      <section aria-label="Runs">
        <div className="section-head">
          Runs <span className="count">{runs.length}</span>
        </div>
        {runs.length === 0 ? (
          <p className="small t3 wf-none">Nothing has run yet.</p>
        ) : (
          <ul className="list">
            {runs.map((run) => (
              <li key={run.head.id}>
                <RunRow run={run} isCurrent={run.head.id === current} onOpen={() => onOpen(run.head.id)} />
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  );
}

interface RunRowProps {
  readonly run: Run;
  readonly isCurrent: boolean;
  readonly onOpen: () => void;
}

function RunRow({ run, isCurrent, onOpen }: RunRowProps): ReactElement {
  const { head, entries } = run;
  const words = useNowText((now) => runWords(head, now));
  const at = useNowText((now) => clockWords(Date.parse(head.startedAt), now));
  const lamp = runLamp(head.state);
  return (
    <button
      type="button"
      className="wf-run"
      aria-current={isCurrent || undefined}
      onClick={onOpen}
      aria-label={`${head.id}, ${words}`}
    >
      <Lamp state={lamp} size={12} />
      <span className="wf-run-id ell">{head.id}</span>
      <span className="wf-run-word small ell" style={{ color: stateTextColor(lamp) }}>
        {words}
      </span>
      <span className="wf-run-steps" aria-hidden="true">
        {entries.map((entry) => (
          <Lamp key={entry.step} state={entryLamp(entry)} size={10} />
        ))}
      </span>
      <span className="wf-run-detail small t3 ell grow">{head.detail ?? budgetWords(head) ?? ""}</span>
      <span className="wf-run-at small t3 tab nowrap">{at}</span>
    </button>
  );
}
