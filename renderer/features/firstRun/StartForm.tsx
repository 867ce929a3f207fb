/** Names the folder, shows the fleet that will be, and starts it. */
import { useState, type ReactElement } from "react";
import { useCommand } from "#renderer/state/commands.ts";
import { useInfo, useIsLive, useKeys, useNavigation } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Field, Labelled } from "#renderer/ui/Field.tsx";
import { plural } from "#shared/lib/words.ts";
import type { AgentCli } from "#shared/model/agentCli.ts";
import type { Rejection } from "#shared/model/result.ts";
import { FleetPreview } from "./FleetPreview.tsx";

interface Props {
  /** Ids of the chosen CLIs; `command` is a shell. */
  readonly agents: readonly string[];
  readonly clis: readonly AgentCli[];
}

export function StartForm({ agents, clis }: Props): ReactElement {
  const { create, up, isLive, start, startExisting, text, folder, setFolder } = useStart(agents);
  const canStart = isLive && agents.length > 0 && folder !== "" && !create.isPending;
  const submit = () => {
    if (canStart) void start();
  };
  useKeys("First run", [{ keys: "enter", label: "Start the fleet", run: submit }]);
  const facts =
    agents.length === 0
      ? "pick at least one agent above"
      : `${plural(agents.length, "agent")}, each restarted alone when it fails`;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="section-head">
        <h2>First fleet</h2>
        <span className="count">{facts}</span>
      </div>
      <FleetPreview agents={previewOf(agents, clis)} />
      <div className="first-run-folder">
        <Labelled
          label="Folder they work in"
          hint="Their fleet file, signalbox.yaml, is written there. Edit it in any editor; changes apply as you save."
        >
          {(id) => (
            <Field
              id={id}
              className="mono"
              value={text}
              invalid={create.error?.code === "not_found"}
              onChange={(event) => setFolder(event.target.value)}
            />
          )}
        </Labelled>
      </div>
      <Refusal error={up.error ?? create.error} isStarting={up.isPending} onStart={() => void startExisting()} />
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
        <span className="dim">$</span> signalbox up {fileIn(folder)}
      </div>
    </form>
  );
}

function useStart(agents: readonly string[]) {
  const navigation = useNavigation();
  const isLive = useIsLive();
  const homeDir = useInfo()?.homeDir ?? "";
  const [typed, setFolder] = useState<string>();
  const text = typed ?? homeDir;
  const folder = text.trim();
  const create = useCommand("fleet.createFirst");
  const up = useCommand("fleet.up");
  const start = async () => {
    const result = await create.run({ cwd: folder, agents: [...agents] }, { isQuiet: true });
    if (result.ok) navigation.navigate({ page: "tree" });
  };
  const startExisting = async () => {
    const result = await up.run({ file: fileIn(folder) }, { isQuiet: true });
    if (result.ok) navigation.navigate({ page: "tree" });
  };
  return { create, up, isLive, start, startExisting, text, folder, setFolder };
}

interface RefusalProps {
  readonly error: Rejection | undefined;
  readonly isStarting: boolean;
  readonly onStart: () => void;
}

function Refusal({ error, isStarting, onStart }: RefusalProps): ReactElement | null {
  if (error === undefined) return null;
  return (
    <div className="problem-inline" role="alert">
      {error.message}{" "}
      {error.code === "already_present" && (
        <Button running={isStarting && "Starting"} onClick={onStart}>
          Start the one that is there
        </Button>
      )}
    </div>
  );
}

function previewOf(
  agents: readonly string[],
  clis: readonly AgentCli[],
): readonly { readonly id: string; readonly cli: string }[] {
  return agents.map((id) => {
    if (id === "command") return { id: "shell", cli: "Command" };
    return { id, cli: clis.find((cli) => cli.id === id)?.name ?? id };
  });
}

function fileIn(folder: string): string {
  return folder === "" ? "signalbox.yaml" : `${folder.replace(/[\\/]$/, "")}/signalbox.yaml`;
}
