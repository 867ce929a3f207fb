/** The first page of a new data directory: what is on this machine, one folder, one click. */
import { FolderOpen, RefreshCw } from "lucide-react";
import { useState, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { openOverlay, showToast } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Logo } from "#renderer/ui/Logo.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import type { AgentCli } from "#shared/model/agentCli.ts";
import { CliList } from "./CliList.tsx";
import { StartForm } from "./StartForm.tsx";
import "./firstRun.css";

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
    else showToast(store, { kind: "error", text: result.error.message });
  };
  if (found.isPending) return <Skeleton rows={7} />;
  const ready = clis.filter((cli) => cli.installed);
  return (
    <div className="first-run scroll">
      <div className="first-run-column">
        <span className="first-run-logo">
          <Logo size={36} />
        </span>
        <h1 className="page-sentence">{found.isError ? UNKNOWN : readySentence(ready)}</h1>
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
          {!found.isError && (
            <Button icon={<RefreshCw size={13} />} running={isChecking && "Checking"} onClick={() => void checkAgain()}>
              Check again
            </Button>
          )}
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

/** What can be used at once; a shell where there is no CLI yet, so that the product can be seen at all (the file calls it a command). */
function defaultPick(clis: readonly AgentCli[]): readonly string[] {
  const ready = clis.filter((cli) => cli.installed && cli.signIn !== "signed_out").map((cli) => cli.id);
  return ready.length > 0 ? ready.slice(0, 2) : ["command"];
}

const UNKNOWN = "Which agent CLIs this machine has is not known";

function readySentence(ready: readonly AgentCli[]): string {
  if (ready.length === 0) return "No agent CLI was found on this machine yet";
  if (ready.length === 1) return `${ready[0]?.name ?? "1 agent CLI"} is ready on this machine`;
  return `${ready.length} agent CLIs are ready on this machine`;
}
