/** Templates of agents as rows: what each is, what it is good for, and what a person may do with it. */
import { Plus } from "lucide-react";
import { useState, type ReactElement } from "react";
import { plural } from "#shared/lib/words.ts";
import type { AgentTemplate } from "#shared/model/agentTemplate.ts";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive } from "#renderer/state/hooks.ts";
import { Blank } from "#renderer/ui/Blank.tsx";
import { Button } from "#renderer/ui/Button.tsx";
import { Chip } from "#renderer/ui/Chip.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { useTemplates } from "./registryQueries.ts";
import { TemplateDialog } from "./TemplateDialog.tsx";
import { UseTemplateDialog } from "./UseTemplateDialog.tsx";

interface Props {
  /** Grows when templates changed. */
  readonly news: number;
  readonly isAdding: boolean;
  readonly onAdd: (isAdding: boolean) => void;
}

export function TemplatesTab({ news, isAdding, onAdd }: Props): ReactElement {
  const query = useTemplates({ news });
  const [used, setUsed] = useState<AgentTemplate>();
  const [changed, setChanged] = useState<AgentTemplate>();
  const templates = query.data;
  if (query.error !== null)
    return <Problem title={query.error.message} action="Try again" onAction={() => void query.refetch()} />;
  if (templates === undefined) return <Skeleton rows={4} />;
  const close = () => {
    setChanged(undefined);
    onAdd(false);
  };
  const takenIds = new Set(templates.map(({ id }) => id));
  return (
    <div className="registry">
      {templates.length === 0 ? (
        <NoTemplate onAdd={() => onAdd(true)} />
      ) : (
        <Rows templates={templates} onUse={setUsed} onChange={setChanged} />
      )}
      {used !== undefined && <UseTemplateDialog template={used} onClose={() => setUsed(undefined)} />}
      {(isAdding || changed !== undefined) && <TemplateDialog template={changed} takenIds={takenIds} onClose={close} />}
    </div>
  );
}

interface RowsProps {
  readonly templates: readonly AgentTemplate[];
  readonly onUse: (template: AgentTemplate) => void;
  readonly onChange: (template: AgentTemplate) => void;
}

function Rows({ templates, onUse, onChange }: RowsProps): ReactElement {
  return (
    <>
      <div className="template-row registry-head" aria-hidden="true">
        <span>Template</span>
        <span>State</span>
        <span>What it is</span>
        <span />
      </div>
      <ul className="scroll registry-scroll registry-templates" aria-label="Templates">
        {templates.map((template) => (
          <TemplateRow
            key={template.id}
            template={template}
            onUse={() => onUse(template)}
            onChange={() => onChange(template)}
          />
        ))}
      </ul>
    </>
  );
}

function TemplateRow({
  template,
  onUse,
  onChange,
}: {
  readonly template: AgentTemplate;
  readonly onUse: () => void;
  readonly onChange: () => void;
}): ReactElement {
  const isLive = useIsLive();
  const enable = useCommand("registry.enableTemplate");
  const disable = useCommand("registry.disableTemplate");
  const acts = useRemoving(template);
  const { id, about, tags, child, enabled, uses } = template;
  const what = about || (child.command ?? child.prompt ?? child.agent ?? "");
  return (
    <li className="template-row registry-line" aria-label={id}>
      <span className="strong ell">{id}</span>
      <span className="registry-state">
        <Lamp state={enabled ? "idle" : "paused"} size={12} />
        <span className="ell">{enabled ? usesWords(uses) : "Disabled"}</span>
      </span>
      <span className="row template-what" title={what}>
        <Chip outline>{child.agent ?? "command"}</Chip>
        {tags.map((tag) => (
          <Chip key={tag} outline>
            {tag}
          </Chip>
        ))}
        <span className="t2 ell template-words">{what}</span>
      </span>
      <span className="row">
        <Button disabled={!isLive || !enabled} onClick={onUse}>
          Put into a fleet
        </Button>
        <Button disabled={!isLive} onClick={onChange}>
          Change
        </Button>
        <Button
          disabled={!isLive}
          onClick={() => void (enabled ? disable : enable).run({ template: id })}
          running={(enable.isPending || disable.isPending) && "Changing"}
        >
          {enabled ? "Disable" : "Enable"}
        </Button>
        <Button disabled={!isLive} onClick={acts}>
          Remove
        </Button>
      </span>
    </li>
  );
}

/** Taken back it is as it was, with its uses. */
function useRemoving({ id }: AgentTemplate): () => void {
  const remove = useCommand("registry.removeTemplate");
  const takeBack = useCommand("registry.takeBackTemplate");
  const undo = () => ({ text: `${id} was removed`, run: () => void takeBack.run({ template: id }) });
  return () => void remove.run({ template: id }, { undo });
}

function usesWords(uses: number): string {
  return uses === 0 ? "Not used yet" : `Used ${plural(uses, "time")}`;
}

function NoTemplate({ onAdd }: { readonly onAdd: () => void }): ReactElement {
  return (
    <Blank
      title="No template is kept yet."
      action={
        <Button kind="primary" keys="a" icon={<Plus size={13} />} onClick={onAdd}>
          Add template
        </Button>
      }
      commands={[
        "signalbox template add reviewer --agent claude --tag review --about 'Reads what others wrote'",
        "signalbox template use reviewer FLEET",
      ]}
    >
      A template is an agent under a name, with what it is good for. It runs nothing by itself; put into a fleet, it is
      an agent like any other.
    </Blank>
  );
}
