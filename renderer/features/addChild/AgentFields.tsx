import type { ReactElement } from "react";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { Field, Labelled } from "#renderer/ui/Field.tsx";
import type { AgentCli } from "#shared/model/agentCli.ts";
import type { FieldsProps } from "./CommonFields.tsx";

/** What runs, where, and what it is told first. */
export function AgentFields({ draft, problems, onChange }: FieldsProps): ReactElement {
  const clis = (useCoreQuery("agents.clis", {}, { staleMs: 60_000 }).data ?? []).filter((cli) => cli.id !== "command");
  const chosen = clis.find((cli) => cli.id === draft.agent);
  return (
    <>
      <Labelled label="Agent" error={problems.agent} hint={chosen?.advice}>
        {(id) => (
          <span className="field">
            <select id={id} value={draft.agent} onChange={(event) => onChange({ agent: event.target.value })}>
              <option value="">Choose</option>
              {clis.map((cli) => (
                <option key={cli.id} value={cli.id} disabled={!cli.installed}>
                  {cliLabel(cli)}
                </option>
              ))}
              <option value="command">A command line</option>
            </select>
          </span>
        )}
      </Labelled>
      {draft.agent === "command" && (
        <Labelled label="Command line" error={problems.command} hint="Run by your login shell.">
          {(id) => (
            <Field
              id={id}
              className="mono"
              value={draft.command}
              invalid={problems.command !== undefined}
              placeholder="npm run dev"
              onChange={(event) => onChange({ command: event.target.value })}
            />
          )}
        </Labelled>
      )}
      <Labelled label="Folder" hint="Empty: the folder of the fleet file. Relative paths start there.">
        {(id) => (
          <Field
            id={id}
            className="mono"
            value={draft.cwd}
            placeholder="./api"
            onChange={(event) => onChange({ cwd: event.target.value })}
          />
        )}
      </Labelled>
      {draft.agent !== "" && draft.agent !== "command" && (
        <Labelled label="Briefing" hint="Typed to the agent at its first start, and again when it has to start fresh.">
          {(id) => (
            <textarea
              id={id}
              className="text-area"
              value={draft.prompt}
              placeholder="Fix the failing tests"
              onChange={(event) => onChange({ prompt: event.target.value })}
            />
          )}
        </Labelled>
      )}
    </>
  );
}

function cliLabel(cli: AgentCli): string {
  if (!cli.installed) return `${cli.name}, not installed`;
  return cli.signIn === "signed_out" ? `${cli.name}, not signed in` : cli.name;
}
