/** Workflows: what can be run, what runs and ran, and one run as a picture: live, and afterwards at any speed. */
import { useState, type ReactElement } from "react";
import { plural } from "#shared/lib/words.ts";
import type { WorkflowDefinition } from "#shared/contract/index.ts";
import { FINAL_RUN_STATES } from "#shared/model/workflow.ts";
import type { Run } from "#shared/model/workflow.ts";
import { useNavigation, useRoute } from "#renderer/state/hooks.ts";
import { Page } from "#renderer/ui/Page.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { Empty } from "./Empty.tsx";
import { Overview } from "./Overview.tsx";
import { RunActions } from "./RunActions.tsx";
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
  readonly state: ReturnType<typeof useWorkflows>;
  readonly onRun: (definition: WorkflowDefinition) => void;
  readonly onOpen: (run: string) => void;
}

function Body({ state, onRun, onOpen }: BodyProps): ReactElement {
  if (state.problem !== undefined) return <Problem title={state.problem} action="Try again" onAction={state.retry} />;
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
          <button type="button" className="link" onClick={onBack}>
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
