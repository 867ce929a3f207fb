/** Workflows: what can be run, what runs and ran, and one run as a picture: live, and afterwards at any speed. */
import { Ban, Pause, Play } from "lucide-react";
import { useState, type ReactElement } from "react";
import { plural } from "#shared/lib/words.ts";
import type { WorkflowDefinition } from "#shared/contract/index.ts";
import { FINAL_RUN_STATES } from "#shared/model/workflow.ts";
import type { Run } from "#shared/model/workflow.ts";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive, useNavigation, useRoute } from "#renderer/state/hooks.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Page } from "#renderer/ui/Page.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { Empty } from "./Empty.tsx";
import { Overview } from "./Overview.tsx";
import { RunView } from "./RunView.tsx";
import { StartDialog } from "./StartDialog.tsx";
import { StepInspector } from "./StepInspector.tsx";
import { useTheatre } from "./useTheatre.ts";
import { useWorkflows, type WorkflowsState } from "./useWorkflows.ts";
import "./workflows.css";

export function WorkflowsPage(): ReactElement {
  const state = useWorkflows();
  const route = useRoute();
  const navigation = useNavigation();
  const [asked, setAsked] = useState<WorkflowDefinition>();
  const id = route.page === "workflows" ? route.run : undefined;
  const run = state.runs.find(({ head }) => head.id === id);
  const open = (next: string | undefined) =>
    navigation.navigate({ page: "workflows", ...(next === undefined ? {} : { run: next }) });
  const again = (one: Run) =>
    setAsked(state.definitions.find(({ fleet, spec }) => fleet === one.head.fleet && spec.name === one.head.workflow));
  return (
    <>
      {run === undefined ? (
        <Page title="Workflows" fact={factOf(state)} bleed>
          <Body state={state} onRun={setAsked} onOpen={open} />
        </Page>
      ) : (
        <RunPage key={run.head.id} live={run} onBack={() => open(undefined)} onAgain={() => again(run)} />
      )}
      {asked !== undefined && (
        <StartDialog
          definition={asked}
          onClose={() => setAsked(undefined)}
          onStarted={(started) => {
            setAsked(undefined);
            open(started);
          }}
        />
      )}
    </>
  );
}

function factOf({ isLoaded, runs }: WorkflowsState): string | undefined {
  if (!isLoaded || runs.length === 0) return undefined;
  const running = runs.filter(({ head }) => !FINAL_RUN_STATES.has(head.state)).length;
  return running === 0 ? plural(runs.length, "run") : `${running} of ${plural(runs.length, "run")} under way`;
}

interface BodyProps {
  readonly state: WorkflowsState;
  readonly onRun: (definition: WorkflowDefinition) => void;
  readonly onOpen: (run: string) => void;
}

function Body({ state, onRun, onOpen }: BodyProps): ReactElement {
  if (state.problem !== undefined) return <Problem title={state.problem} />;
  if (!state.isLoaded) return <Skeleton rows={6} />;
  if (state.definitions.length === 0 && state.runs.length === 0) return <Empty />;
  return <Overview definitions={state.definitions} runs={state.runs} onRun={onRun} onOpen={onOpen} />;
}

interface RunPageProps {
  readonly live: Run;
  readonly onBack: () => void;
  readonly onAgain: () => void;
}

function RunPage({ live, onBack, onAgain }: RunPageProps): ReactElement {
  const theatre = useTheatre(live);
  const [selected, setSelected] = useState<string>();
  const entry = theatre.run.entries.find(({ step }) => step === selected);
  return (
    <Page
      title="Workflows"
      fact={
        <>
          <button type="button" className="wf-back" onClick={onBack}>
            All runs
          </button>{" "}
          / {live.head.id}
        </>
      }
      bleed
      actions={<RunActions run={live} onAgain={onAgain} />}
      inspector={
        entry !== undefined && (
          <StepInspector
            run={theatre.run}
            entry={entry}
            now={theatre.now}
            frames={theatre.frames}
            isNow={theatre.atMs === undefined}
          />
        )
      }
      onCloseInspector={() => setSelected(undefined)}
    >
      <RunView theatre={theatre} selected={selected} onSelect={setSelected} onBack={onBack} />
    </Page>
  );
}

function RunActions({ run, onAgain }: { readonly run: Run; readonly onAgain: () => void }): ReactElement {
  const { store } = useApp();
  const isLive = useIsLive();
  const suspend = useCommand("workflow.suspend");
  const resume = useCommand("workflow.resume");
  const abort = useCommand("workflow.abort");
  const { id, state } = run.head;
  if (FINAL_RUN_STATES.has(state))
    return (
      <Button icon={<Play size={13} />} disabled={!isLive} onClick={onAgain}>
        Run again
      </Button>
    );
  const ask = () =>
    openOverlay(store, {
      kind: "confirm",
      question: {
        title: `End ${id}?`,
        body: "Every lock of this run is let go, and what is under way counts for nothing. Agents go on running.",
        action: "End the run",
        isDangerous: true,
        run: () => void abort.run({ run: id }),
      },
    });
  return (
    <>
      {state === "suspended" ? (
        <Button icon={<Play size={13} />} disabled={!isLive} onClick={() => void resume.run({ run: id })}>
          Resume
        </Button>
      ) : (
        <Button icon={<Pause size={13} />} disabled={!isLive} onClick={() => void suspend.run({ run: id })}>
          Suspend
        </Button>
      )}
      <Button kind="danger-text" icon={<Ban size={13} />} disabled={!isLive} onClick={ask}>
        End
      </Button>
    </>
  );
}
