/** Reads what the CLIs kept from before Signalbox; a second time it adds nothing. */
import { History } from "lucide-react";
import { useEffect, useState, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import type { UsageImportState } from "#shared/model/usage.ts";
import { bytesWords, plural } from "#shared/lib/words.ts";
import { cliName } from "#shared/model/stateWords.ts";

export function ImportBar(): ReactElement {
  const { client } = useApp();
  const isLive = useIsLive();
  const start = useCommand("usage.import");
  const cancel = useCommand("usage.importCancel");
  const [state, setState] = useState<UsageImportState>();
  useEffect(() => {
    const stream = client.open("usageImport", {}, { onItem: setState });
    return () => stream.close();
  }, [client]);
  const isRunning = state?.state === "running";
  return (
    <div className="import-bar">
      {state !== undefined && state.state !== "idle" && <Progress state={state} />}
      <span className="grow" />
      {isRunning ? (
        <Button running={cancel.isPending && "Cancelling"} onClick={() => void cancel.run({})}>
          Cancel
        </Button>
      ) : (
        <Button
          kind="quiet"
          icon={<History size={13} />}
          disabled={!isLive}
          running={start.isPending && "Starting"}
          title="Reads the transcripts that Claude Code, Codex, Gemini CLI and opencode keep on this machine"
          onClick={() => void start.run({})}
        >
          Import past transcripts
        </Button>
      )}
    </div>
  );
}

function Progress({ state }: { readonly state: UsageImportState }): ReactElement {
  const share = state.bytes === 0 ? 0 : Math.min(1, state.bytesDone / state.bytes);
  return (
    <span className="import-progress small t2" role="status">
      {state.state === "running" && (
        <span className="import-track" aria-hidden="true">
          <span style={{ width: `${share * 100}%` }} />
        </span>
      )}
      {importWords(state)}
    </span>
  );
}

function importWords(state: UsageImportState): string {
  const found = `${plural(state.entries, "new entry", "new entries")}${state.duplicates > 0 ? `, ${plural(state.duplicates, "request")} known already` : ""}${state.skippedLines > 0 ? `, ${plural(state.skippedLines, "line")} not understood` : ""}`;
  switch (state.state) {
    case "idle":
      return "";
    case "running":
      return `${state.agent === undefined ? "Looking" : cliName(state.agent)}: ${state.filesDone} of ${plural(state.files, "file")}, ${bytesWords(state.bytesDone)} of ${bytesWords(state.bytes)}`;
    case "done":
      return `Imported ${plural(state.files, "file")}: ${found}.`;
    case "cancelled":
      return `Cancelled after ${plural(state.filesDone, "file")}: ${found}. Importing again goes on from there.`;
    case "failed":
      return state.message ?? "The import failed. Try again.";
  }
}
