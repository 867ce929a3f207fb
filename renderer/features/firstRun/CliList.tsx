import type { ReactElement } from "react";
import { useInfo } from "#renderer/state/hooks.ts";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { shortPath } from "#shared/lib/words.ts";
import type { AgentCli } from "#shared/model/agentCli.ts";
import type { NodeState } from "#shared/model/states.ts";

interface Props {
  readonly clis: readonly AgentCli[];
  readonly chosen: ReadonlySet<string>;
  readonly onToggle: (id: string) => void;
}

/** Every CLI Signalbox knows, found or not, with its version, place and sign-in; found ones can be chosen. */
export function CliList({ clis, chosen, onToggle }: Props): ReactElement {
  return (
    <ul className="list cli-list" aria-label="Agent CLIs on this machine">
      {clis
        .filter((cli) => cli.id !== "command")
        .map((cli) => (
          <CliRow key={cli.id} cli={cli} isChosen={chosen.has(cli.id)} onToggle={() => onToggle(cli.id)} />
        ))}
      <li className="cli-row">
        <label className="cli-choice">
          <input type="checkbox" checked={chosen.has("command")} onChange={() => onToggle("command")} />
          <Lamp state="done" size={14} />
          <span className="medium cli-name">A shell</span>
          <span className="mono t2 cli-version" />
          <span className="mono t3 ell cli-path">$SHELL</span>
          <span className="small t2 ell grow">Any command can be an agent</span>
        </label>
      </li>
    </ul>
  );
}

function CliRow({
  cli,
  isChosen,
  onToggle,
}: {
  readonly cli: AgentCli;
  readonly isChosen: boolean;
  readonly onToggle: () => void;
}): ReactElement {
  const homeDir = useInfo()?.homeDir;
  const needsPerson = cli.installed && cli.signIn === "signed_out";
  return (
    <li className="cli-row">
      <label className="cli-choice">
        <input type="checkbox" checked={isChosen} disabled={!cli.installed} onChange={onToggle} />
        <Lamp state={lampOf(cli)} size={14} />
        <span className="medium cli-name">{cli.name}</span>
        {cli.installed && <span className="mono t2 tab cli-version">{cli.version ?? ""}</span>}
        {cli.installed && (
          <span className="mono t3 ell cli-path" title={cli.path}>
            {cli.path === undefined ? "" : shortPath(cli.path, homeDir)}
          </span>
        )}
        <span
          className={cli.installed ? "small ell grow" : "small grow cli-advice"}
          style={needsPerson ? { color: "var(--st-waiting-fg)" } : { color: "var(--text-secondary)" }}
          title={cli.advice}
        >
          {signInWords(cli)}
        </span>
      </label>
    </li>
  );
}

function lampOf(cli: AgentCli): NodeState {
  if (!cli.installed) return "stopped";
  return cli.signIn === "signed_out" ? "needs_login" : "done";
}

function signInWords(cli: AgentCli): string {
  if (!cli.installed) return cli.advice ?? "Not found";
  if (cli.signIn === "signed_in") return "Signed in";
  return cli.advice ?? (cli.signIn === "signed_out" ? `Not signed in. Run ${cli.id} once in a terminal.` : "Ready");
}
