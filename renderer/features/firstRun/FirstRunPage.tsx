/** The first page of a new data directory: what is on this machine, one folder, one click. */
import { FolderOpen, RefreshCw } from "lucide-react";
import { useState, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand, useCoreQuery } from "#renderer/state/commands.ts";
import { useInfo, useIsLive, useKeys, useNavigation } from "#renderer/state/hooks.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Field } from "#renderer/ui/Field.tsx";
import { Logo } from "#renderer/ui/Logo.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { plural } from "#shared/lib/words.ts";
import type { AgentCli } from "#shared/model/agentCli.ts";
import { CliList } from "./CliList.tsx";
import { FleetPreview } from "./FleetPreview.tsx";
import "./firstRun.css";

/** A shell, for looking around without any CLI. */
const SHELL = "command";

export function FirstRunPage(): ReactElement {
  const { client, queries, store } = useApp();
  const found = useCoreQuery("agents.clis", {}, { staleMs: 60_000 });
  const [isChecking, setChecking] = useState(false);
  const [picked, setPicked] = useState<ReadonlySet<string>>();
  const clis = found.data ?? [];
  const chosen = picked ?? new Set(defaultPick(clis));
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setPicked(next);
  };
  const checkAgain = async () => {
    setChecking(true);
    const result = await client.query("agents.clis", { refresh: true });
    setChecking(false);
    if (result.ok) queries.setQueryData(["agents.clis", {}], result.value);
  };
  if (found.isPending) return <Skeleton rows={7} />;
  const ready = clis.filter((cli) => cli.installed);
  return (
    <div className="first-run scroll">
      <div className="first-run-column">
        <span className="first-run-logo">
          <Logo size={36} />
        </span>
        <h1 className="page-sentence">{readySentence(ready)}</h1>
        <p className="t2">
          Signalbox starts agents in real terminals, restarts them when they fail and records every byte they print.
          Nothing leaves this machine.
        </p>
        {found.isError ? (
          <Problem
            title="The agent CLIs could not be looked for."
            action="Look again"
            onAction={() => void checkAgain()}
          >
            {found.error.message}
          </Problem>
        ) : (
          <CliList clis={clis} chosen={chosen} onToggle={toggle} />
        )}
        <div className="row first-run-actions">
          <Button icon={<RefreshCw size={13} />} running={isChecking && "Checking"} onClick={() => void checkAgain()}>
            Check again
          </Button>
          <Button
            kind="quiet"
            icon={<FolderOpen size={14} />}
            onClick={() => openOverlay(store, { kind: "openFleet" })}
          >
            Open a fleet file…
          </Button>
        </div>
        <StartForm agents={[...chosen]} clis={clis} />
      </div>
    </div>
  );
}

function StartForm({
  agents,
  clis,
}: {
  readonly agents: readonly string[];
  readonly clis: readonly AgentCli[];
}): ReactElement {
  const navigation = useNavigation();
  const isLive = useIsLive();
  const homeDir = useInfo()?.homeDir ?? "";
  const [typed, setTyped] = useState<string>();
  const folder = typed ?? homeDir;
  const create = useCommand("fleet.createFirst");
  const up = useCommand("fleet.up");
  const canStart = isLive && agents.length > 0 && folder.trim() !== "" && !create.isPending;
  const start = async () => {
    if (!canStart) return;
    const result = await create.run({ cwd: folder.trim(), agents: [...agents] }, { isQuiet: true });
    if (result.ok) navigation.navigate({ page: "tree" });
  };
  const startExisting = async () => {
    const result = await up.run({ file: `${folder.trim().replace(/[\\/]$/, "")}/signalbox.yaml` }, { isQuiet: true });
    if (result.ok) navigation.navigate({ page: "tree" });
  };
  useKeys("First run", [{ keys: "enter", label: "Start the fleet", run: () => void start() }]);
  const error = up.error ?? create.error;
  const names = agents.map((id) => ({
    id: id === SHELL ? "shell" : id,
    cli: id === SHELL ? "Command" : (clis.find((cli) => cli.id === id)?.name ?? id),
  }));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <div className="section-head">
        <h2>First fleet</h2>
        <span className="count">
          {agents.length === 0
            ? "pick at least one agent above"
            : `${plural(agents.length, "agent")}, each restarted alone when it fails`}
        </span>
      </div>
      <FleetPreview agents={names} />
      <label className="labelled first-run-folder">
        <span className="label">Folder they work in</span>
        <Field
          className="mono"
          value={folder}
          onChange={(event) => setTyped(event.target.value)}
          invalid={create.error?.code === "not_found"}
          aria-label="Folder they work in"
        />
        <span className="t3">
          The fleet file signalbox.yaml is written there; edit it in any editor, changes apply as you save.
        </span>
      </label>
      {error !== undefined && (
        <div className="problem-inline" role="alert">
          {error.message}{" "}
          {error.code === "already_present" && (
            <Button running={up.isPending && "Starting"} onClick={() => void startExisting()}>
              Start the one that is there
            </Button>
          )}
        </div>
      )}
      <div className="row">
        <Button
          kind="primary"
          size="large"
          keys="enter"
          submits
          disabled={!canStart}
          running={create.isPending && "Starting"}
        >
          {agents.length === 1 ? "Start with one agent" : "Start the fleet"}
        </Button>
        <span className="small t3">Agents start right away; a CLI bills you as it does in a terminal.</span>
      </div>
      <div className="section-head first-run-terminal">Or from a terminal</div>
      <div className="code-block">
        <span className="dim">$</span> signalbox up{" "}
        {folder.trim() === "" ? "signalbox.yaml" : `${folder.trim()}/signalbox.yaml`}
      </div>
    </form>
  );
}

/** What can be used at once; a shell where there is no CLI yet, so that the product can be seen at all. */
function defaultPick(clis: readonly AgentCli[]): readonly string[] {
  const ready = clis.filter((cli) => cli.installed && cli.signIn !== "signed_out").map((cli) => cli.id);
  return ready.length > 0 ? ready.slice(0, 2) : [SHELL];
}

function readySentence(ready: readonly AgentCli[]): string {
  if (ready.length === 0) return "No agent CLI was found on this machine yet";
  if (ready.length === 1) return `${ready[0]?.name ?? "1 agent CLI"} is ready on this machine`;
  return `${ready.length} agent CLIs are ready on this machine`;
}
