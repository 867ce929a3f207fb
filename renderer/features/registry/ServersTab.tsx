/** Servers as rows: state, tools, restarts, what each speaks, and why it is where it is. */
import { Plus } from "lucide-react";
import type { KeyboardEvent, ReactElement } from "react";
import { countWords } from "#shared/lib/words.ts";
import type { ToolServer } from "#shared/model/toolServer.ts";
import { useKeys, useNowText } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { serverLamp, serverState } from "./registryWords.ts";

interface Props {
  readonly servers: readonly ToolServer[];
  readonly selected: string | undefined;
  readonly onSelect: (key: string) => void;
  readonly onAdd: () => void;
}

export function ServersTab({ servers, selected, onSelect, onAdd }: Props): ReactElement {
  const step = (by: 1 | -1) => {
    const at = servers.findIndex(({ key }) => key === selected);
    const next = servers[at < 0 ? 0 : Math.min(servers.length - 1, Math.max(0, at + by))];
    if (next !== undefined) onSelect(next.key);
  };
  useKeys("Servers", [
    { keys: "j", label: "Next server", run: () => step(1) },
    { keys: "k", label: "Server above", run: () => step(-1) },
  ]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    step(event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
  };
  if (servers.length === 0) return <NoServer onAdd={onAdd} />;
  return (
    <div className="registry">
      <div className="server-row registry-head" aria-hidden="true">
        <span>Server</span>
        <span>State</span>
        <span className="num">Tools</span>
        <span className="num">Restarts</span>
        <span>What it is, or why it does not run</span>
      </div>
      <div className="scroll registry-scroll" role="listbox" aria-label="Servers" tabIndex={0} onKeyDown={onKeyDown}>
        {servers.map((server) => (
          <ServerRow key={server.key} server={server} isOn={server.key === selected} onSelect={onSelect} />
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  readonly server: ToolServer;
  readonly isOn: boolean;
  readonly onSelect: (key: string) => void;
}

function ServerRow({ server, isOn, onSelect }: RowProps): ReactElement {
  const state = useNowText((now) => serverState(server, now));
  const { key, tools, restarts, detail, description, where } = server;
  return (
    <div role="option" aria-selected={isOn} className="server-row registry-line" onClick={() => onSelect(key)}>
      <span className="strong ell">{key}</span>
      <span className="registry-state">
        <Lamp state={serverLamp(server)} size={12} />
        <span className="ell">{state}</span>
      </span>
      <span className="num tab">{countWords(tools.length)}</span>
      <span className="num tab">{restarts === 0 ? "" : countWords(restarts)}</span>
      <span className="t2 ell" title={detail ?? description ?? where}>
        {detail ?? description ?? where}
      </span>
    </div>
  );
}

function NoServer({ onAdd }: { readonly onAdd: () => void }): ReactElement {
  return (
    <div className="registry-empty">
      <p>No MCP server is known yet.</p>
      <p className="t2">
        Declare servers under <span className="mono">servers</span> of a fleet file, and they run with its agents; or
        add one for yourself.
      </p>
      <Button kind="primary" icon={<Plus size={13} />} onClick={onAdd}>
        Add server
      </Button>
    </div>
  );
}
