/** Every call, newest first: by whom, of what, how it ended; narrowed by server and outcome, older ones on request. */
import { useState, type KeyboardEvent, type ReactElement } from "react";
import { clockWords } from "#shared/lib/words.ts";
import type { ToolCall, ToolCallOutcome, ToolServer } from "#shared/model/toolServer.ts";
import { useKeys, useNowText } from "#renderer/state/hooks.ts";
import { Blank } from "#renderer/ui/Blank.tsx";
import { Button } from "#renderer/ui/Button.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { CALLS_PAGE, useCallLog } from "./registryQueries.ts";
import { callerWords, outcomeOf, tookWords } from "./registryWords.ts";

const MOST = 500;
type OutcomeFilter = "all" | Extract<ToolCallOutcome, "completed" | "failed" | "denied" | "refused">;
const OUTCOMES: readonly { readonly value: OutcomeFilter; readonly label: string }[] = [
  { value: "all", label: "All" },
  { value: "completed", label: "Done" },
  { value: "failed", label: "Failed" },
  { value: "refused", label: "Refused" },
  { value: "denied", label: "Denied" },
];

interface Props {
  readonly servers: readonly ToolServer[];
  /** Grows with every call. */
  readonly news: number;
  readonly selected: string | undefined;
  readonly onSelect: (id: string) => void;
}

export function CallsTab({ servers, news, selected, onSelect }: Props): ReactElement {
  const page = useCalls({ news, selected, onSelect });
  const { outcome, server, calls, error, isLoading } = page;
  return (
    <div className="registry">
      <div className="registry-filters">
        <Segments<OutcomeFilter> label="Outcome" value={outcome} options={OUTCOMES} onChange={page.setOutcome} />
        <span className="grow" />
        <span className="field">
          <select aria-label="Server" value={server} onChange={(event) => page.setServer(event.target.value)}>
            <option value="">All servers</option>
            {servers.map(({ key }) => (
              <option key={key} value={key}>
                {key}
              </option>
            ))}
          </select>
        </span>
      </div>
      {error !== null && <Problem title={error.message} action="Try again" onAction={page.retry} />}
      {error === null && isLoading && <Skeleton rows={8} />}
      {error === null && !isLoading && calls.length === 0 && <NoCall isNarrowed={outcome !== "all" || server !== ""} />}
      {error === null && calls.length > 0 && <CallList page={page} selected={selected} onSelect={onSelect} />}
    </div>
  );
}

function NoCall({ isNarrowed }: { readonly isNarrowed: boolean }): ReactElement {
  if (isNarrowed) return <Blank title="No call is like that.">Choose another outcome or server.</Blank>;
  return (
    <Blank title="No tool has been called yet." commands={["signalbox tools call SERVER TOOL '{}'"]}>
      Calls of agents, of workflows and your own appear here, with their arguments, their answer and how long it took.
    </Blank>
  );
}

type Calls = ReturnType<typeof useCalls>;

function useCalls({ news, selected, onSelect }: Omit<Props, "servers">) {
  const [outcome, setOutcome] = useState<OutcomeFilter>("all");
  const [server, setServer] = useState("");
  const [limit, setLimit] = useState(CALLS_PAGE);
  const asked = { limit, ...(outcome === "all" ? {} : { outcome }), ...(server === "" ? {} : { server }) };
  const { data, error, refetch } = useCallLog(asked, { news });
  const calls = data ?? [];
  const step = (by: 1 | -1) => {
    const at = calls.findIndex(({ id }) => id === selected);
    const next = calls[at < 0 ? 0 : Math.min(calls.length - 1, Math.max(0, at + by))];
    if (next !== undefined) onSelect(next.id);
  };
  useKeys("Calls", [
    { keys: "j", label: "Next call", run: () => step(1) },
    { keys: "k", label: "Call above", run: () => step(-1) },
  ]);
  const hasMore = calls.length === limit && limit < MOST;
  const more = () => setLimit(Math.min(MOST, limit + 100));
  const retry = () => void refetch();
  const isLoading = data === undefined;
  return { outcome, setOutcome, server, setServer, calls, error, isLoading, retry, step, hasMore, more };
}

function CallList({ page, selected, onSelect }: Pick<Props, "selected" | "onSelect"> & { readonly page: Calls }) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    page.step(event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
  };
  return (
    <>
      <div className="call-row registry-head" aria-hidden="true">
        <span>When</span>
        <span>Outcome</span>
        <span>Tool</span>
        <span>By</span>
        <span className="num">Took</span>
        <span>Detail</span>
      </div>
      <div className="scroll registry-scroll" role="listbox" aria-label="Calls" tabIndex={0} onKeyDown={onKeyDown}>
        {page.calls.map((call) => (
          <CallRow key={call.id} call={call} isOn={call.id === selected} onSelect={onSelect} />
        ))}
        {page.hasMore && (
          <div className="registry-more">
            <Button kind="quiet" onClick={page.more}>
              Show older calls
            </Button>
          </div>
        )}
      </div>
    </>
  );
}

interface RowProps {
  readonly call: ToolCall;
  readonly isOn: boolean;
  readonly onSelect: (id: string) => void;
}

function CallRow({ call, isOn, onSelect }: RowProps): ReactElement {
  const when = useNowText((now) => clockWords(Date.parse(call.startedAt), now));
  const { word, lamp } = outcomeOf(call);
  return (
    <div role="option" aria-selected={isOn} className="call-row registry-line" onClick={() => onSelect(call.id)}>
      <span className="t3 tab">{when}</span>
      <span className="registry-state">
        <Lamp state={lamp} size={12} />
        {word}
      </span>
      <span className="ell">
        <span className="mono">{call.tool}</span> <span className="t3">{call.server}</span>
      </span>
      <span className="ell">{callerWords(call)}</span>
      <span className="num tab">{tookWords(call)}</span>
      <span className="t2 ell" title={call.message}>
        {call.cachedFrom === undefined ? call.message : "An earlier call's answer; the server was not asked."}
      </span>
    </div>
  );
}
