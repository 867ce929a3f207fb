/** Servers as rows: state, tools, restarts, what each speaks, and why it is where it is. */
import { Plus, Search, TriangleAlert } from "lucide-react";
import { useRef, useState, type KeyboardEvent, type ReactElement } from "react";
import { countWords, plural } from "#shared/lib/words.ts";
import type { ToolServer } from "#shared/model/toolServer.ts";
import { useKeys, useNowText } from "#renderer/state/hooks.ts";
import { Blank } from "#renderer/ui/Blank.tsx";
import { Button } from "#renderer/ui/Button.tsx";
import { Field } from "#renderer/ui/Field.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { serverLamp, serverState } from "./registryWords.ts";

interface Props {
  readonly servers: readonly ToolServer[];
  readonly selected: string | undefined;
  readonly onSelect: (key: string) => void;
  readonly onAdd: () => void;
}

export function ServersTab({ servers: all, selected, onSelect, onAdd }: Props): ReactElement {
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const servers = all.filter((server) => canDo(server, text));
  const step = (by: 1 | -1) => {
    const at = servers.findIndex(({ key }) => key === selected);
    const next = servers[at < 0 ? 0 : Math.min(servers.length - 1, Math.max(0, at + by))];
    if (next !== undefined) onSelect(next.key);
  };
  useKeys("Servers", [
    { keys: "/", label: "Find a server or a tool", run: () => field.current?.select() },
    { keys: "j", label: "Next server", run: () => step(1) },
    { keys: "k", label: "Server above", run: () => step(-1) },
  ]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    step(event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
  };
  if (all.length === 0) return <NoServer onAdd={onAdd} />;
  return (
    <div className="registry">
      <div className="registry-filters">
        <Field
          icon={<Search size={13} />}
          keys="/"
          width={280}
          type="search"
          placeholder="Server, tag, or what a tool does"
          aria-label="Find servers by name, tag or tool"
          value={text}
          inputRef={field}
          onChange={(event) => setText(event.target.value)}
        />
        <span className="small t3 ell">{text.trim() === "" ? "" : foundWords(servers, text)}</span>
      </div>
      <div className="server-row registry-head" aria-hidden="true">
        <span>Server</span>
        <span>State</span>
        <span className="num">Tools</span>
        <span className="num">Restarts</span>
        <span>What it is, or why it does not run</span>
      </div>
      {servers.length === 0 && <p className="page-note t2">No server and no tool is like that.</p>}
      <div className="scroll registry-scroll" role="listbox" aria-label="Servers" tabIndex={0} onKeyDown={onKeyDown}>
        {servers.map((server) => (
          <ServerRow key={server.key} server={server} isOn={server.key === selected} onSelect={onSelect} />
        ))}
      </div>
    </div>
  );
}

/** By what it is called, what it is for, and what its tools can do. */
function canDo({ key, description, tags, tools }: ToolServer, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  const words = [key, description ?? "", ...tags, ...tools.flatMap((tool) => [tool.name, tool.description ?? ""])];
  return words.some((word) => word.toLowerCase().includes(wanted));
}

function foundWords(servers: readonly ToolServer[], text: string): string {
  const wanted = text.trim().toLowerCase();
  const tools = servers.flatMap(({ tools: own }) =>
    own.filter(({ name, description }) => `${name} ${description ?? ""}`.toLowerCase().includes(wanted)),
  );
  return tools.length === 0 ? "" : `Tools: ${[...new Set(tools.map(({ name }) => name))].join(", ")}`;
}

interface RowProps {
  readonly server: ToolServer;
  readonly isOn: boolean;
  readonly onSelect: (key: string) => void;
}

function brokenOf({ tools }: ToolServer): number {
  return tools.filter(({ problem }) => problem !== undefined).length;
}

function toolsTitle(server: ToolServer): string | undefined {
  const broken = brokenOf(server);
  return broken === 0 ? undefined : `${plural(broken, "tool")} cannot be called`;
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
      <span className="num tab registry-count" title={toolsTitle(server)}>
        {brokenOf(server) > 0 && (
          <TriangleAlert size={12} aria-label={toolsTitle(server)} className="registry-broken" />
        )}
        {countWords(tools.length)}
      </span>
      <span className="num tab">{restarts === 0 ? "" : countWords(restarts)}</span>
      <span className="t2 ell" title={detail ?? description ?? where}>
        {detail ?? description ?? where}
      </span>
    </div>
  );
}

function NoServer({ onAdd }: { readonly onAdd: () => void }): ReactElement {
  return (
    <Blank
      title="No MCP server is known yet."
      action={
        <Button kind="primary" keys="a" icon={<Plus size={13} />} onClick={onAdd}>
          Add server
        </Button>
      }
      commands={["signalbox tools add memory -- npx -y @modelcontextprotocol/server-memory", "signalbox tools ls"]}
    >
      A server gives agents, workflows and you its tools. Declare servers under <code>servers:</code> of a fleet file,
      and they run with its agents; or add one for yourself.
    </Blank>
  );
}
